// Key frames cost every receiver bandwidth, and requests come in storms (fifty joins in a second): one request to the
// sender serves everybody who asked within an interval. Repeats while no key frame has come.
#pragma once

#include "clock.h"

namespace parley {

class KeyFrameLimiter {
 public:
  struct Config {
    Micros min_interval = 500 * kMillisecond;
    /// Ask again when nothing came after this time, doubling up to `max_retry`.
    Micros retry = 500 * kMillisecond;
    Micros max_retry = 4 * kSecond;
    int max_tries = 8;
  };
  KeyFrameLimiter() : KeyFrameLimiter(Config{}) {}
  explicit KeyFrameLimiter(const Config& config) : config_(config) {}

  /// Somebody needs a key frame. Follow with `take_due`.
  void request(Micros now);
  /// A key frame begins to arrive: everybody who asked before is served.
  void on_key_frame(Micros now);
  /// True when a request is to be sent to the sender now.
  [[nodiscard]] bool take_due(Micros now);
  /// kNever when nobody waits.
  [[nodiscard]] Micros next_deadline() const { return wanted_ ? due_ : kNever; }
  [[nodiscard]] bool waiting() const { return wanted_; }
  /// Forget it, e.g. when the source is gone or blocked.
  void cancel() { wanted_ = false; }

 private:
  Config config_;
  bool wanted_ = false;
  int tries_ = 0;
  Micros due_ = kNever;
  Micros last_sent_ = -kNever / 2;
};

}  // namespace parley
