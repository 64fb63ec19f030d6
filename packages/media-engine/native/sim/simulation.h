// A virtual clock and what is to happen on it. Deterministic: events of the same instant happen in the order in which
// they were planned.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "../core/clock.h"

namespace parley::sim {

class Simulation {
 public:
  using Action = std::function<void()>;

  [[nodiscard]] Micros now() const { return now_; }
  /// `at` in the past means now.
  void at(Micros at, Action action) {
    events_.push_back({std::max(at, now_), planned_++, std::move(action)});
    std::push_heap(events_.begin(), events_.end(), later);
  }
  void after(Micros delay, Action action) { at(now_ + delay, std::move(action)); }
  void run_until(Micros end) {
    while (!events_.empty() && events_.front().at <= end) {
      std::pop_heap(events_.begin(), events_.end(), later);
      Event event = std::move(events_.back());
      events_.pop_back();
      now_ = event.at;
      event.action();
    }
    now_ = std::max(now_, end);
  }
  void run_for(Micros time) { run_until(now_ + time); }

 private:
  struct Event {
    Micros at;
    uint64_t order;
    Action action;
  };
  static bool later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }

  std::vector<Event> events_;  // a heap, the next event first
  Micros now_ = 10 * kSecond;  // clocks do not start at nought
  uint64_t planned_ = 0;
};

}  // namespace parley::sim
