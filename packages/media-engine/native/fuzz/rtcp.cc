// Compound packets of an authenticated peer: every reader on every part, and NACK lists round trip.
#include "../core/rtcp.h"

#include <algorithm>

#include "../core/twcc.h"
#include "fuzz.h"

using namespace parley;

namespace {

std::vector<uint16_t> sorted_set(std::vector<uint16_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

void feedback(const RtcpPart& part) {
  const auto f = rtcp_read_feedback(part);
  if (!f) return;
  for (size_t i = 0; i < 4; i++) (void)rtcp_read_fir(f->fci, i);
  if (const auto remb = rtcp_read_remb(f->fci)) REQUIRE(remb->ssrcs.size() <= 255);
  TransportCcFeedback tcc;
  (void)transport_cc_parse(f->fci, tcc);

  std::vector<uint16_t> numbers;
  RtcpNackIterator nacks(f->fci);
  for (uint16_t n; nacks.next(n);) numbers.push_back(n);
  REQUIRE(numbers.size() <= f->fci.size() / 4 * 17);
  if (numbers.empty()) return;
  std::vector<uint8_t> buffer(16 + 4 * numbers.size());
  RtcpWriter w(buffer);
  REQUIRE(w.nack(1, 2, numbers) == numbers.size());
  RtcpIterator again(ByteSpan(buffer.data(), w.size()));
  RtcpPart written;
  REQUIRE(again.next(written));
  // The same set; numbers that came twice in one item's reach may have been merged.
  std::vector<uint16_t> got;
  RtcpNackIterator back(rtcp_read_feedback(written)->fci);
  for (uint16_t n; back.next(n);) got.push_back(n);
  REQUIRE(sorted_set(numbers) == sorted_set(got));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RtcpIterator parts(ByteSpan(data, size));
  size_t count = 0;
  for (RtcpPart part; parts.next(part); count++) {
    (void)rtcp_read_sender_info(part);
    for (size_t i = 0; i < 33; i++) {
      const auto block = rtcp_read_report_block(part, i);
      if (block) REQUIRE(block->cumulative_lost >= -0x800000 && block->cumulative_lost <= 0x7fffff && i < part.count);
      (void)rtcp_read_bye(part, i);
    }
    (void)rtcp_read_sender_ssrc(part);
    if (const auto cname = rtcp_read_cname(part)) REQUIRE(cname->cname.size() <= 255);
    feedback(part);
  }
  REQUIRE(count <= size / 4);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  return {
      hex("81c8000c00000099010203040506070800000fa00000001100002328000000111900fffd000100050000005aaabbccdd00010000"
          "81ca0004000000990106706172 6c6579000000"),
      hex("81cd00040000000100000002fffa8011001b0001"),
      hex("81ce0002000000010000000284ce00040000000100000000000000030900000081cb000100000007"),
      hex("8fce0006000000010000000052454d4202051234000000050000000 6"),
      hex("8fcd000600000001000000020064001480000107 2003ac00d8000102030405060 7fff80000"),
      hex("a0c90002000000010000 0004"),
  };
}
