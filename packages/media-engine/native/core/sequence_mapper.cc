#include "sequence_mapper.h"

#include <algorithm>

namespace parley {

namespace {
// A jump further than this would be ambiguous in sixteen bits and lose the receiver's rollover counter.
constexpr uint64_t kMaxJump = 0x4000;
}  // namespace

SequenceMapper::SequenceMapper(uint16_t first_out, size_t max_ranges)
    : max_ranges_(std::max<size_t>(max_ranges, 1)), next_out_(first_out) {}

uint64_t SequenceMapper::range_end(size_t i) const {
  return i + 1 < ranges_.size() ? ranges_[i + 1].out_first : next_out_;
}

void SequenceMapper::begin_range(uint8_t stream, uint64_t in) {
  // A range that never carried anything is replaced.
  if (!ranges_.empty() && ranges_.back().out_first == next_out_) ranges_.pop_back();
  if (ranges_.size() == max_ranges_) ranges_.pop_front();
  ranges_.push_back(Range{next_out_, in, stream});
}

void SequenceMapper::skip_to(uint64_t next_out) {
  if (next_out <= next_out_) return;
  // The skipped numbers would seem to belong to the open range.
  ranges_.clear();
  next_out_ = next_out;
}

void SequenceMapper::restart(uint8_t stream, uint64_t next_in) { begin_range(stream, next_in); }

std::optional<uint64_t> SequenceMapper::map(uint8_t stream, uint64_t in) {
  if (ranges_.empty()) return std::nullopt;
  const Range& open = ranges_.back();
  if (open.stream == stream && in >= open.in_first) {
    uint64_t out = open.out_first + (in - open.in_first);
    if (out >= next_out_ + kMaxJump) {
      begin_range(stream, in);
      out = next_out_;
    }
    next_out_ = std::max(next_out_, out + 1);
    return out;
  }
  for (size_t i = ranges_.size() - 1; i-- > 0;) {
    const Range& range = ranges_[i];
    if (range.stream != stream || in < range.in_first) continue;
    const uint64_t out = range.out_first + (in - range.in_first);
    // Ranges of one stream ascend, so an older one cannot hold it either.
    return out < range_end(i) ? std::optional(out) : std::nullopt;
  }
  return std::nullopt;
}

void SequenceMapper::drop(uint8_t stream, uint64_t in) {
  if (ranges_.empty()) return;
  Range& open = ranges_.back();
  if (open.stream != stream || in < open.in_first) return;
  const uint64_t out = open.out_first + (in - open.in_first);
  if (out < next_out_) return;
  if (out >= next_out_ + kMaxJump) {
    begin_range(stream, in + 1);
    return;
  }
  // Numbers between the last one mapped and this one are real losses and keep their places.
  next_out_ = out;
  if (out == open.out_first) {
    open.in_first = in + 1;
  } else {
    begin_range(stream, in + 1);
  }
}

std::optional<SequenceMapper::Origin> SequenceMapper::unmap(uint16_t out) const {
  if (ranges_.empty()) return std::nullopt;
  const uint64_t back = static_cast<uint16_t>(static_cast<uint16_t>(next_out_ - 1) - out);
  if (next_out_ < 1 + back) return std::nullopt;
  const uint64_t extended = next_out_ - 1 - back;
  if (extended < ranges_.front().out_first) return std::nullopt;
  for (size_t i = ranges_.size(); i-- > 0;) {
    const Range& range = ranges_[i];
    if (extended < range.out_first) continue;
    if (extended >= range_end(i)) return std::nullopt;
    return Origin{range.stream, range.in_first + (extended - range.out_first), extended};
  }
  return std::nullopt;
}

}  // namespace parley
