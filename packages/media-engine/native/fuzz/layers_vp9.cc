// VP9 payload descriptors: parsing, and rewriting that changes the numbers and nothing else.
#include "../layers/vp9.h"
#include "fuzz.h"

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Vp9Descriptor d;
  if (!vp9_parse(ByteSpan(data, size), d)) return 0;
  REQUIRE(d.size >= 1 && d.size < size && d.structure_layers <= Vp9Descriptor::kMaxSpatialLayers);
  std::vector<uint8_t> copy(data, data + size);
  vp9_rewrite(MutableByteSpan(copy.data(), d.size), d, 0x1234, 0x56);
  Vp9Descriptor e;
  REQUIRE(vp9_parse(copy, e));
  REQUIRE(e.size == d.size && e.picture_id_long == d.picture_id_long && e.spatial_id == d.spatial_id);
  REQUIRE(e.temporal_id == d.temporal_id && e.picture_diff_count == d.picture_diff_count && e.height == d.height);
  REQUIRE(e.picture_id.has_value() == d.picture_id.has_value());
  if (e.picture_id) REQUIRE(*e.picture_id == (d.picture_id_long ? 0x1234 : 0x34));
  if (e.tl0_pic_idx) REQUIRE(*e.tl0_pic_idx == 0x56);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  return {hex("fdbe1b300487080600"), hex("bebe191050014000b402800168050002d083"), hex("aa05000908020402280102ff"),
          hex("febe19510305025001 4000b402800168050002d0aa")};
}
