#include "../core/srtp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>

#include "../core/rtcp.h"
#include "../core/rtp.h"
#include "../core/srtp_cipher.h"
#include "test.h"

namespace parley {
using test::FixedRandom;
using test::hex;

namespace {

constexpr SrtpProfile kProfiles[] = {SrtpProfile::Aes128CmSha1_80, SrtpProfile::AeadAes128Gcm,
                                     SrtpProfile::AeadAes256Gcm};

struct Ends {
  std::unique_ptr<SrtpSender> sender;
  std::unique_ptr<SrtpReceiver> receiver;
};

Ends make_ends(SrtpProfile profile, size_t max_ssrcs = 256) {
  const SrtpProfileInfo& info = srtp_profile_info(profile);
  FixedRandom random(7);
  std::vector<uint8_t> key(info.key_bytes), salt(info.salt_bytes);
  random.fill(key);
  random.fill(salt);
  return {SrtpSender::create(profile, key, salt), SrtpReceiver::create(profile, key, salt, max_ssrcs)};
}

std::vector<uint8_t> rtp(uint32_t ssrc, uint64_t index, size_t payload) {
  std::vector<uint8_t> p(kRtpHeaderSize + payload);
  const RtpHeader header{false, 96, static_cast<uint16_t>(index), 1000, ssrc};
  CHECK_EQ(rtp_write_header(p, header, {}), kRtpHeaderSize);
  for (size_t i = 0; i < payload; i++) p[kRtpHeaderSize + i] = static_cast<uint8_t>(index + i);
  return p;
}

// Protects a whole packet in place.
std::vector<uint8_t> seal(SrtpSender& sender, std::vector<uint8_t> packet, uint64_t index, size_t header = 12) {
  const size_t size = packet.size();
  packet.resize(size + kSrtpMaxOverhead);
  const ByteSpan payload(packet.data() + header, size - header);
  packet.resize(sender.protect_rtp(packet, header, 0, payload, index));
  return packet;
}

SrtpError open_index(SrtpReceiver& receiver, SrtpSender& sender, uint64_t index, uint32_t ssrc = 1) {
  auto packet = seal(sender, rtp(ssrc, index, 20), index);
  const SrtpResult result = receiver.unprotect_rtp(packet);
  if (result.error == SrtpError::None) CHECK_EQ(result.index, index);
  return result.error;
}

SrtpSessionKeys session(std::string_view key, std::string_view salt) {
  SrtpSessionKeys k;
  k.rtp_key = k.rtcp_key = hex(key);
  k.rtp_salt = k.rtcp_salt = hex(salt);
  return k;
}

const char* const kKey128 = "000102030405060708090a0b0c0d0e0f";
const char* const kKey256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const char* const kGcmSalt = "517569642070726f2071756f";
const char* const kPlainRtp =
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
const char* const kPlainRtcp =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";

void check_gcm_rtp(SrtpProfile profile, const char* key, const char* expected) {
  const auto keys = session(key, kGcmSalt);
  const auto sender = SrtpSender::from_session_keys(profile, keys);
  const auto receiver = SrtpReceiver::from_session_keys(profile, keys);
  auto packet = seal(*sender, hex(kPlainRtp), 0xf17b);
  CHECK_BYTES(packet, hex(expected));
  const SrtpResult result = receiver->unprotect_rtp(packet);
  CHECK(result.error == SrtpError::None);
  CHECK_BYTES(ByteSpan(packet.data(), result.size), hex(kPlainRtp));
}

void check_gcm_rtcp(SrtpProfile profile, const char* key, const char* expected) {
  const auto keys = session(key, kGcmSalt);
  const auto sender = SrtpSender::from_session_keys(profile, keys);
  const auto receiver = SrtpReceiver::from_session_keys(profile, keys);
  sender->set_rtcp_index(0x5d4);
  auto packet = hex(kPlainRtcp);
  const size_t plain = packet.size();
  packet.resize(plain + kSrtcpMaxOverhead);
  packet.resize(sender->protect_rtcp(packet, plain));
  CHECK_BYTES(packet, hex(expected));
  const SrtpResult result = receiver->unprotect_rtcp(packet);
  CHECK(result.error == SrtpError::None);
  CHECK_BYTES(ByteSpan(packet.data(), result.size), hex(kPlainRtcp));
}

}  // namespace

TEST(srtp_b2, "srtp: RFC 3711 B.2 key stream of AES-CM") {
  // SSRC 0 and index 0, so the IV is the salt with sixteen zero bits; 44 bytes of zeros show the key stream.
  auto cipher = SrtpCipher::create(SrtpProfile::Aes128CmSha1_80, CipherDirection::Encrypt,
                                   hex("2B7E151628AED2A6ABF7158809CF4F3C"), hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
                                   std::vector<uint8_t>(20));
  std::vector<uint8_t> packet(12 + 48 + 10);
  packet[0] = 0x80;
  CHECK_EQ(cipher->seal_rtp(packet, 12, 0, ByteSpan(packet.data() + 12, 48), 0, 0), packet.size());
  CHECK_BYTES(
      ByteSpan(packet.data() + 12, 48),
      hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"));
}

TEST(srtp_b3, "srtp: RFC 3711 B.3 key derivation") {
  const auto keys = SrtpSessionKeys::derive(SrtpProfile::Aes128CmSha1_80, hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
                                            hex("0EC675AD498AFEEBB6960B3AABE6"));
  CHECK_BYTES(keys->rtp_key, hex("C61E7A93744F39EE10734AFE3FF7A087"));
  CHECK_BYTES(keys->rtp_salt, hex("30CBBC08863D8C85D49DB34A9AE1"));
  CHECK_BYTES(keys->rtp_auth, hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

TEST(srtp_cm80_packets, "srtp: known AES_CM_128_HMAC_SHA1_80 packets of RTP and RTCP") {
  const auto key = hex("e1f97a0d3e018be0d64fa32c06de4139");
  const auto salt = hex("0ec675ad498afeebb6960b3aabe6");
  const auto sender = SrtpSender::create(SrtpProfile::Aes128CmSha1_80, key, salt);
  const auto receiver = SrtpReceiver::create(SrtpProfile::Aes128CmSha1_80, key, salt);
  const auto plain = hex("800f1234decafbadcafebabeabababababababababababababababab");
  auto packet = seal(*sender, plain, 0x1234);
  CHECK_BYTES(packet, hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"));
  CHECK(receiver->unprotect_rtp(packet).error == SrtpError::None);

  auto rtcp = hex("81c8000bcafebabeabababababababababababababababab");
  const size_t size = rtcp.size();
  rtcp.resize(size + kSrtcpMaxOverhead);
  rtcp.resize(sender->protect_rtcp(rtcp, size));
  CHECK_BYTES(rtcp, hex("81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798"));
  CHECK(receiver->unprotect_rtcp(rtcp).error == SrtpError::None);
}

TEST(srtp_7714_16, "srtp: RFC 7714 16.1 and 16.2 RTP with GCM") {
  check_gcm_rtp(SrtpProfile::AeadAes128Gcm, kKey128,
                "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
                "899d7f27beb16a9152cf765ee4390cce");
  check_gcm_rtp(SrtpProfile::AeadAes256Gcm, kKey256,
                "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
                "7aa3db36dfffd6b0f9bb7878d7a76c13");
}

TEST(srtp_7714_17, "srtp: RFC 7714 17.1 and 17.2 RTCP with GCM") {
  check_gcm_rtcp(SrtpProfile::AeadAes128Gcm, kKey128,
                 "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9"
                 "275bc84aa45896cf4d2fc5abf87245d9eade800005d4");
  check_gcm_rtcp(SrtpProfile::AeadAes256Gcm, kKey256,
                 "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b"
                 "6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4");
}

TEST(srtp_7714_17_3, "srtp: RFC 7714 17.3 tagged RTCP in clear is authentic and refused") {
  const auto receiver = SrtpReceiver::from_session_keys(SrtpProfile::AeadAes128Gcm, session(kKey128, kGcmSalt));
  auto packet = hex(std::string(kPlainRtcp) + "841dd9683dd78ec92ae58790125f62b3000005d4");
  CHECK(receiver->unprotect_rtcp(packet).error == SrtpError::Unencrypted);
  packet = hex(std::string(kPlainRtcp) + "841dd9683dd78ec92ae58790125f62b4000005d5");
  CHECK(receiver->unprotect_rtcp(packet).error == SrtpError::AuthFailed);
}

TEST(srtp_wrong_sizes, "srtp: keys of wrong size make no context") {
  CHECK(SrtpSender::create(SrtpProfile::AeadAes128Gcm, std::vector<uint8_t>(15), std::vector<uint8_t>(12)) == nullptr);
  CHECK(SrtpSender::create(SrtpProfile::AeadAes128Gcm, std::vector<uint8_t>(16), std::vector<uint8_t>(14)) == nullptr);
  CHECK(SrtpReceiver::create(SrtpProfile::Aes128CmSha1_80, std::vector<uint8_t>(16), std::vector<uint8_t>(12)) ==
        nullptr);
  CHECK(srtp_profile_from_id(7) == SrtpProfile::AeadAes128Gcm);
  CHECK(!srtp_profile_from_id(2));
}

TEST(srtp_round_trip, "srtp: every profile and payload size comes back, with CSRCs and extensions in clear") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    uint64_t index = 100;
    for (const size_t payload : {0u, 1u, 15u, 16u, 17u, 100u, 1200u}) {
      auto packet = hex("b1600000000003e800000001 0a0b0c0d bede0001 10ff0000");
      const size_t header = packet.size();
      for (size_t i = 0; i < payload; i++) packet.push_back(static_cast<uint8_t>(i));
      packet[0] = static_cast<uint8_t>(packet[0] & ~0x20);
      store_u16(packet.data() + 2, static_cast<uint16_t>(++index));
      auto sealed = seal(*ends.sender, packet, index, header);
      CHECK_EQ(sealed.size(), packet.size() + srtp_profile_info(profile).tag_bytes);
      CHECK_BYTES(ByteSpan(sealed.data(), header), ByteSpan(packet.data(), header));
      if (payload >= 16) CHECK(!equal(ByteSpan(sealed).from(header).first(payload), ByteSpan(packet).from(header)));
      const SrtpResult result = ends.receiver->unprotect_rtp(sealed);
      CHECK(result.error == SrtpError::None);
      CHECK_BYTES(ByteSpan(sealed.data(), result.size), packet);
    }
  }
}

TEST(srtp_prefix, "srtp: header, prefix and payload from elsewhere give the same bytes as in place") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    for (const size_t prefix : {0u, 2u, 6u, 16u, 21u}) {
      const auto whole = rtp(9, 500, 300);
      const auto expected = seal(*ends.sender, whole, 500);
      std::vector<uint8_t> slot(whole.size() + kSrtpMaxOverhead);
      std::copy(whole.begin(), whole.begin() + 12 + static_cast<std::ptrdiff_t>(prefix), slot.begin());
      const std::vector<uint8_t> rest(whole.begin() + 12 + static_cast<std::ptrdiff_t>(prefix), whole.end());
      slot.resize(ends.sender->protect_rtp(slot, 12, prefix, rest, 500));
      CHECK_BYTES(slot, expected);
    }
  }
}

// The vectors of the RFCs all have rollover counter 0. Here the nonce and the authenticated parts are put together by
// hand, with everything set, and OpenSSL is asked directly.
TEST(srtp_high_index_gcm, "srtp: GCM with a rollover counter gives the nonce of RFC 7714 8.1") {
  const auto keys = session(kKey128, kGcmSalt);
  const auto sender = SrtpSender::from_session_keys(SrtpProfile::AeadAes128Gcm, keys);
  const auto plain = hex("8060beef 11223344 a1b2c3d4 00112233445566778899");
  const auto sealed = seal(*sender, plain, 0x89abcdefbeefu);
  // 0000 a1b2c3d4 89abcdef beef, xor the salt 517569642070726f2071756f.
  const auto nonce = hex("5175c8d6e3a4fbc4ed9ecb80");
  std::vector<uint8_t> expected(plain.begin(), plain.begin() + 12);
  expected.resize(12 + 10 + 16);
  EVP_CIPHER_CTX* c = EVP_CIPHER_CTX_new();
  int n = 0;
  CHECK_EQ(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), nullptr, hex(kKey128).data(), nonce.data()), 1);
  CHECK_EQ(EVP_EncryptUpdate(c, nullptr, &n, plain.data(), 12), 1);
  CHECK_EQ(EVP_EncryptUpdate(c, expected.data() + 12, &n, plain.data() + 12, 10), 1);
  CHECK_EQ(EVP_EncryptFinal_ex(c, expected.data() + 22, &n), 1);
  CHECK_EQ(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, expected.data() + 22), 1);
  EVP_CIPHER_CTX_free(c);
  CHECK_BYTES(sealed, expected);
}

TEST(srtp_high_index_cm, "srtp: AES-CM with a rollover counter gives the IV and the MAC of RFC 3711 4.1.1 and 4.2") {
  SrtpSessionKeys keys = session(kKey128, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
  keys.rtp_auth = keys.rtcp_auth = hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
  const auto sender = SrtpSender::from_session_keys(SrtpProfile::Aes128CmSha1_80, keys);
  const auto plain = hex("8060beef 11223344 a1b2c3d4 00112233445566778899");
  const auto sealed = seal(*sender, plain, 0x89abcdefbeefu);
  // The salt at bytes 0–13, xor the SSRC at 4–7 and the index at 8–13; the counter at 14–15.
  const auto block = hex("f0f1f2f3 55473523 7152371442120000");
  std::vector<uint8_t> expected = plain;
  uint8_t key_stream[32];
  EVP_CIPHER_CTX* c = EVP_CIPHER_CTX_new();
  int n = 0;
  CHECK_EQ(EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), nullptr, hex(kKey128).data(), nullptr), 1);
  CHECK_EQ(EVP_EncryptUpdate(c, key_stream, &n, block.data(), 16), 1);
  EVP_CIPHER_CTX_free(c);
  for (size_t i = 0; i < 10; i++) expected[12 + i] = static_cast<uint8_t>(expected[12 + i] ^ key_stream[i]);
  auto signed_part = expected;
  for (const uint8_t b : hex("89abcdef")) signed_part.push_back(b);
  uint8_t mac[20];
  unsigned size = 0;
  CHECK(HMAC(EVP_sha1(), keys.rtp_auth.data(), 20, signed_part.data(), signed_part.size(), mac, &size) != nullptr);
  expected.insert(expected.end(), mac, mac + 10);
  CHECK_BYTES(sealed, expected);
}

TEST(srtp_no_room, "srtp: a slot that is too small or a wrong index is refused") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    const size_t tag = srtp_profile_info(profile).tag_bytes;
    auto packet = rtp(1, 5, 10);
    packet.resize(22 + tag - 1);
    CHECK_EQ(ends.sender->protect_rtp(packet, 12, 0, ByteSpan(packet.data() + 12, 10), 5), 0u);
    packet.resize(22 + tag);
    CHECK_EQ(ends.sender->protect_rtp(packet, 12, 0, ByteSpan(packet.data() + 12, 10), 6), 0u);
    CHECK_EQ(ends.sender->protect_rtp(packet, 12, 0, ByteSpan(packet.data() + 12, 10), 5), 22 + tag);
    std::vector<uint8_t> rtcp(8 + 4 + tag - 1);
    rtcp[0] = 0x80;
    CHECK_EQ(ends.sender->protect_rtcp(rtcp, 8), 0u);
  }
}

TEST(srtp_tampered, "srtp: a changed bit anywhere fails, and leaves no state behind") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    const auto good = seal(*ends.sender, rtp(77, 200, 40), 200);
    for (size_t bit = 0; bit < good.size() * 8; bit++) {
      auto packet = good;
      packet[bit / 8] = static_cast<uint8_t>(packet[bit / 8] ^ (1u << (bit % 8)));
      CHECK(ends.receiver->unprotect_rtp(packet).error != SrtpError::None);
    }
    CHECK_EQ(ends.receiver->ssrc_count(), 0u);
    auto packet = good;
    CHECK(ends.receiver->unprotect_rtp(packet).error == SrtpError::None);
    CHECK_EQ(ends.receiver->ssrc_count(), 1u);

    std::vector<uint8_t> rtcp = hex("81c9000700000042 aabbccdd 01000002 00000001 00000000 00000000 00000000");
    const size_t size = rtcp.size();
    rtcp.resize(size + kSrtcpMaxOverhead);
    rtcp.resize(ends.sender->protect_rtcp(rtcp, size));
    for (size_t bit = 0; bit < rtcp.size() * 8; bit++) {
      auto changed = rtcp;
      changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
      CHECK(ends.receiver->unprotect_rtcp(changed).error != SrtpError::None);
    }
    CHECK_EQ(ends.receiver->ssrc_count(), 1u);
    CHECK(ends.receiver->unprotect_rtcp(rtcp).error == SrtpError::None);
  }
}

TEST(srtp_truncated, "srtp: truncated packets are refused without reading past them") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    const auto good = seal(*ends.sender, rtp(77, 200, 40), 200);
    for (size_t size = 0; size < good.size(); size++) {
      std::vector<uint8_t> packet(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(ends.receiver->unprotect_rtp(packet).error != SrtpError::None);
      std::vector<uint8_t> as_rtcp(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(ends.receiver->unprotect_rtcp(as_rtcp).error != SrtpError::None);
    }
    // An extension block that claims to be longer than the packet.
    auto lying = hex("90600001000003e800000001bedeffff00000000000000000000000000000000");
    CHECK(ends.receiver->unprotect_rtp(lying).error == SrtpError::Malformed);
  }
}

TEST(srtp_replay, "srtp: each packet is accepted once, in any order within the window") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    FixedRandom random(3);
    std::map<uint64_t, bool> seen;
    uint64_t highest = 1000;
    CHECK(open_index(*ends.receiver, *ends.sender, highest) == SrtpError::None);
    seen[highest] = true;
    for (int i = 0; i < 3000; i++) {
      const uint64_t index = highest + 20 - random.next() % 320;
      const SrtpError error = open_index(*ends.receiver, *ends.sender, index);
      if (index + ReplayWindow::kSize <= highest) {
        CHECK(error == SrtpError::TooOld);
      } else {
        CHECK(error == (seen[index] ? SrtpError::Replayed : SrtpError::None));
        seen[index] = true;
        if (index > highest) highest = index;
      }
    }
  }
}

TEST(srtp_rtcp_replay, "srtp: RTCP is accepted once") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    std::vector<std::vector<uint8_t>> packets;
    for (int i = 0; i < 5; i++) {
      auto p = hex("80c90001 00000042");
      p.resize(8 + kSrtcpMaxOverhead);
      p.resize(ends.sender->protect_rtcp(p, 8));
      packets.push_back(p);
    }
    for (const int i : {4, 0, 2, 1, 3}) {
      auto p = packets[static_cast<size_t>(i)];
      const SrtpResult result = ends.receiver->unprotect_rtcp(p);
      CHECK(result.error == SrtpError::None);
      CHECK_BYTES(ByteSpan(p.data(), result.size), hex("80c90001 00000042"));
      p = packets[static_cast<size_t>(i)];
      CHECK(ends.receiver->unprotect_rtcp(p).error == SrtpError::Replayed);
    }
  }
}

TEST(srtp_rollover, "srtp: the rollover counter survives loss and reordering at the wrap") {
  for (const SrtpProfile profile : kProfiles) {
    auto ends = make_ends(profile);
    // Everything between 65000 and 66000 lost but the ends; then one from before the wrap comes late.
    for (const uint64_t index : {64990u, 65000u, 65900u, 65800u, 65901u}) {
      CHECK(open_index(*ends.receiver, *ends.sender, index) == SrtpError::None);
    }
    auto second = make_ends(profile);
    for (const uint64_t index : {65534u, 65537u, 65535u, 65536u, 65538u}) {
      CHECK(open_index(*second.receiver, *second.sender, index) == SrtpError::None);
    }
    // Several wraps in strides just below half the number space.
    uint64_t index = 65538;
    for (int i = 0; i < 20; i++) {
      index += 0x7fff;
      CHECK(open_index(*second.receiver, *second.sender, index) == SrtpError::None);
    }
    CHECK(index > 9 * 65536u);
    // A stride of more than half cannot be followed: the guess is one cycle behind and fails authentication.
    CHECK(open_index(*second.receiver, *second.sender, index + 0x8002) != SrtpError::None);
    CHECK(open_index(*second.receiver, *second.sender, index + 1) == SrtpError::None);
  }
}

TEST(srtp_retransmit_old_cycle, "srtp: a packet of the previous cycle is sealed under its own rollover counter") {
  auto ends = make_ends(SrtpProfile::AeadAes128Gcm);
  const auto lost = seal(*ends.sender, rtp(1, 65535, 20), 65535);
  CHECK(open_index(*ends.receiver, *ends.sender, 65534) == SrtpError::None);
  CHECK(open_index(*ends.receiver, *ends.sender, 65540) == SrtpError::None);
  auto again = seal(*ends.sender, rtp(1, 65535, 20), 65535);
  CHECK_BYTES(again, lost);
  CHECK(ends.receiver->unprotect_rtp(again).error == SrtpError::None);
}

TEST(srtp_guess, "srtp: index guess of RFC 3711 3.3.1") {
  CHECK_EQ(*srtp_guess_index(0x1fff0, 0x0005), 0x20005u);
  CHECK_EQ(*srtp_guess_index(0x20005, 0xfff0), 0x1fff0u);
  CHECK_EQ(*srtp_guess_index(0x20005, 0x0006), 0x20006u);
  CHECK(!srtp_guess_index(5, 0xfff0));
  CHECK_EQ(*srtp_guess_index(0x8000, 0), 0u);
}

TEST(srtp_streams, "srtp: streams are separate, bounded, and can be forgotten") {
  auto ends = make_ends(SrtpProfile::AeadAes128Gcm, 100);
  for (uint32_t ssrc = 1; ssrc <= 100; ssrc++) {
    CHECK(open_index(*ends.receiver, *ends.sender, 10, ssrc * 7919) == SrtpError::None);
  }
  CHECK_EQ(ends.receiver->ssrc_count(), 100u);
  for (uint32_t ssrc = 1; ssrc <= 100; ssrc++) {
    CHECK(open_index(*ends.receiver, *ends.sender, 10, ssrc * 7919) == SrtpError::Replayed);
  }
  for (uint32_t ssrc = 1; ssrc <= 50; ssrc++) ends.receiver->forget_ssrc(ssrc * 7919);
  ends.receiver->forget_ssrc(123456);
  CHECK_EQ(ends.receiver->ssrc_count(), 50u);
  CHECK(open_index(*ends.receiver, *ends.sender, 10, 7919) == SrtpError::None);
  for (uint32_t ssrc = 51; ssrc <= 100; ssrc++) {
    CHECK(open_index(*ends.receiver, *ends.sender, 10, ssrc * 7919) == SrtpError::Replayed);
  }
}

TEST(srtp_many_ssrcs, "srtp: a peer that goes through ever new SSRCs is heard on all, and on those it keeps using") {
  auto ends = make_ends(SrtpProfile::AeadAes128Gcm, 16);
  uint64_t camera = 65530;  // over its wrap, so that a forgotten rollover counter would show
  for (uint32_t ssrc = 1000; ssrc < 1200; ssrc++) {
    CHECK(open_index(*ends.receiver, *ends.sender, 3, ssrc) == SrtpError::None);
    CHECK(open_index(*ends.receiver, *ends.sender, camera++, 1) == SrtpError::None);
    CHECK(ends.receiver->ssrc_count() <= 16);
  }
  // Strangers cannot push anybody out.
  auto forged = seal(*ends.sender, rtp(5000, 1, 20), 1);
  forged.back() ^= 1;
  const size_t before = ends.receiver->ssrc_count();
  CHECK(ends.receiver->unprotect_rtp(forged).error == SrtpError::AuthFailed);
  CHECK_EQ(ends.receiver->ssrc_count(), before);
}

TEST(srtp_wrong_key, "srtp: the other direction's key opens nothing") {
  auto ends = make_ends(SrtpProfile::Aes128CmSha1_80);
  const auto other =
      SrtpReceiver::create(SrtpProfile::Aes128CmSha1_80, std::vector<uint8_t>(16, 1), std::vector<uint8_t>(14, 2));
  CHECK(open_index(*other, *ends.sender, 10) == SrtpError::AuthFailed);
  CHECK_EQ(other->ssrc_count(), 0u);
}

}  // namespace parley
