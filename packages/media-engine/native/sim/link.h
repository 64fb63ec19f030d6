// One direction of a bottleneck: a queue that drops at its tail, a rate that changes, delay, jitter and loss.
//
//   send ─▶ [loss] ─▶ queue (time or packets) ─▶ rate(t) ─▶ one-way delay + jitter ─▶ deliver
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "../bwe/rate.h"
#include "random.h"
#include "simulation.h"

namespace parley::sim {

struct LinkConfig {
  /// kUnlimitedRate = no queue at all.
  BitRate rate = kUnlimitedRate;
  Micros delay = 0;
  /// Standard deviation of what is added to the delay; cut at three times that, never negative, never reordering.
  Micros jitter = 0;
  /// Independent of everything, 0…1.
  double loss = 0;
  /// Losses in a row: probability that a burst begins with a packet, and its mean length. 0 = none.
  double burst_start = 0;
  double burst_length = 10;
  /// What the queue holds: at the present rate, and in packets.
  Micros queue_time = 300 * kMillisecond;
  size_t queue_packets = SIZE_MAX;
  uint64_t seed = 1;
};

struct LinkStats {
  uint64_t sent_packets = 0;
  uint64_t lost = 0;     // at random
  uint64_t dropped = 0;  // by the queue
  int64_t delivered_bytes = 0;
};

class Link {
 public:
  using Deliver = std::function<void()>;

  Link(Simulation& simulation, const LinkConfig& config);

  /// `deliver` is called at the arrival, or never.
  void send(size_t bytes, Deliver deliver);
  void set_rate(BitRate rate);
  void set_delay(Micros delay) { config_.delay = delay; }
  void set_loss(double loss) { config_.loss = loss; }
  /// Nothing leaves the queue until then (what is sent meanwhile waits, however long the queue gets).
  void pause_until(Micros until);

  /// Time that what is queued takes to leave.
  [[nodiscard]] Micros queue_delay() const;
  [[nodiscard]] const LinkStats& stats() const { return stats_; }
  [[nodiscard]] BitRate rate() const { return config_.rate; }

 private:
  struct Queued {
    size_t bytes;
    Deliver deliver;
  };
  [[nodiscard]] bool loses();
  void deliver_later(size_t bytes, Deliver deliver);
  void serve();
  void plan();
  void account();

  Simulation& simulation_;
  LinkConfig config_;
  Random random_;
  std::deque<Queued> queue_;
  int64_t queued_bytes_ = 0;
  double left_bits_ = 0;  // of the packet being sent, at accounted_
  Micros accounted_ = 0;
  Micros paused_until_ = 0;
  uint64_t plan_ = 0;  // the plan that holds; earlier ones are void
  Micros last_arrival_ = 0;
  bool in_burst_ = false;
  LinkStats stats_;
};

}  // namespace parley::sim
