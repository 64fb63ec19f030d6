#include "engine/events.h"

namespace parley {

void EventQueue::publish() {
  if (pending_.empty()) return;
  bool was_empty = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    was_empty = queue_.empty();
    for (EngineEvent& event : pending_) {
      const size_t limit = event.type == EngineEvent::Type::audio_levels ? kMaxLevelEvents : kMaxEvents;
      if (queue_.size() >= limit) {
        ++dropped_;
      } else {
        queue_.push_back(std::move(event));
      }
    }
  }
  pending_.clear();
  if (was_empty) notify_();
}

std::vector<EngineEvent> EventQueue::take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<EngineEvent> taken;
  taken.swap(queue_);
  return taken;
}

}  // namespace parley
