// VP8 payload descriptors: parsing, and rewriting that changes the numbers and nothing else.
#include "../core/vp8.h"

#include "fuzz.h"

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Vp8Descriptor d;
  if (!vp8_parse(ByteSpan(data, size), d)) return 0;
  REQUIRE(d.size >= 1 && d.size < size);
  std::vector<uint8_t> copy(data, data + size);
  vp8_rewrite(MutableByteSpan(copy.data(), d.size), d, 0x1234, 0x56);
  Vp8Descriptor e;
  REQUIRE(vp8_parse(copy, e));
  REQUIRE(e.size == d.size && e.picture_id_long == d.picture_id_long && e.temporal_id == d.temporal_id);
  REQUIRE(e.picture_id.has_value() == d.picture_id.has_value() && e.key_frame == d.key_frame && e.key_idx == d.key_idx);
  if (e.picture_id) REQUIRE(*e.picture_id == (d.picture_id_long ? 0x1234 : 0x34));
  if (e.tl0_pic_idx) REQUIRE(*e.tl0_pic_idx == 0x56);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  return {hex("10019d012a"), hex("90f0923456a35002009d012a8002680100"), hex("b0807f01"), hex("90c005560102")};
}
