#include "frame_backlog.h"

#include <algorithm>

namespace parley {

bool FrameBacklog::push(Micros now, ByteSpan packet, bool is_media) {
  if (packet.empty() || packet.size() > 0xffff) return false;
  const size_t size = 2 + packet.size();
  const size_t waiting = bytes_.size() - head_;
  if (waiting + size > (is_media ? kMaxBytes : kMaxBytesOfAll)) return false;
  if (is_media && !frames_.empty() && now - frames_.front().since > kMaxWait) return false;
  const uint8_t header[2] = {static_cast<uint8_t>(packet.size() >> 8), static_cast<uint8_t>(packet.size())};
  bytes_.insert(bytes_.end(), header, header + 2);
  bytes_.insert(bytes_.end(), packet.begin(), packet.end());
  frames_.push_back({size, now});
  return true;
}

void FrameBacklog::consume(size_t size) {
  size = std::min(size, bytes_.size() - head_);
  head_ += size;
  while (size > 0) {
    const size_t part = std::min(size, frames_.front().left);
    frames_.front().left -= part;
    size -= part;
    if (frames_.front().left == 0) frames_.pop_front();
  }
  if (empty()) {
    bytes_.clear();
    head_ = 0;
  } else if (head_ >= kMaxBytes / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

}  // namespace parley
