#include "../core/stun.h"

#include <openssl/evp.h>

#include "test.h"

namespace parley {
using test::hex;

namespace {

// RFC 5769 §2.1–2.4.
const char* const kRequest =
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151"
    "263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
const char* const kResponseV4 =
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd"
    "9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
const char* const kResponseV6 =
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5be"
    "d2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";
const char* const kLongTerm =
    "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b900000015001c662f2f3439396b3935"
    "3464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca8"
    "9666";
const std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
const StunTransactionId kId = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

std::vector<uint8_t> binding_request() {
  uint8_t buffer[256];
  StunWriter w(buffer, StunClass::Request, kStunBinding, kId);
  w.username("abcd:efgh");
  w.priority(0x6e0001ff);
  w.ice_controlling(0x0102030405060708u);
  w.use_candidate();
  const size_t size = w.finish(as_bytes(kPassword));
  return {buffer, buffer + size};
}

}  // namespace

TEST(stun_vector_request, "stun: RFC 5769 2.1 request") {
  const auto packet = hex(kRequest);
  StunMessage m;
  CHECK(stun_parse(packet, m) == StunParseError::None);
  CHECK(m.message_class == StunClass::Request);
  CHECK_EQ(m.method, kStunBinding);
  CHECK(m.transaction_id == kId);
  CHECK(m.username == "evtj:h6vY");
  CHECK_EQ(*m.priority, 0x6e0001ffu);
  CHECK_EQ(*m.ice_controlled, 0x932ff9b151263b36u);
  CHECK(!m.ice_controlling && !m.use_candidate && m.has_fingerprint && !m.unknown_required);
  CHECK(stun_check_integrity(m, as_bytes(kPassword)));
  CHECK(!stun_check_integrity(m, as_bytes("VOkJxbRl1RmTxUk/WvJxBu")));
  CHECK(stun_peek_username(packet) == "evtj:h6vY");
  CHECK(stun_username_local_part("evtj:h6vY") == "evtj");
  CHECK(stun_username_remote_part("evtj:h6vY") == "h6vY");
  CHECK(stun_username_remote_part("evtj").empty());
  CHECK_EQ(*stun_peek_transaction_tag(packet), 0xb7e7a701u);
}

TEST(stun_vector_v4, "stun: RFC 5769 2.2 IPv4 response") {
  const auto packet = hex(kResponseV4);
  StunMessage m;
  CHECK(stun_parse(packet, m) == StunParseError::None);
  CHECK(m.message_class == StunClass::Success);
  CHECK(m.mapped_address->to_string() == "192.0.2.1:32853");
  CHECK(stun_check_integrity(m, as_bytes(kPassword)));
}

TEST(stun_vector_v6, "stun: RFC 5769 2.3 IPv6 response") {
  const auto packet = hex(kResponseV6);
  StunMessage m;
  CHECK(stun_parse(packet, m) == StunParseError::None);
  CHECK(m.mapped_address->to_string() == "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  CHECK(stun_check_integrity(m, as_bytes(kPassword)));
}

TEST(stun_vector_long_term, "stun: RFC 5769 2.4 long-term credentials") {
  const auto packet = hex(kLongTerm);
  StunMessage m;
  CHECK(stun_parse(packet, m) == StunParseError::None);
  CHECK(!m.has_fingerprint);
  const std::string text = std::string(*m.username) + ":example.org:TheMatrIX";
  uint8_t key[16];
  unsigned size = 0;
  CHECK_EQ(EVP_Digest(text.data(), text.size(), key, &size, EVP_md5(), nullptr), 1);
  CHECK(stun_check_integrity(m, ByteSpan(key, size)));
}

TEST(stun_write_read, "stun: what is written is read back") {
  const auto packet = binding_request();
  StunMessage m;
  CHECK(stun_parse(packet, m) == StunParseError::None);
  CHECK(m.username == "abcd:efgh");
  CHECK_EQ(*m.priority, 0x6e0001ffu);
  CHECK_EQ(*m.ice_controlling, 0x0102030405060708u);
  CHECK(m.use_candidate && m.has_fingerprint);
  CHECK(stun_check_integrity(m, as_bytes(kPassword)));

  for (const auto& address : {SocketAddress::v4(10, 1, 2, 3, 65535),
                              SocketAddress::from_v6(hex("20010db8000000000000000000000001").data(), 9)}) {
    uint8_t buffer[128];
    StunWriter w(buffer, StunClass::Error, 0xABC, kId);
    w.xor_mapped_address(address);
    w.error_code(487, "Role Conflict");
    const size_t size = w.finish_without_integrity();
    CHECK(size > 0);
    CHECK(stun_parse(ByteSpan(buffer, size), m) == StunParseError::None);
    CHECK(m.message_class == StunClass::Error);
    CHECK_EQ(m.method, 0xABC);
    CHECK(*m.mapped_address == address);
    CHECK_EQ(*m.error_code, 487);
    CHECK(m.error_reason == "Role Conflict");
    CHECK_EQ(m.integrity_offset, 0u);
    CHECK(!stun_check_integrity(m, as_bytes(kPassword)));
  }
}

TEST(stun_too_small_buffer, "stun: a message that does not fit is not written") {
  for (size_t size = 0; size < binding_request().size(); size++) {
    std::vector<uint8_t> buffer(size);
    StunWriter w(buffer, StunClass::Request, kStunBinding, kId);
    w.username("abcd:efgh");
    w.priority(1);
    w.ice_controlling(1);
    w.use_candidate();
    CHECK_EQ(w.finish(as_bytes(kPassword)), 0u);
  }
}

TEST(stun_tampered, "stun: any changed bit is noticed by fingerprint or integrity") {
  const auto good = binding_request();
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    auto packet = good;
    packet[bit / 8] = static_cast<uint8_t>(packet[bit / 8] ^ (1u << (bit % 8)));
    StunMessage m;
    CHECK(stun_parse(packet, m) != StunParseError::None || !stun_check_integrity(m, as_bytes(kPassword)) ||
          !m.has_fingerprint);
  }
}

TEST(stun_truncated, "stun: truncated messages are refused") {
  const auto good = binding_request();
  for (size_t size = 0; size < good.size(); size++) {
    // Exactly as large as it is, so that a read too far is seen by the sanitizer.
    const std::vector<uint8_t> packet(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    StunMessage m;
    CHECK(stun_parse(packet, m) != StunParseError::None);
    (void)stun_peek_username(packet);
  }
}

TEST(stun_malformed, "stun: each kind of malformed message has its error") {
  StunMessage m;
  auto packet = binding_request();
  packet[4] = 0;
  CHECK(stun_parse(packet, m) == StunParseError::NotStun);
  packet = binding_request();
  packet.push_back(0);
  CHECK(stun_parse(packet, m) == StunParseError::BadLength);
  packet = binding_request();
  packet[kStunHeaderSize + 3] = 0xff;  // USERNAME longer than the message
  CHECK(stun_parse(packet, m) == StunParseError::BadAttribute);
  packet = binding_request();
  packet.back() ^= 1;
  CHECK(stun_parse(packet, m) == StunParseError::BadFingerprint);
  CHECK(stun_parse(std::vector<uint8_t>(kStunMaxSize + 4), m) == StunParseError::TooLong);

  std::vector<uint8_t> many(20 + 4 * (kStunMaxAttributes + 1));
  store_u16(many.data() + 2, static_cast<uint16_t>(many.size() - 20));
  store_u32(many.data() + 4, kStunMagicCookie);
  for (size_t at = 20; at < many.size(); at += 4) store_u16(many.data() + at, 0x8022);
  CHECK(stun_parse(many, m) == StunParseError::TooManyAttributes);
}

TEST(stun_unknown, "stun: unknown required attributes are reported, optional ones are not") {
  auto packet = hex("00010010 2112a442 b7e7a701bc34d686fa87dfae C0570004 00010002 77770004 00000000");
  StunMessage m;
  CHECK(stun_parse(packet, m) == StunParseError::None);
  CHECK_EQ(*m.unknown_required, 0x7777);
  store_u16(packet.data() + 28, 0xC001);
  CHECK(stun_parse(packet, m) == StunParseError::None);
  CHECK(!m.unknown_required);
}

TEST(stun_after_integrity, "stun: attributes behind the integrity are not believed") {
  uint8_t buffer[256];
  StunWriter w(buffer, StunClass::Request, kStunBinding, kId);
  w.username("abcd:efgh");
  size_t size = w.finish(as_bytes(kPassword)) - 8;  // without the fingerprint
  store_u32(buffer + size, 0x00250000);             // USE-CANDIDATE
  size += 4;
  store_u16(buffer + 2, static_cast<uint16_t>(size - kStunHeaderSize));
  StunMessage m;
  CHECK(stun_parse(ByteSpan(buffer, size), m) == StunParseError::None);
  CHECK(stun_check_integrity(m, as_bytes(kPassword)));
  CHECK(!m.use_candidate);
}

}  // namespace parley
