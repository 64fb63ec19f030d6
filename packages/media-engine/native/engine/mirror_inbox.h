// Batches for the mirrors of a loop, from other loops.
#pragma once

#include <mutex>
#include <vector>

#include "engine/mirror.h"

namespace parley {

class MirrorInbox {
 public:
  // A second of a large room.
  static constexpr size_t kMaxPackets = 16384;

  // Any thread. False: full, and the batch is lost.
  [[nodiscard]] bool push(MirrorBatch batch) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (packets_ + batch.packets.size() > kMaxPackets) return false;
    packets_ += batch.packets.size();
    filling_.push_back(std::move(batch));
    return true;
  }
  [[nodiscard]] bool is_empty() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return filling_.empty();
  }
  // The owner's thread: replaces what `out` holds.
  void take(std::vector<MirrorBatch>& out) {
    out.clear();
    const std::lock_guard<std::mutex> lock(mutex_);
    out.swap(filling_);
    packets_ = 0;
  }

 private:
  std::mutex mutex_;
  std::vector<MirrorBatch> filling_;
  size_t packets_ = 0;
};

}  // namespace parley
