// When the next packet may leave: sent bytes are a debt that is paid off at the pacing rate, and while a probe burst is
// running, its rate is kept instead. No packets in here: Pacer has them.
#pragma once

#include <array>
#include <optional>

#include "probe.h"

namespace parley {

class PacingBudget {
 public:
  void set_rate(Micros now, BitRate rate);
  /// How far ahead of the rate packets may leave.
  void set_burst(Micros burst) { burst_ = burst; }
  [[nodiscard]] BitRate rate() const { return rate_; }
  /// A burst to send; forgotten when kMaxProbes are waiting.
  void add_probe(const ProbeCluster& cluster);
  /// Bytes went on the wire.
  void on_sent(Micros now, size_t bytes, uint8_t probe);
  /// There is nothing to fill the burst with: it ends here.
  void abandon_probe();

  /// When a paced packet may leave; never before `now`.
  [[nodiscard]] Micros next_paced(Micros now) const;
  /// When the running burst wants its next packet; kNever when there is none.
  [[nodiscard]] Micros next_probe(Micros now) const;
  /// The burst that is running or would begin with the next packet, 0 = none.
  [[nodiscard]] uint8_t probe() const { return count_ > 0 ? bursts_[0].cluster.id : uint8_t{0}; }
  /// Bytes that the burst still lacks.
  [[nodiscard]] size_t probe_missing() const;
  /// Drops bursts that could not be sent within their time.
  void expire(Micros now);

  /// Packets that would leave within this time leave together: finer timers cost more than they smooth.
  static constexpr Micros kGranularity = kMillisecond;
  static constexpr size_t kMaxProbes = 4;

 private:
  struct Burst {
    ProbeCluster cluster{};
    Micros asked = -1;
    Micros began = -1;
    int64_t bytes = 0;
    int packets = 0;
  };
  [[nodiscard]] double debt_at(Micros now) const;
  void pop_probe();

  BitRate rate_ = 0;
  Micros burst_ = kGranularity;
  double debt_ = 0;  // bytes at updated_
  Micros updated_ = 0;
  std::array<Burst, kMaxProbes> bursts_{};
  size_t count_ = 0;
};

}  // namespace parley
