// A short burst at a known rate: what the sender is asked for, and what its arrival says about the path.
#pragma once

#include <array>
#include <optional>

#include "rate.h"

namespace parley {

/// A burst to be sent: at `rate`, until both minima are reached. Media goes first, padding fills the rest.
struct ProbeCluster {
  uint8_t id = 0;  // never 0
  BitRate rate = 0;
  uint32_t min_bytes = 0;
  uint8_t min_packets = 0;
};

/// What a burst measured.
struct ProbeResult {
  BitRate rate = 0;
  /// It arrived clearly slower than it was sent: this is the path's capacity. Otherwise the path has at least this.
  bool saturated = false;
};

class ProbeMeasurement {
 public:
  void on_cluster(const ProbeCluster& cluster);
  /// A packet of a burst arrived. A result as soon as there is enough, and again with each further packet.
  std::optional<ProbeResult> on_arrival(uint8_t probe, Micros sent_at, Micros arrived_at, int64_t bytes);
  void reset() { *this = ProbeMeasurement(); }

 private:
  struct Burst {
    ProbeCluster cluster{};
    int packets = 0;
    int64_t bytes = 0;
    Micros first_sent = 0;
    Micros last_sent = 0;
    Micros first_arrived = 0;
    Micros last_arrived = 0;
    int64_t last_sent_bytes = 0;
    int64_t first_arrived_bytes = 0;
  };
  [[nodiscard]] static std::optional<ProbeResult> measure(const Burst& burst);

  std::array<Burst, 4> bursts_{};
  size_t next_ = 0;
};

}  // namespace parley
