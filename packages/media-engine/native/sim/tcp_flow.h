// A bulk transfer that gives way to loss only: slow start, additive increase, halving once a round trip, a timeout
// (Reno with selective acknowledgements; or Cubic's growth).
#pragma once

#include <cmath>
#include <set>

#include "link.h"

namespace parley::sim {

struct TcpConfig {
  size_t segment = 1200;
  /// Stops after this much; INT64_MAX = never.
  int64_t total = INT64_MAX;
  bool cubic = false;
};

class TcpFlow {
 public:
  TcpFlow(Simulation& simulation, Link& forward, Link& backward, const TcpConfig& config)
      : simulation_(simulation), forward_(forward), backward_(backward), config_(config) {}
  TcpFlow(const TcpFlow&) = delete;
  TcpFlow& operator=(const TcpFlow&) = delete;

  void start();
  void stop();
  [[nodiscard]] int64_t acknowledged_bytes() const { return acknowledged_; }
  [[nodiscard]] bool done() const { return acknowledged_ >= config_.total; }

 private:
  void fill();
  void on_ack(uint64_t number, Micros sent_at, uint64_t generation);
  void grow();
  void shrink();
  void watch(uint64_t generation);

  Simulation& simulation_;
  Link& forward_;
  Link& backward_;
  TcpConfig config_;
  std::set<uint64_t> flying_;
  uint64_t next_ = 0;
  uint64_t recovery_ = 0;  // losses before this number have been answered
  double window_ = 10;
  double threshold_ = 1e9;
  double before_loss_ = 0;
  Micros lost_at_ = 0;
  Micros round_trip_ = 200 * kMillisecond;
  Micros heard_ = 0;
  int64_t acknowledged_ = 0;
  bool running_ = false;
  uint64_t generation_ = 0;
};

}  // namespace parley::sim
