// Messages from anybody: nothing is read outside the datagram, and the look-aheads agree with the parser.
#include "../core/stun.h"

#include "fuzz.h"

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan packet(data, size);
  const auto peeked = stun_peek_username(packet);
  const auto tag = stun_peek_transaction_tag(packet);
  const auto message_class = stun_peek_class(packet);
  StunMessage m;
  if (stun_parse(packet, m) != StunParseError::None) return 0;
  REQUIRE(tag.has_value() && message_class == m.message_class);
  if (m.username) REQUIRE(peeked == m.username);
  if (m.username) REQUIRE(stun_username_local_part(*m.username).size() <= m.username->size());
  (void)stun_check_integrity(m, as_bytes("a-password-of-22-chars"));

  // What was understood can be written and understood again.
  uint8_t buffer[2048];
  StunWriter w(buffer, m.message_class, m.method, m.transaction_id);
  if (m.username) w.username(*m.username);
  if (m.priority) w.priority(*m.priority);
  if (m.use_candidate) w.use_candidate();
  if (m.ice_controlling) w.ice_controlling(*m.ice_controlling);
  if (m.ice_controlled) w.ice_controlled(*m.ice_controlled);
  if (m.mapped_address) w.xor_mapped_address(*m.mapped_address);
  const size_t written = w.finish(as_bytes("a-password-of-22-chars"));
  StunMessage again;
  REQUIRE(written > 0 && stun_parse(ByteSpan(buffer, written), again) == StunParseError::None);
  REQUIRE(stun_check_integrity(again, as_bytes("a-password-of-22-chars")));
  REQUIRE(again.username == m.username && again.priority == m.priority && again.use_candidate == m.use_candidate);
  REQUIRE(again.ice_controlling == m.ice_controlling && again.ice_controlled == m.ice_controlled);
  REQUIRE(again.mapped_address == m.mapped_address && again.method == m.method);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  return {
      hex("000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9"
          "b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"),
      hex("0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f5"
          "99fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"),
      hex("010100302112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67b"
          "f11784c97c8292c275bfe3ed41"),
      hex("0111001c2112a442b7e7a701bc34d686fa87dfae0009001000000457526f6c6520436f6e666c696374c0570004000100 02"),
  };
}
