#include "bandwidth_estimator.h"

#include <algorithm>

namespace parley {

namespace {

// Beyond this the path is a pit: back off whatever the gradient says.
constexpr Micros kMaxRoundTrip = 2 * kSecond;
constexpr Micros kGuardInterval = kSecond;
constexpr double kGuardFactor = 0.8;

// Feedback that comes later than the history, or never: more of it than stray packets explain.
constexpr uint32_t kStaleNoise = 8;
constexpr double kGiveWay = 0.7;
constexpr Micros kGiveWayInterval = 200 * kMillisecond;
constexpr int64_t kTypicalBytes = 1000;

constexpr Micros kThresholdInterval = kSecond;

// Nothing arrived for so long although something was sent: when something does again, it is as good as another path.
constexpr Micros kDead = 2 * kSecond;

}  // namespace

BandwidthEstimator::BandwidthEstimator(Micros now, const Config& config, FeedbackScratch& scratch)
    : limits_(config.limits),
      loss_control_(config.loss_control),
      scratch_(&scratch),
      history_(config.history),
      delay_(config.limits.start),
      threshold_loss_(config.limits.start) {
  delay_.set_minimum(limits_.minimum);
  probes_.set_maximum(limits_.maximum);
  estimate_ = target_ = std::clamp(limits_.start, limits_.minimum, limits_.maximum);
  application_limit_.set_estimate(estimate_);
  probes_.start(now, estimate_);
}

uint16_t BandwidthEstimator::on_packet_sent(Micros now, size_t bytes, uint8_t probe, bool padding) {
  StalePackets stale;
  const uint16_t number = history_.on_sent(now, bytes, probe, stale);
  if (!padding) application_limit_.on_sent(now, static_cast<int64_t>(bytes));
  if (ticked_ < 0 || history_.in_flight_packets() == 1) ticked_ = now;
  on_stale(now, stale);
  return number;
}

void BandwidthEstimator::on_feedback(Micros now, const TransportCcFeedback& feedback) {
  transport_cc_ = true;
  feedback_count_++;
  scratch_->reports.clear();
  StalePackets stale;
  history_.match(now, feedback, scratch_->reports, stale);
  const Micros limited_since = application_limit_.since();
  application_limit_.update(now);
  if (limited_since != kNever && application_limit_.since() == kNever) acknowledged_.expect_change();
  take_losses(now);
  take_arrivals(now);
  on_stale(now, stale);
  refresh(now);
  if (scratch_->arrivals.empty()) return;
  const bool was_dead = arrived_ >= 0 && now - arrived_ > kDead && estimate_ < alive_;
  if (was_dead) restart_path(now, std::min(limits_.start, alive_));
  arrived_ = now;
  alive_ = estimate_;
}

// In the order of sending.
void BandwidthEstimator::take_losses(Micros now) {
  scratch_->arrivals.clear();
  for (const PacketReport& report : scratch_->reports) {
    switch (report.outcome) {
      case PacketReport::Outcome::Unreported:
        unreported_++;
        acknowledged_.on_unreported(report.bytes);
        continue;
      case PacketReport::Outcome::Recovered:
        loss_.on_recovered(report.bytes);
        threshold_lost_ = std::max<int64_t>(0, threshold_lost_ - report.bytes);
        scratch_->arrivals.push_back(report);
        continue;
      case PacketReport::Outcome::Arrived:
        scratch_->arrivals.push_back(report);
        break;
      case PacketReport::Outcome::Lost:
        threshold_lost_ += report.bytes;
        break;
    }
    threshold_bytes_ += report.bytes;
    loss_.on_packet(report.sent_at, report.bytes, report.outcome == PacketReport::Outcome::Lost);
  }
  if (loss_control_ == LossControl::Threshold) update_threshold_loss(now);
}

void BandwidthEstimator::take_arrivals(Micros now) {
  std::vector<PacketReport>& arrivals = scratch_->arrivals;
  const auto earlier = [](const PacketReport& a, const PacketReport& b) { return a.arrived_at < b.arrived_at; };
  if (!std::is_sorted(arrivals.begin(), arrivals.end(), earlier)) {
    std::stable_sort(arrivals.begin(), arrivals.end(), earlier);
  }
  take_round_trip(now);
  const bool limited = application_limit_.since() != kNever;
  std::optional<ProbeResult> probe;
  for (const PacketReport& report : arrivals) {
    acknowledged_.on_arrival(report.arrived_at, report.bytes, limited);
    delay_.on_arrival(now, report);
    const auto result = probe_measurement_.on_arrival(report.probe, report.sent_at, report.arrived_at, report.bytes);
    if (result) probe = result;
  }
  // Who sends little does not fill the queue, and cannot empty it.
  drain_.update(now, delay_.queue(), limited ? std::nullopt : acknowledged_.recent());
  if (arrivals.empty() && scratch_->reports.empty()) return;
  const BitRate before = delay_.estimate();
  if (!arrivals.empty()) delay_.update(now, acknowledged_.rate(), acknowledged_.recent(), probe);
  if (probe) {
    probe_results_++;
    // The burst got through at that rate whatever was thought of the losses before.
    if (delay_.estimate() > before || probe->rate > loss_based()) {
      loss_.set_estimate(delay_.estimate() > before ? delay_.estimate() : std::min(delay_.estimate(), probe->rate));
    }
  }
  if (loss_control_ == LossControl::Model) {
    loss_.update(std::min({delay_.estimate(), remb_, limits_.maximum}), acknowledged_.rate(), limited);
  }
}

// Feedback waits at the receiver for what else arrives; the last arrival waited least.
void BandwidthEstimator::take_round_trip(Micros now) {
  const std::vector<PacketReport>& arrivals = scratch_->arrivals;
  if (arrivals.empty()) return;
  Micros least = kNever;
  for (const PacketReport& report : arrivals) {
    least = std::min(least, now - report.sent_at - (arrivals.back().arrived_at - report.arrived_at));
  }
  last_round_trip_ = std::max<Micros>(least, 0);
  round_trip_ = round_trip_ == 0 ? last_round_trip_ : round_trip_ + (last_round_trip_ - round_trip_) / 8;
  window_.on_round_trip(now, last_round_trip_);
  delay_.set_round_trip(round_trip_);
}

void BandwidthEstimator::update_threshold_loss(Micros now) {
  if (threshold_from_ < 0) threshold_from_ = now;
  if (now - threshold_from_ < kThresholdInterval || threshold_bytes_ == 0) return;
  const double fraction = static_cast<double>(threshold_lost_) / static_cast<double>(threshold_bytes_);
  threshold_loss_.clamp(limits_.minimum, std::min(limits_.maximum, scale_rate(delay_.estimate(), 1.2)));
  threshold_loss_.on_report(now, fraction, round_trip_);
  threshold_from_ = now;
  threshold_bytes_ = threshold_lost_ = 0;
}

// A path, a receiver or a host that is behind by more than the history: what is said about its packets comes too late
// to steer by, and the queue that holds them back grows with each packet that is sent.
void BandwidthEstimator::on_stale(Micros now, const StalePackets& stale) {
  if (stale.unmatched == 0 && stale.expired == 0) return;
  unmatched_ += stale.unmatched;
  expired_ += stale.expired;
  loss_.on_packet(now, stale.expired_bytes + stale.unmatched * kTypicalBytes, true);
  if (stale.unmatched + stale.expired < kStaleNoise && (unmatched_ + expired_) % kStaleNoise != 0) return;
  if (gave_way_ >= 0 && now - gave_way_ < kGiveWayInterval) return;
  gave_way_ = now;
  delay_.give_way(now, scale_rate(std::min(delay_.estimate(), estimate_), kGiveWay));
  refresh(now);
}

void BandwidthEstimator::on_receiver_report(Micros now, uint8_t fraction_lost, Micros round_trip) {
  if (round_trip > 0) round_trip_ = last_round_trip_ = round_trip;
  if (transport_cc_) return;  // which tells the same, sooner and per packet
  threshold_loss_.on_report(now, fraction_lost / 256.0, round_trip_);
  threshold_loss_.clamp(limits_.minimum, std::min(limits_.maximum, remb_));
  refresh(now);
}

void BandwidthEstimator::on_remb(Micros now, BitRate rate) {
  remb_ = std::max(rate, limits_.minimum);
  refresh(now);
}

// The gradient is blind to a delay that has already happened; a round trip of seconds is acted upon by itself.
void BandwidthEstimator::update_round_trip_guard(Micros now) {
  const Micros oldest = history_.oldest_in_flight(now);
  const Micros silent = oldest == kNever ? 0 : now - oldest;
  if (std::max(last_round_trip_, silent) <= kMaxRoundTrip) {
    guard_ = kUnlimitedRate;
    return;
  }
  if (guarded_ >= 0 && now - guarded_ < kGuardInterval) return;
  guarded_ = now;
  guard_ = std::max(limits_.minimum, scale_rate(std::min(guard_, estimate_), kGuardFactor));
  // Growth begins from here again.
  delay_.give_way(now, guard_);
}

BitRate BandwidthEstimator::loss_based() const {
  return loss_control_ == LossControl::Threshold ? threshold_loss_.rate() : loss_.estimate();
}

bool BandwidthEstimator::congested() const {
  return delay_.signal() == DelaySignal::Overuse || loss_.state() == LossModel::State::Decreasing ||
         window_.limiting() || drain_.draining() || guard_ != kUnlimitedRate;
}

void BandwidthEstimator::refresh(Micros now) {
  update_round_trip_guard(now);
  const BitRate found =
      transport_cc_ || feedback_count_ > 0 ? std::min(delay_.estimate(), loss_based()) : threshold_loss_.rate();
  estimate_ = std::max(std::min({found, remb_, guard_, limits_.maximum}), limits_.minimum);
  target_ = window_.limit(std::min(estimate_, std::max(drain_.limit(), limits_.minimum)), limits_.minimum);
  application_limit_.update(now);
  application_limit_.set_estimate(estimate_);
  probes_.update(now, {estimate_, application_limit_.since(), application_limit_.until(), congested(),
                       loss_control_ == LossControl::Model && loss_.costly()});
}

void BandwidthEstimator::on_timer(Micros now) {
  StalePackets stale;
  history_.expire(now, stale);
  on_stale(now, stale);
  if (!waiting()) {
    ticked_ = now;
  } else {
    for (; ticked_ + CongestionWindow::kStep <= now; ticked_ += CongestionWindow::kStep) {
      // After a long time without a timer one second of steps says enough.
      ticked_ = std::max(ticked_, now - kSecond);
      window_.update(estimate_, history_.in_flight_bytes());
    }
  }
  refresh(now);
}

Micros BandwidthEstimator::next_deadline() const {
  const Micros step = waiting() && ticked_ >= 0 ? ticked_ + CongestionWindow::kStep : kNever;
  return std::min(step, transport_cc_ ? probes_.next_deadline() : kNever);
}

void BandwidthEstimator::on_route_change(Micros now) { restart_path(now, limits_.start); }

void BandwidthEstimator::restart_path(Micros now, BitRate probe_from) {
  history_.forget();
  const BitRate rate = std::clamp(std::min(estimate_, limits_.start), limits_.minimum, limits_.maximum);
  delay_.restart(now, rate);
  delay_.set_minimum(limits_.minimum);
  loss_.reset();
  threshold_loss_ = ThresholdLoss(rate);
  acknowledged_.reset();
  probe_measurement_.reset();
  window_.reset();
  drain_.reset();
  round_trip_ = last_round_trip_ = 0;
  guard_ = remb_ = kUnlimitedRate;
  guarded_ = gave_way_ = -1;
  threshold_from_ = -1;
  threshold_bytes_ = threshold_lost_ = 0;
  refresh(now);
  probes_.start(now, std::max(rate, probe_from));
}

void BandwidthEstimator::set_limits(Micros now, const Limits& limits) {
  limits_ = limits;
  delay_.set_minimum(limits_.minimum);
  probes_.set_maximum(limits_.maximum);
  refresh(now);
}

void BandwidthEstimator::set_demand(Micros now, BitRate demand) {
  probes_.set_demand(demand);
  refresh(now);
}

std::optional<ProbeCluster> BandwidthEstimator::take_probe() {
  const auto cluster = probes_.take();
  if (cluster) {
    probe_measurement_.on_cluster(*cluster);
    probe_count_++;
  }
  return cluster;
}

BandwidthEstimator::Stats BandwidthEstimator::stats() const {
  Stats s;
  s.estimate = estimate_;
  s.delay_based = delay_.estimate();
  s.loss_based = loss_based();
  s.acknowledged = acknowledged_.rate().value_or(0);
  s.remb = remb_;
  s.loss = loss_.average_loss();
  s.round_trip = round_trip_;
  s.queue = delay_.queue();
  s.in_flight_bytes = history_.in_flight_bytes();
  s.overusing = delay_.signal() == DelaySignal::Overuse;
  s.application_limited = application_limit_.since() != kNever;
  s.feedback = feedback_count_;
  s.unmatched = unmatched_;
  s.expired = expired_;
  s.unreported = unreported_;
  s.probes = probe_count_;
  s.probe_results = probe_results_;
  return s;
}

}  // namespace parley
