// H264, VP9, AV1 and RED payloads: nothing is read outside.
#include "../core/key_frame.h"

#include "../core/red.h"

#include "fuzz.h"

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan payload(data, size);
  for (const VideoCodec codec :
       {VideoCodec::Unknown, VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264, VideoCodec::Av1}) {
    const bool key = starts_key_frame(codec, payload);
    REQUIRE(!key || (size > 0 && codec != VideoCodec::Unknown));
  }
  const auto primary = red_find_primary(payload);
  REQUIRE(!primary || primary->at < size);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  return {
      hex("6588"),      hex("780002091000026742000168"), hex("7c8500"), hex("8a812300"), hex("aa81230000"), hex("180a"),
      hex("ef0f00036faaaaaac1")};
}
