// One reading of all loops of an engine that nobody waits for: each loop writes its part into a place of its own when it
// comes to it, and the last one tells. Places and their lists are used again for the next reading.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "engine/stats.h"

namespace parley {

class SampleCollector {
 public:
  // `on_ready`: on the thread of whoever was last; it must not block.
  SampleCollector(size_t parts, std::function<void()> on_ready) : parts_(parts), on_ready_(std::move(on_ready)) {}

  // The three of the owner's thread. False while a reading is under way, or waits to be taken.
  [[nodiscard]] bool begin();
  // Once, when it is complete: copies all parts together into `out`, whose memory is used again.
  [[nodiscard]] bool take(EngineSnapshot& out);
  [[nodiscard]] bool is_ready() const { return begun_ && missing_.load(std::memory_order_acquire) == 0; }

  // One thread for each part, between `begin` and `finish`.
  [[nodiscard]] EngineSnapshot& part(size_t index) { return parts_[index]; }
  // Also for a part that will never be filled: the reading then counts for nothing.
  void finish(bool is_filled = true);

 private:
  std::vector<EngineSnapshot> parts_;
  const std::function<void()> on_ready_;
  bool begun_ = false;
  std::atomic<size_t> missing_{0};
  std::atomic<bool> is_whole_{true};
};

}  // namespace parley
