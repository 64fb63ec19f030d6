// Whatever comes, only what our own sender made is opened, and once.
#include "../core/srtp.h"

#include "../core/rtp.h"
#include "fuzz.h"

using namespace parley;

namespace {

struct Ends {
  std::unique_ptr<SrtpSender> sender;
  std::unique_ptr<SrtpReceiver> receiver;
};

Ends make_ends(uint8_t choice) {
  constexpr SrtpProfile kProfiles[] = {SrtpProfile::Aes128CmSha1_80, SrtpProfile::AeadAes128Gcm,
                                       SrtpProfile::AeadAes256Gcm};
  const SrtpProfile profile = kProfiles[choice % 3];
  const SrtpProfileInfo& info = srtp_profile_info(profile);
  const std::vector<uint8_t> key(info.key_bytes, 7), salt(info.salt_bytes, 9);
  return {SrtpSender::create(profile, key, salt), SrtpReceiver::create(profile, key, salt, 16)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Ends ends = make_ends(data[0]);
  const std::vector<uint8_t> input(data + 1, data + size);

  auto garbage = input;
  REQUIRE(ends.receiver->unprotect_rtp(garbage).error != SrtpError::None);
  garbage = input;
  REQUIRE(ends.receiver->unprotect_rtcp(garbage).error != SrtpError::None);
  REQUIRE(ends.receiver->ssrc_count() == 0);

  RtpPacket p;
  if (rtp_parse(input, p)) {
    std::vector<uint8_t> slot(input);
    slot.resize(input.size() + kSrtpMaxOverhead);
    const ByteSpan payload(slot.data() + p.header_size, input.size() - p.header_size);
    slot.resize(ends.sender->protect_rtp(slot, p.header_size, 0, payload, p.sequence_number));
    auto packet = slot;
    const SrtpResult result = ends.receiver->unprotect_rtp(packet);
    REQUIRE(result.error == SrtpError::None && result.index == p.sequence_number);
    REQUIRE(equal(ByteSpan(packet.data(), result.size), input));
    packet = slot;
    REQUIRE(ends.receiver->unprotect_rtp(packet).error == SrtpError::Replayed);
  }
  if (input.size() >= 8 && (input[0] >> 6) == 2) {
    auto packet = input;
    packet.resize(input.size() + kSrtcpMaxOverhead);
    packet.resize(ends.sender->protect_rtcp(packet, input.size()));
    const SrtpResult result = ends.receiver->unprotect_rtcp(packet);
    REQUIRE(result.error == SrtpError::None && equal(ByteSpan(packet.data(), result.size), input));
  }
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  std::vector<std::vector<uint8_t>> all;
  for (const char* profile : {"00", "01", "02"}) {
    for (const char* packet : {"800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
                               "906f123400000bb80000002abede0001108500000102030405060708090a0b0c0d0e0f1011121314",
                               "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798"}) {
      all.push_back(hex(std::string(profile) + packet));
    }
  }
  return all;
}
