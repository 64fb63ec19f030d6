#include <array>
#include <vector>

#include "../core/address.h"
#include "../core/bytes.h"
#include "../core/demux.h"
#include "../core/hmac_sha1.h"
#include "test.h"

namespace parley {
using test::hex;

TEST(reader_values, "bytes: a reader returns big-endian values in order") {
  const auto data = hex("01 0203 040506 0708090a 0b0c0d0e0f101112 aabb");
  Reader r(data);
  CHECK_EQ(r.u8(), 1);
  CHECK_EQ(r.u16(), 0x0203);
  CHECK_EQ(r.u24(), 0x040506u);
  CHECK_EQ(r.u32(), 0x0708090au);
  CHECK_EQ(r.u64(), 0x0b0c0d0e0f101112u);
  CHECK_EQ(r.remaining(), 2u);
  CHECK_BYTES(r.bytes(2), hex("aabb"));
  CHECK(r.ok());
}

TEST(reader_end, "bytes: a reader never passes the end and stays failed") {
  const auto data = hex("010203");
  Reader r(data);
  CHECK_EQ(r.u32(), 0u);
  CHECK(!r.ok());
  CHECK_EQ(r.u8(), 0);
  CHECK_EQ(r.remaining(), 0u);
  Reader huge(data);
  huge.skip(SIZE_MAX);
  CHECK(!huge.ok());
  Reader empty{ByteSpan()};
  CHECK(empty.bytes(0).empty());
  CHECK(empty.ok());
}

TEST(writer_bounds, "bytes: a writer writes whole values or nothing") {
  uint8_t buffer[5] = {9, 9, 9, 9, 9};
  Writer w(MutableByteSpan(buffer, 4));
  w.u24(0x010203);
  w.u16(0xffff);
  CHECK(!w.ok());
  w.u8(7);
  CHECK_EQ(w.position(), 3u);
  CHECK_BYTES(ByteSpan(buffer), hex("0102030909"));
}

TEST(address_text, "address: text of IPv4 and IPv6") {
  CHECK(SocketAddress::v4(192, 0, 2, 1, 5000).to_string() == "192.0.2.1:5000");
  const auto text = [](std::string_view digits) { return SocketAddress::from_v6(hex(digits).data(), 1).to_string(); };
  CHECK(text("20010db8000000000000000000000001") == "[2001:db8::1]:1");
  CHECK(text("00000000000000000000000000000000") == "[::]:1");
  CHECK(text("20010db8000000010000000000000000") == "[2001:db8:0:1::]:1");
  CHECK(text("20010db8000000010001000100010001") == "[2001:db8:0:1:1:1:1:1]:1");
  CHECK(text("00000000000000000000ffffc0000201") == "192.0.2.1:1");
}

TEST(demux, "demux: RFC 7983 ranges and RTCP types") {
  const auto kind = [](int first, int second) {
    const uint8_t p[2] = {static_cast<uint8_t>(first), static_cast<uint8_t>(second)};
    return classify_packet(p);
  };
  CHECK(kind(0, 1) == PacketKind::Stun);
  CHECK(kind(3, 0) == PacketKind::Stun);
  CHECK(kind(4, 0) == PacketKind::Unknown);
  CHECK(kind(20, 0) == PacketKind::Dtls);
  CHECK(kind(63, 0) == PacketKind::Dtls);
  CHECK(kind(64, 0) == PacketKind::TurnChannel);
  CHECK(kind(80, 0) == PacketKind::Unknown);
  CHECK(kind(128, 96) == PacketKind::Rtp);
  CHECK(kind(128, 0x80 | 111) == PacketKind::Rtp);
  CHECK(kind(128, 200) == PacketKind::Rtcp);
  CHECK(kind(191, 206) == PacketKind::Rtcp);
  CHECK(kind(192, 0) == PacketKind::Unknown);
  CHECK(classify_packet(ByteSpan()) == PacketKind::Unknown);
}

TEST(hmac_sha1, "hmac-sha1: RFC 2202 cases 1, 2, 6") {
  CHECK_BYTES(HmacSha1(std::vector<uint8_t>(20, 0x0b)).sign(as_bytes("Hi There")),
              hex("b617318655057264e28bc0b6fb378c8ef146be00"));
  CHECK_BYTES(HmacSha1(as_bytes("Jefe")).sign(as_bytes("what do ya "), as_bytes("want "), as_bytes("for nothing?")),
              hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
  CHECK_BYTES(
      HmacSha1(std::vector<uint8_t>(80, 0xaa)).sign(as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
      hex("aa4ae5e15272d00e95705637ce8a3b55ed402112"));
}

}  // namespace parley
