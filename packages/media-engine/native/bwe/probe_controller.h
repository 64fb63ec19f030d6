// When to probe and how high: two bursts at 3 and 6 times the start, twice as high again for as long as that succeeds;
// from time to time where more is wanted than the estimate allows; and after a deep fall back to where it was. Never
// while the path is congested.
//
//   start ─▶ waiting for results ─▶ (higher while they succeed) ─▶ idle ─▶ periodic / recovery ─▶ waiting …
#pragma once

#include <array>
#include <optional>

#include "probe.h"

namespace parley {

/// What the controller has to know about the path at this moment.
struct PathCondition {
  BitRate estimate = 0;
  /// Since when the sender has little to send; kNever when it has not.
  Micros limited_since = kNever;
  /// When that last ended; negative = never was.
  Micros limited_until = -1;
  bool congested = false;
  /// Much is lost already: nothing but the first probes.
  bool costly = false;
};

class ProbeController {
 public:
  /// The path is new and carries `rate` to begin with.
  void start(Micros now, BitRate rate);
  /// No probe goes above `maximum`.
  void set_maximum(BitRate maximum) { maximum_ = maximum; }
  /// How much could be used. No probe goes above twice that, and none is made when the estimate covers it.
  void set_demand(BitRate demand) { demand_ = demand; }

  /// The estimate, or anything else about the path, may have changed.
  void update(Micros now, const PathCondition& path);
  /// When update() has something to do although nothing happened; kNever when it has not.
  [[nodiscard]] Micros next_deadline() const { return deadline_; }
  /// The next burst to send; call until empty.
  std::optional<ProbeCluster> take();

 private:
  void probe(Micros now, BitRate rate, bool further, bool thorough = false);
  void act(Micros now, const PathCondition& path);
  void note_changes(Micros now, const PathCondition& path);
  [[nodiscard]] bool recovery_due(Micros now, const PathCondition& path) const;
  /// When a probe for growth is due; kNever when none is wanted.
  [[nodiscard]] Micros growth_at(const PathCondition& path) const;
  [[nodiscard]] BitRate ceiling() const;

  BitRate maximum_ = kUnlimitedRate;
  BitRate demand_ = kUnlimitedRate;
  std::array<ProbeCluster, 2> waiting_{};
  size_t waiting_count_ = 0;
  uint8_t next_id_ = 1;

  bool awaiting_ = false;
  bool further_ = false;
  Micros probed_ = -1;
  BitRate further_above_ = kUnlimitedRate;

  BitRate last_estimate_ = 0;
  Micros dropped_ = -1;
  BitRate before_drop_ = 0;
  Micros recovered_ = -1;
  Micros congested_ = -1;
  Micros starved_pause_ = 0;
  Micros deadline_ = kNever;
};

}  // namespace parley
