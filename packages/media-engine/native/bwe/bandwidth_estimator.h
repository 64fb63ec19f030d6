// How much may be sent to one receiver: everything of this directory but the pacer behind one face. Facts and the time
// in; rates and probe bursts out. Pull after each call: take_probe() until empty, pacing_bps() into the pacer,
// target_bps() to whoever chooses layers, next_deadline() into the timer.
//
//   sent ──▶ history ◀── transport-cc ──▶ arrivals ─▶ groups ─▶ trend ─▶ AIMD ──┐
//                            │              └─▶ acknowledged rate, probes ──────▶ min ─▶ window ─▶ target
//                            ├▶ losses ─▶ loss model ─────────────────────────▶ min        ▲
//                            └▶ unmatched, expired ─▶ give way                   REMB ┘   in flight
//
// A receiver without transport-cc is served by its receiver reports and REMB (ThresholdLoss), until it sends the
// first transport-cc feedback.
#pragma once

#include <optional>
#include <vector>

#include "acknowledged_rate.h"
#include "application_limit.h"
#include "congestion_window.h"
#include "delay_estimate.h"
#include "loss_model.h"
#include "probe_controller.h"
#include "queue_drain.h"
#include "sent_packet_history.h"
#include "threshold_loss.h"

namespace parley {

/// Working memory of on_feedback(), shared by all estimators of a thread.
struct FeedbackScratch {
  std::vector<PacketReport> reports;
  std::vector<PacketReport> arrivals;
};

class BandwidthEstimator {
 public:
  struct Limits {
    BitRate minimum = 30 * kKbps;
    BitRate start = 300 * kKbps;
    BitRate maximum = 100 * kMbps;
  };
  /// What answers to losses that transport-cc feedback tells.
  enum class LossControl : uint8_t {
    Model,
    /// The rule of the draft: gives in to any loss above a tenth. For comparison.
    Threshold,
  };
  struct Config {
    Limits limits;
    LossControl loss_control = LossControl::Model;
    SentPacketHistory::Config history;
  };
  struct Stats {
    BitRate estimate = 0;  // before the congestion window
    BitRate delay_based = 0;
    BitRate loss_based = 0;    // kUnlimitedRate when it does not limit
    BitRate acknowledged = 0;  // 0 = unknown
    BitRate remb = 0;          // kUnlimitedRate when there is none
    double loss = 0;           // 0…1, averaged
    Micros round_trip = 0;     // 0 = unknown
    Micros queue = 0;          // standing, one way
    int64_t in_flight_bytes = 0;
    bool overusing = false;
    bool application_limited = false;
    uint64_t feedback = 0;    // packets of feedback
    uint64_t unmatched = 0;   // statuses about packets that the history does not have
    uint64_t expired = 0;     // packets that left the history without feedback
    uint64_t unreported = 0;  // packets whose feedback was lost on the way
    uint64_t probes = 0;      // bursts asked for
    uint64_t probe_results = 0;
  };

  BandwidthEstimator(Micros now, const Config& config, FeedbackScratch& scratch);

  /// A packet goes on the wire now, as `bytes` (count IP and UDP headers too where the path is narrow); `probe`: the
  /// cluster it belongs to, 0 = none; `padding`: nothing but filling. Returns the transport-wide number to write into
  /// it.
  uint16_t on_packet_sent(Micros now, size_t bytes, uint8_t probe, bool padding);
  void on_feedback(Micros now, const TransportCcFeedback& feedback);
  /// `fraction_lost` in 1/256 as in a report block; `round_trip` 0 when unknown.
  void on_receiver_report(Micros now, uint8_t fraction_lost, Micros round_trip);
  void on_remb(Micros now, BitRate rate);
  void on_timer(Micros now);
  /// When on_timer() has something to do; kNever while nothing is going on.
  [[nodiscard]] Micros next_deadline() const;
  /// Another network path: nothing learned holds. A rate below the start is kept, a higher one falls back to it.
  void on_route_change(Micros now);

  void set_limits(Micros now, const Limits& limits);
  /// What could be used if there were no limit, e.g. the sum of the highest wanted layers. Probes look no higher than
  /// twice that, and are not sent while the estimate covers it.
  void set_demand(Micros now, BitRate demand);

  /// What all media, retransmissions and repair to this receiver may use.
  [[nodiscard]] BitRate target_bps() const { return target_; }
  /// For the pacer; above the target, so that a frame larger than its share leaves within a few frames.
  [[nodiscard]] BitRate pacing_bps() const { return scale_rate(target_, kPacingFactor); }
  /// For the pacer: how far ahead of that rate packets may leave. A whole frame while clearly less is sent than the
  /// estimate allows, since the path has the room and a timer for every packet costs more than it smooths.
  [[nodiscard]] Micros burst() const { return application_limit_.since() == kNever ? kTightBurst : kLooseBurst; }
  std::optional<ProbeCluster> take_probe();
  [[nodiscard]] uint64_t probe_results() const { return probe_results_; }
  [[nodiscard]] Stats stats() const;
  /// Of the history; the rest is sizeof(BandwidthEstimator).
  [[nodiscard]] size_t heap_bytes() const { return history_.memory_bytes(); }

  // A server forwards frames as their senders made them and cannot smooth them at the source. At 1.2 a key frame of
  // ten times its share takes eight frame intervals and still fits a path with a fifth to spare, where the customary
  // 2.5 would build a queue and be taken for congestion; below 1.1 ordinary variation keeps the pacer's queue full.
  static constexpr double kPacingFactor = 1.2;
  static constexpr Micros kTightBurst = kMillisecond;
  static constexpr Micros kLooseBurst = 20 * kMillisecond;

 private:
  void restart_path(Micros now, BitRate probe_from);
  void on_stale(Micros now, const StalePackets& stale);
  void take_losses(Micros now);
  void take_arrivals(Micros now);
  void take_round_trip(Micros now);
  void update_threshold_loss(Micros now);
  void update_round_trip_guard(Micros now);
  void refresh(Micros now);
  [[nodiscard]] BitRate loss_based() const;
  [[nodiscard]] bool congested() const;
  [[nodiscard]] bool waiting() const { return history_.in_flight_packets() > 0 || window_.limiting(); }

  // given
  Limits limits_;
  LossControl loss_control_;
  FeedbackScratch* scratch_;

  // owned
  SentPacketHistory history_;
  DelayEstimate delay_;
  LossModel loss_;
  ThresholdLoss threshold_loss_;
  AcknowledgedRate acknowledged_;
  ProbeMeasurement probe_measurement_;
  ProbeController probes_;
  ApplicationLimit application_limit_;
  CongestionWindow window_;
  QueueDrain drain_;

  // state
  bool transport_cc_ = false;
  BitRate remb_ = kUnlimitedRate;
  BitRate guard_ = kUnlimitedRate;  // of the round-trip guard
  BitRate estimate_ = 0;
  BitRate target_ = 0;
  Micros round_trip_ = 0;  // smoothed
  Micros last_round_trip_ = 0;
  Micros guarded_ = -1;
  Micros gave_way_ = -1;
  Micros arrived_ = -1;  // when something was last told to have arrived, and the estimate then
  BitRate alive_ = 0;
  Micros ticked_ = -1;
  Micros threshold_from_ = -1;
  int64_t threshold_bytes_ = 0;
  int64_t threshold_lost_ = 0;
  uint64_t feedback_count_ = 0;
  uint64_t unmatched_ = 0;
  uint64_t expired_ = 0;
  uint64_t unreported_ = 0;
  uint64_t probe_count_ = 0;
  uint64_t probe_results_ = 0;
};

}  // namespace parley
