// When packets come faster than they are treated one by one, waking up for each of them costs more than all the rest: most
// of a flood's price was the scheduler's. So at a high rate the loop lets a few gather before it reads, as network cards do
// with their interrupts.
#pragma once

#include <cstdint>

#include "core/clock.h"

namespace parley {

class Moderation {
 public:
  // After a turn: all packets ever received.
  void on_turn(Micros now, uint64_t packets) {
    if (now - since_ < kWindow) return;
    busy_ = static_cast<int64_t>(packets - counted_) * kSecond > kBusyPerSecond * (now - since_);
    since_ = now;
    counted_ = packets;
  }
  // How long to let packets gather now that there are some; 0 = read at once.
  [[nodiscard]] Micros pause() const { return busy_ ? kPause : 0; }

 private:
  static constexpr Micros kWindow = 2 * kMillisecond;
  // Below this there would be hardly more than one in the pause; and what arrives evenly at 10 kpps is not to wait.
  static constexpr int64_t kBusyPerSecond = 25'000;
  static constexpr Micros kPause = 100;

  Micros since_ = 0;
  uint64_t counted_ = 0;
  bool busy_ = false;
};

}  // namespace parley
