#include "../core/plain_rtp.h"

#include "test.h"

namespace parley {
namespace {

std::vector<uint8_t> packet_of(uint32_t ssrc, uint16_t number) {
  std::vector<uint8_t> packet = test::hex("80640000 00000000 00000000 aabbccdd");
  store_u16(packet.data() + 2, number);
  store_u32(packet.data() + 8, ssrc);
  return packet;
}

uint64_t index_of(PlainRtpReceiver& receiver, uint32_t ssrc, uint16_t number) {
  auto packet = packet_of(ssrc, number);
  const SrtpResult result = receiver.unprotect_rtp(packet);
  CHECK(result.error == SrtpError::None && result.size == packet.size());
  return result.index;
}

}  // namespace

TEST(plain_rtp_index, "plain RTP: indices go on over wraps, each stream for itself, and back to before the first packet") {
  PlainRtpReceiver receiver;
  const uint64_t first = index_of(receiver, 1, 65534);
  CHECK_EQ(index_of(receiver, 2, 0), uint64_t{65536});
  CHECK_EQ(index_of(receiver, 1, 2), first + 4);
  CHECK_EQ(index_of(receiver, 1, 65535), first + 1);
  CHECK_EQ(index_of(receiver, 2, 65535), uint64_t{65535});
  CHECK_EQ(index_of(receiver, 1, 3), first + 5);
}

TEST(plain_rtp_bound, "plain RTP: however many streams there are, one that is heard keeps its place") {
  PlainRtpReceiver receiver;
  const uint64_t first = index_of(receiver, 1, 65535);
  for (uint32_t ssrc = 2; ssrc < 1000; ++ssrc) {
    static_cast<void>(index_of(receiver, ssrc, 7));
    if (ssrc % 50 == 0) CHECK_EQ(index_of(receiver, 1, static_cast<uint16_t>(ssrc / 50 - 1)), first + ssrc / 50);
  }
}

TEST(plain_rtp_malformed, "plain RTP: what is no packet is refused") {
  PlainRtpReceiver receiver;
  for (const char* bytes : {"", "80", "8064000000000000000000", "40640000 00000000 00000000", "9064000000000000000000000000ffff"}) {
    auto packet = test::hex(bytes);
    CHECK(receiver.unprotect_rtp(packet).error == SrtpError::Malformed);
  }
  for (const char* bytes : {"", "80c8", "00c90001 00000001"}) {
    auto packet = test::hex(bytes);
    CHECK(receiver.unprotect_rtcp(packet).error == SrtpError::Malformed);
  }
}

TEST(plain_rtp_send, "plain RTP: a packet is its parts, wherever the payload was, and what does not fit is not written") {
  PlainRtpSender sender;
  const std::vector<uint8_t> head = packet_of(5, 6);
  std::vector<uint8_t> slot(32, 0);
  std::copy(head.begin(), head.end(), slot.begin());
  const std::vector<uint8_t> payload{1, 2, 3};
  CHECK_EQ(sender.protect_rtp(slot, 12, 4, payload, 6), 19u);
  CHECK_BYTES(ByteSpan(slot).first(19), ByteSpan(test::hex("80640006 00000000 00000005 aabbccdd 010203")));
  CHECK_EQ(sender.protect_rtp(slot, 12, 4, ByteSpan(slot.data() + 16, 3), 6), 19u);
  CHECK_EQ(sender.protect_rtp(slot, 12, 4, std::vector<uint8_t>(16, 9), 6), 32u);
  CHECK_EQ(sender.protect_rtp(slot, 12, 4, std::vector<uint8_t>(17, 9), 6), 0u);
  CHECK_EQ(sender.protect_rtcp(slot, 8), 8u);
  CHECK_EQ(sender.protect_rtcp(slot, 33), 0u);
}

}  // namespace parley
