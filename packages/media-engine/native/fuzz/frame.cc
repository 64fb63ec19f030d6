// Byte streams from anybody, in pieces: what is read does not depend on how the stream is cut.
#include "../core/frame_reader.h"

#include <algorithm>

#include "fuzz.h"

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  const auto read = [&bytes](size_t piece, bool& broken) {
    FrameReader reader;
    std::vector<uint8_t> out;
    broken = false;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      reader.push(MutableByteSpan(bytes).from(at).first(piece));
      MutableByteSpan frame;
      FrameReader::Result result{};
      while ((result = reader.next(frame)) == FrameReader::Result::Frame) {
        REQUIRE(!frame.empty() && frame.size() <= kMaxFrameBytes);
        out.insert(out.end(), frame.begin(), frame.end());
        out.push_back(0xff);
      }
      broken = result == FrameReader::Result::Broken;
    }
    return out;
  };
  bool broken = false;
  bool broken_in_pieces = false;
  const auto whole = read(std::max<size_t>(size, 1), broken);
  const auto in_pieces = read(1 + size % 7, broken_in_pieces);
  REQUIRE(whole == in_pieces && broken == broken_in_pieces);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  return {hex("0004aabbccdd0000000101"), hex("000401020304ffff00"), hex("0014000100002112a442000102030405060708090a0b")};
}
