#include "frame_reader.h"

#include <algorithm>

namespace parley {

// Moves input to the partial frame until that has `size` bytes.
bool FrameReader::fill(size_t size) {
  const size_t wanted = size > partial_.size() ? size - partial_.size() : 0;
  const MutableByteSpan taken = input_.first(wanted);
  partial_.insert(partial_.end(), taken.begin(), taken.end());
  input_ = input_.from(taken.size());
  return partial_.size() >= size;
}

FrameReader::Result FrameReader::next(MutableByteSpan& frame) {
  if (is_taken_) {
    partial_.clear();
    is_taken_ = false;
  }
  while (!is_broken_) {
    const bool in_place = partial_.empty() && input_.size() >= kFrameHeaderBytes;
    if (!in_place && !fill(kFrameHeaderBytes)) return Result::NeedsMore;
    const size_t size = load_u16(in_place ? input_.data() : partial_.data());
    const size_t whole = kFrameHeaderBytes + size;
    if (size > kMaxFrameBytes) {
      is_broken_ = true;
    } else if (in_place && input_.size() >= whole) {
      frame = input_.first(whole).from(kFrameHeaderBytes);
      input_ = input_.from(whole);
      if (size != 0) return Result::Frame;
    } else if (!fill(whole)) {
      return Result::NeedsMore;
    } else if (size == 0) {
      partial_.clear();
    } else {
      is_taken_ = true;
      frame = MutableByteSpan(partial_).from(kFrameHeaderBytes);
      return Result::Frame;
    }
  }
  return Result::Broken;
}

}  // namespace parley
