// The rate that the delay allows, from arrivals to estimate: groups → trend → additive increase, multiplicative
// decrease; probes set it directly.
#pragma once

#include <optional>

#include "../core/bytes.h"
#include "aimd_rate.h"
#include "arrival_groups.h"
#include "delay_trend.h"
#include "probe.h"
#include "sent_packet_history.h"
#include "standing_queue.h"

namespace parley {

class DelayEstimate {
 public:
  explicit DelayEstimate(BitRate start) : rate_(start) {}

  void set_minimum(BitRate minimum) { rate_.set_minimum(minimum); }
  void set_round_trip(Micros round_trip) { rate_.set_round_trip(round_trip); }
  /// One arrival, in the order of arrival.
  void on_arrival(Micros now, const PacketReport& report);
  /// After the arrivals of one feedback.
  /// `acknowledged`: what gets through, `recent`: the same of late.
  void update(Micros now, std::optional<BitRate> acknowledged, std::optional<BitRate> recent,
              std::optional<ProbeResult> probe);
  /// Something else has found the path fuller than the delay shows.
  void give_way(Micros now, BitRate rate);
  void restart(Micros now, BitRate rate);

  [[nodiscard]] BitRate estimate() const { return rate_.estimate(); }
  /// The trend, unless the queue it sees growing is one that empties.
  [[nodiscard]] DelaySignal signal() const;
  [[nodiscard]] Micros queue() const { return queue_.delay(); }

 private:
  ArrivalGroups groups_;
  DelayTrend trend_;
  StandingQueue queue_;
  AimdRate rate_;
  Micros last_arrivals_ = -1;
};

}  // namespace parley
