#include "engine/sample_collector.h"

namespace parley {

bool SampleCollector::begin() {
  if (begun_) return false;
  begun_ = true;
  is_whole_.store(true, std::memory_order_relaxed);
  missing_.store(parts_.size(), std::memory_order_release);
  return true;
}

void SampleCollector::finish(bool is_filled) {
  if (!is_filled) is_whole_.store(false, std::memory_order_relaxed);
  if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) on_ready_();
}

bool SampleCollector::take(EngineSnapshot& out) {
  if (!is_ready()) return false;
  begun_ = false;
  if (!is_whole_.load(std::memory_order_relaxed)) return false;
  out.clear();
  for (const EngineSnapshot& part : parts_) out.add(part);
  return true;
}

}  // namespace parley
