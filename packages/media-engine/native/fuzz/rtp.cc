// Packets of an authenticated peer: headers, extensions, and what forwarding makes of them.
#include "../core/rtp.h"

#include "../core/packet.h"
#include "../core/rtx.h"
#include "fuzz.h"

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  std::vector<uint8_t> copy(data, data + size);
  if (const auto original = rtx_unwrap(copy, 1, 96)) {
    RtpPacket p;
    REQUIRE(rtp_parse(*original, p) && p.ssrc == 1 && p.payload_type == 96 && !p.payload.empty() && p.padding == 0);
  }
  RtpPacket p;
  if (!rtp_parse(bytes, p)) return 0;
  REQUIRE(p.header_size + p.payload.size() + p.padding == size);
  size_t elements = 0;
  RtpExtensionIterator i(p);
  for (RtpExtension e; i.next(e); elements++) {
    (void)read_audio_level(e.data);
    (void)read_transport_sequence(e.data);
    (void)read_abs_send_time(e.data);
  }
  REQUIRE(elements <= size);

  RtpExtensionMap map;
  for (uint8_t id = 1; id <= 14; id++) map.keep(id, static_cast<uint8_t>(id % 5 == 0 ? 0 : id));
  const RtpHeaderTemplate t = rtp_make_template(p, map, 5);
  RtpPacket q;
  REQUIRE(rtp_parse(t.span(), q) && q.payload.empty());
  REQUIRE(q.ssrc == p.ssrc && q.sequence_number == p.sequence_number && q.csrc_count == p.csrc_count);
  REQUIRE(rtp_find_extension(q, 5) && rtp_find_extension(q, 5)->size() == 2);
  REQUIRE(rtp_find_extension(q, 5)->data() == t.bytes.data() + t.transport_sequence_at);
  REQUIRE(!rtp_find_extension(q, 10));

  const PacketRef packet = PacketRef::copy(bytes, 0, 1);
  REQUIRE(packet && equal(packet->bytes(), bytes));
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  // More in extensions than a template holds.
  std::vector<uint8_t> long_one = hex("90600001000000000000000110000066");
  for (uint8_t id = 1; id <= 4; id++) {
    long_one.push_back(id);
    long_one.push_back(100);
    long_one.insert(long_one.end(), 100, id);
  }
  return {
      long_one,
      hex("906f123400000bb80000002abede0004108541613032 0a0b0c51432100000000deadbeef"),
      hex("90600001000000000000000110000002010002030a0b0c00 55"),
      hex("a2e0fffe010203040a0b0c0d0000000100000002aabbcc000003"),
      hex("b061000900000bb800000063bede000110ff00001234a1a2a3a4a5000003"),
  };
}
