#include "../core/rtp.h"

#include "../core/rtx.h"
#include "test.h"

namespace parley {
using test::hex;

namespace {

std::vector<RtpExtension> extensions_of(const RtpPacket& packet) {
  std::vector<RtpExtension> all;
  RtpExtensionIterator i(packet);
  for (RtpExtension e; i.next(e);) all.push_back(e);
  return all;
}

// Audio level (id 1), mid (4, "a0"), abs-send-time (3), transport-cc (5).
const char* const kOneByte = "906f 1234 00000bb8 0000002a bede 0004 1085 41 6130 32 0a0b0c 51 4321 00 000000 deadbeef";

}  // namespace

TEST(rtp_parse_plain, "rtp: fixed header, CSRCs, payload and padding") {
  const auto bytes = hex("a2e0 fffe 01020304 0a0b0c0d 00000001 00000002 aabbcc 000003");
  RtpPacket p;
  CHECK(rtp_parse(bytes, p));
  CHECK(p.marker);
  CHECK_EQ(p.payload_type, 96);
  CHECK_EQ(p.sequence_number, 0xfffe);
  CHECK_EQ(p.timestamp, 0x01020304u);
  CHECK_EQ(p.ssrc, 0x0a0b0c0du);
  CHECK_EQ(p.csrc_count, 2);
  CHECK_EQ(p.padding, 3);
  CHECK_EQ(p.header_size, 20u);
  CHECK_BYTES(p.payload, hex("aabbcc"));
  CHECK_EQ(rtp_peek_ssrc(bytes), 0x0a0b0c0du);
}

TEST(rtp_parse_bad, "rtp: wrong version, truncation and impossible padding are refused") {
  RtpPacket p;
  const auto good = hex(kOneByte);
  for (size_t size = 0; size < 32; size++) {
    const std::vector<uint8_t> bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(!rtp_parse(bytes, p));
  }
  CHECK(!rtp_parse(hex("4060 0000 00000000 00000001"), p));
  CHECK(!rtp_parse(hex("a060 0000 00000000 00000001"), p));
  CHECK(!rtp_parse(hex("a060 0000 00000000 00000001 00"), p));
  CHECK(!rtp_parse(hex("a060 0000 00000000 00000001 02"), p));
  CHECK(rtp_parse(hex("a060 0000 00000000 00000001 01"), p));
  CHECK(p.payload.empty());
}

TEST(rtp_one_byte, "rtp: one-byte extensions") {
  const auto bytes = hex(kOneByte);
  RtpPacket p;
  CHECK(rtp_parse(bytes, p));
  const auto all = extensions_of(p);
  CHECK_EQ(all.size(), 4u);
  const auto level = read_audio_level(*rtp_find_extension(p, 1));
  CHECK_EQ(level->level, 5);
  CHECK(level->voice);
  CHECK_EQ(*read_transport_sequence(*rtp_find_extension(p, 5)), 0x4321);
  CHECK_EQ(*read_abs_send_time(*rtp_find_extension(p, 3)), 0x0a0b0cu);
  CHECK(as_text(*rtp_find_extension(p, 4)) == "a0");
  CHECK(!rtp_find_extension(p, 2));
  CHECK(!rtp_find_extension(p, 0));
  CHECK_BYTES(p.payload, hex("deadbeef"));
}

TEST(rtp_two_byte, "rtp: two-byte extensions, empty and long ones too") {
  std::vector<uint8_t> bytes = hex("9060 0001 00000000 00000001 1000 0007 0100 00 0216");
  for (uint8_t i = 0; i < 22; i++) bytes.push_back(i);
  bytes.push_back(0);
  bytes.push_back(0x55);
  RtpPacket p;
  CHECK(rtp_parse(bytes, p));
  const auto all = extensions_of(p);
  CHECK_EQ(all.size(), 2u);
  CHECK(all[0].data.empty());
  CHECK_EQ(all[1].id, 2);
  CHECK_EQ(all[1].data.size(), 22u);
  CHECK_BYTES(p.payload, hex("55"));
}

TEST(rtp_extension_bounds, "rtp: an element that leaves the block ends the list; so does id 15") {
  RtpPacket p;
  const auto leaving = hex("9060 0001 00000000 00000001 bede 0001 10aa 2f00 0102");
  CHECK(rtp_parse(leaving, p));
  CHECK_EQ(extensions_of(p).size(), 1u);
  const auto fifteen = hex("9060 0001 00000000 00000001 bede 0001 f0aa 10bb");
  CHECK(rtp_parse(fifteen, p));
  CHECK_EQ(extensions_of(p).size(), 0u);
  const auto other = hex("9060 0001 00000000 00000001 abcd 0001 10aa 10bb");
  CHECK(rtp_parse(other, p));
  CHECK_EQ(extensions_of(p).size(), 0u);
}

TEST(rtp_template, "rtp: a template keeps what the map keeps, renumbered, and adds a transport sequence") {
  const auto bytes = hex(kOneByte);
  RtpPacket p;
  CHECK(rtp_parse(bytes, p));
  RtpExtensionMap map;
  map.keep(1);
  map.keep(4, 9);
  RtpHeaderTemplate t = rtp_make_template(p, map);
  CHECK_BYTES(t.span(), hex("906f 1234 00000bb8 0000002a bede 0002 1085 91 6130 000000"));
  CHECK_EQ(t.transport_sequence_at, 0u);

  t = rtp_make_template(p, map, 7);
  CHECK_EQ(t.transport_sequence_at, 17u);
  store_u16(t.bytes.data() + t.transport_sequence_at, 0x7788);
  rtp_set_sequence_number(t.bytes.data(), 7);
  rtp_set_ssrc(t.bytes.data(), 0x99);
  rtp_set_payload_type(t.bytes.data(), 101);
  rtp_set_timestamp(t.bytes.data(), 5);
  rtp_set_marker(t.bytes.data(), true);
  RtpPacket q;
  CHECK(rtp_parse(t.span(), q));
  CHECK_EQ(*read_transport_sequence(*rtp_find_extension(q, 7)), 0x7788);
  CHECK(as_text(*rtp_find_extension(q, 9)) == "a0");
  CHECK_EQ(q.sequence_number, 7);
  CHECK_EQ(q.ssrc, 0x99u);
  CHECK_EQ(q.payload_type, 101);
  CHECK_EQ(q.timestamp, 5u);
  CHECK(q.marker);

  t = rtp_make_template(p, RtpExtensionMap{});
  CHECK_BYTES(t.span(), hex("806f 1234 00000bb8 0000002a"));
}

TEST(rtp_template_located, "rtp: a template tells where an element is, and puts another in its place") {
  const auto bytes = hex(kOneByte);
  RtpPacket p;
  CHECK(rtp_parse(bytes, p));
  RtpExtensionMap map;
  map.keep(1);
  map.keep(4, 9);
  map.located = 4;
  RtpHeaderTemplate t = rtp_make_template(p, map);
  CHECK_BYTES(t.span(), hex("906f 1234 00000bb8 0000002a bede 0002 1085 91 6130 000000"));
  CHECK_EQ(t.located_at, 19u);

  const auto longer = hex("0102030405");
  map.replacement = ByteSpan(longer);
  t = rtp_make_template(p, map, 7);
  CHECK_BYTES(t.span(), hex("906f 1234 00000bb8 0000002a bede 0003 710000 1085 94 0102030405 00"));
  CHECK_EQ(t.located_at, 22u);

  // What fits the two-byte form only changes the form of all.
  const std::vector<uint8_t> long_one(20, 0x5a);
  map.replacement = ByteSpan(long_one);
  t = rtp_make_template(p, map);
  RtpPacket q;
  CHECK(rtp_parse(t.span(), q));
  CHECK_EQ(q.extension_profile, 0x1000);
  CHECK_BYTES(*rtp_find_extension(q, 9), long_one);
  CHECK(rtp_find_extension(q, 9)->data() == t.bytes.data() + t.located_at);

  map.located = 3;
  CHECK_EQ(rtp_make_template(p, map).located_at, 0u);
}

TEST(rtp_template_padding, "rtp: a template has no padding bit") {
  const auto bytes = hex("a060 0001 00000000 00000001 aabb 0002");
  RtpPacket p;
  CHECK(rtp_parse(bytes, p));
  CHECK_BYTES(rtp_make_template(p, RtpExtensionMap{}).span(), hex("8060 0001 00000000 00000001"));
}

TEST(rtp_template_long, "rtp: long elements make the template two-byte, and the ones that do not fit are left out") {
  std::vector<uint8_t> bytes = hex("9f60 0001 00000000 00000001");
  bytes.resize(bytes.size() + 60);  // fifteen CSRCs
  const auto head = hex("1000 0066");
  bytes.insert(bytes.end(), head.begin(), head.end());
  for (uint8_t id = 1; id <= 4; id++) {
    bytes.push_back(id);
    bytes.push_back(100);
    bytes.insert(bytes.end(), 100, id);
  }
  RtpPacket p;
  CHECK(rtp_parse(bytes, p));
  RtpExtensionMap map;
  for (uint8_t id = 1; id <= 4; id++) map.keep(id);
  const RtpHeaderTemplate t = rtp_make_template(p, map, 5);
  RtpPacket q;
  CHECK(rtp_parse(t.span(), q));
  CHECK_EQ(q.extension_profile, 0x1000);
  const auto all = extensions_of(q);
  CHECK_EQ(all.size(), 2u);
  CHECK_EQ(all[0].id, 5);
  CHECK_EQ(all[1].data.size(), 100u);
  CHECK_EQ(t.transport_sequence_at, 72 + 4 + 2u);
}

TEST(rtp_write, "rtp: a header written from nothing is read back") {
  uint8_t buffer[64];
  const uint8_t level[1] = {0x83}, time[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const RtpExtension list[2] = {{1, level}, {14, time}};
  const size_t size = rtp_write_header(buffer, {true, 111, 65535, 960, 7}, list);
  CHECK_EQ(size, 12 + 4 + 12u);
  RtpPacket p;
  CHECK(rtp_parse(ByteSpan(buffer, size), p));
  CHECK(p.marker && p.payload_type == 111 && p.sequence_number == 65535 && p.timestamp == 960 && p.ssrc == 7);
  CHECK_BYTES(*rtp_find_extension(p, 14), ByteSpan(time));
  for (size_t room = 0; room < size; room++) {
    CHECK_EQ(rtp_write_header(MutableByteSpan(buffer, room), {}, list), 0u);
  }
  const RtpExtension bad[1] = {{15, level}};
  CHECK_EQ(rtp_write_header(buffer, {}, bad), 0u);
}

TEST(rtx_round, "rtx: a retransmission becomes the original packet again") {
  const auto original = hex("906e 1234 00000bb8 0000002a bede 0001 10ff0000 a1a2a3a4a5");
  RtpPacket p;
  CHECK(rtp_parse(original, p));
  // As a sender makes it: own SSRC, type and number, and the original number before the payload; and padding.
  auto packet = hex("b061 0009 00000bb8 00000063 bede 0001 10ff0000 1234 a1a2a3a4a5 000003");
  const auto restored = rtx_unwrap(packet, 0x2a, 110);
  CHECK(restored.has_value());
  CHECK_BYTES(*restored, original);
  auto probe = hex("a061 0009 00000bb8 00000063 000000 04");
  CHECK(!rtx_unwrap(probe, 0x2a, 110));
  auto short_one = hex("8061 0009 00000bb8 00000063 12");
  CHECK(!rtx_unwrap(short_one, 0x2a, 110));
}

}  // namespace parley
