// How much a sender may send to us, for senders without transport-wide feedback: the delay of what arrives tells, and REMB
// tells the sender (draft-alvestrand-rmcat-remb-03; draft-ietf-rmcat-gcc-02 with the controller at the receiver).
//
//   packets ─▶ SendClock (abs-send-time, or RTP timestamps of one stream) ─▶ DelayEstimate ─▶ REMB each second, or at once
//                                                                              ▲ AcknowledgedRate      when it falls
#pragma once

#include <optional>

#include "acknowledged_rate.h"
#include "delay_estimate.h"

namespace parley {

/// When packets were sent, by a counter of theirs that wraps, as times that can be compared with arrivals.
class SendClock {
 public:
  /// `bits`: width of the counter, at most 32; `rate_hz` at most kMaxRate.
  SendClock(int bits, uint32_t rate_hz) : shift_(32 - bits), rate_hz_(rate_hz) {}
  static constexpr uint32_t kMaxRate = 1'000'000;

  /// The time of a packet; nullopt when the counter cannot be believed and was started anew.
  std::optional<Micros> time_of(Micros arrived, uint32_t counter);

 private:
  int shift_;
  uint32_t rate_hz_;
  bool started_ = false;
  uint32_t last_ = 0;
  int64_t ticks_ = 0;  // since `first_`
  Micros first_ = 0;
};

class ReceiveSideEstimator {
 public:
  struct Arrival {
    Micros at = 0;
    size_t bytes = 0;
    /// 6.18 seconds (24 bits), of packets that have it.
    std::optional<uint32_t> abs_send_time;
    /// Else those of RTP; a rate of 0 = of no use, for retransmissions.
    uint32_t ssrc = 0;
    uint32_t rtp_timestamp = 0;
    uint32_t clock_rate_hz = 0;
  };

  /// Every packet of the sender, in the order of arrival.
  void on_packet(const Arrival& arrival);
  void set_round_trip(Micros round_trip) { delay_.set_round_trip(round_trip); }
  /// What to tell the sender now, if anything.
  [[nodiscard]] std::optional<BitRate> take_remb(Micros now);
  [[nodiscard]] BitRate estimate() const { return delay_.estimate(); }

 private:
  [[nodiscard]] std::optional<Micros> sent_at(const Arrival& arrival);
  void update(Micros now);

  static constexpr BitRate kStart = 300 * kKbps;

  DelayEstimate delay_{kStart};
  AcknowledgedRate acknowledged_;
  std::optional<SendClock> clock_;
  bool has_send_time_ = false;  // the clock is that of abs-send-time
  uint32_t clock_ssrc_ = 0;     // else of this stream
  Micros clock_heard_ = 0;
  Micros began_ = -1;
  Micros heard_ = 0;
  Micros updated_ = 0;
  Micros told_at_ = -1;
  BitRate told_ = 0;
};

}  // namespace parley
