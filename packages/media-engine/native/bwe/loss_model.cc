#include "loss_model.h"

#include <cmath>

namespace parley {

namespace {

constexpr Micros kObservation = 250 * kMillisecond;
constexpr double kDecay = 0.9;  // weight of an observation against the one after it
constexpr size_t kMinObservations = 3;

constexpr std::array<double, 3> kSteps = {1.02, 1.0, 0.95};
constexpr int kFitSteps = 3;
constexpr double kMinInherent = 0.001;
// The less bandwidth, the more of the loss may be inherent.
constexpr double kMaxInherentOffset = 0.05;
constexpr double kMaxInherentBps = 100e3;

// Preference for more bandwidth, in log-likelihood per kilobyte; it ends where a fifth is lost.
constexpr double kPreferenceLinear = 0.0002;  // per kbps
constexpr double kPreferenceLog = 0.02;
constexpr double kPreferenceLoss = 0.2;
constexpr double kPreferenceSharpness = 0.002;

// Loss up to the offset costs nothing; beyond, this much may be lost.
constexpr double kUpperOffset = 0.05;
constexpr double kUpperBps = 150e3;

// What may be lost before growth gets careful, and how much it grows then. Judged by some seconds (of four observations
// each), since a lucky second is no reason to double the rate.
constexpr double kUsualDecay = 0.95;
constexpr double kCostlyLoss = 0.015;
constexpr double kCostlyBps = 40e3;
constexpr double kCarefulPerSecond = 1.01;

constexpr double kRampUp = 1.5;  // over what gets through, while recovering from loss
constexpr double kRampUpInHold = 1.2;
constexpr double kStepUp = 1.3;
constexpr Micros kFirstHold = 300 * kMillisecond;
constexpr Micros kMaxHold = 10 * kSecond;

double lost_share(double inherent, double bandwidth, double rate) {
  const double excess = rate > bandwidth && rate > 0 ? 1 - bandwidth / rate : 0;
  return std::clamp(inherent + (1 - inherent) * excess, 1e-6, 1 - 1e-6);
}

}  // namespace

void LossModel::on_packet(Micros sent_at, int64_t bytes, bool lost) {
  if (first_sent_ < 0) first_sent_ = sent_at;
  last_sent_ = std::max(last_sent_, sent_at);
  bytes_ += static_cast<double>(bytes);
  if (lost) lost_ += static_cast<double>(bytes);
}

void LossModel::on_recovered(int64_t bytes) { lost_ = std::max(0.0, lost_ - static_cast<double>(bytes)); }

bool LossModel::close_observation() {
  if (first_sent_ < 0) return false;
  if (closed_ < 0) closed_ = first_sent_;
  // After a pause the time before the first packet was not used for sending.
  const Micros from = std::max(closed_, first_sent_ - kObservation);
  const Micros passed = last_sent_ - from;
  if (passed < kObservation) return false;
  passed_ = seconds(last_sent_ - closed_);
  std::copy_backward(observations_.begin(), observations_.end() - 1, observations_.end());
  observations_[0] = {bytes_, lost_, bytes_ * 8 / seconds(passed)};
  filled_ = std::min(filled_ + 1, kWindow);
  closed_ = last_sent_;
  first_sent_ = -1;
  bytes_ = lost_ = 0;
  update_average();
  return true;
}

// Without the best and the worst observation: one burst says little about the path.
void LossModel::update_average() {
  double bytes = 0, lost = 0, weight = 1;
  double best = 2, worst = -1;
  Observation best_part{}, worst_part{};
  for (size_t i = 0; i < filled_; i++, weight *= kDecay) {
    const Observation& o = observations_[i];
    bytes += weight * o.bytes;
    lost += weight * o.lost;
    const double share = o.bytes > 0 ? o.lost / o.bytes : 0;
    if (share < best) {
      best = share;
      best_part = {weight * o.bytes, weight * o.lost, 0};
    }
    if (share > worst) {
      worst = share;
      worst_part = {weight * o.bytes, weight * o.lost, 0};
    }
  }
  if (filled_ > kMinObservations && best < worst) {
    bytes -= best_part.bytes + worst_part.bytes;
    lost -= best_part.lost + worst_part.lost;
  }
  average_loss_ = bytes > 0 ? std::clamp(lost / bytes, 0.0, 1.0) : 0;
  const Observation& newest = observations_[0];
  usual_weight_ = kUsualDecay * usual_weight_ + 1;
  usual_loss_ += (newest.lost / std::max(newest.bytes, 1.0) - usual_loss_) / usual_weight_;
}

double LossModel::upper_bound() const {
  if (average_loss_ <= kUpperOffset) return static_cast<double>(kUnlimitedRate);
  return kUpperBps / (average_loss_ - kUpperOffset);
}

double LossModel::max_inherent(double bandwidth_bps) const {
  return std::min(1.0, kMaxInherentOffset + kMaxInherentBps / std::max(bandwidth_bps, 1.0));
}

// Newton's steps on the log-likelihood, which is concave in the inherent loss.
void LossModel::fit_inherent(Channel& channel) const {
  const double most = std::max(kMinInherent, max_inherent(channel.bandwidth_bps));
  channel.inherent = std::clamp(channel.inherent, kMinInherent, most);
  for (int step = 0; step < kFitSteps; step++) {
    double first = 0, second = 0, weight = 1;
    for (size_t i = 0; i < filled_; i++, weight *= kDecay) {
      const Observation& o = observations_[i];
      const double q = lost_share(channel.inherent, channel.bandwidth_bps, o.rate_bps);
      first += weight * (o.lost / q - (o.bytes - o.lost) / (1 - q));
      second -= weight * (o.lost / (q * q) + (o.bytes - o.lost) / ((1 - q) * (1 - q)));
    }
    if (second >= 0) return;
    channel.inherent = std::clamp(channel.inherent - 0.75 * first / second, kMinInherent, most);
  }
}

double LossModel::score(const Channel& channel) const {
  const double kbps = channel.bandwidth_bps / 1000;
  const double distance = kPreferenceLoss - average_loss_;
  const double preference = (kPreferenceLinear * kbps + kPreferenceLog * std::log1p(kbps)) * distance /
                            (kPreferenceSharpness + std::abs(distance));
  double total = 0, weight = 1;
  for (size_t i = 0; i < filled_; i++, weight *= kDecay) {
    const Observation& o = observations_[i];
    const double q = lost_share(channel.inherent, channel.bandwidth_bps, o.rate_bps);
    total += weight * (o.lost * std::log(q) + (o.bytes - o.lost) * std::log(1 - q) + preference * o.bytes);
  }
  return total;
}

LossModel::Channel LossModel::best_channel(double delay_based, std::optional<BitRate> acknowledged,
                                           bool limited) const {
  std::array<double, kSteps.size() + 2> bandwidths{};
  size_t count = 0;
  for (const double step : kSteps) bandwidths[count++] = step * channel_.bandwidth_bps;
  // What got through is a candidate where it was the path that limited it.
  if (acknowledged && !limited) bandwidths[count++] = static_cast<double>(*acknowledged);
  if (delay_based > channel_.bandwidth_bps) bandwidths[count++] = delay_based;
  Channel best = channel_;
  double best_score = -1e300;
  for (size_t i = 0; i < count; i++) {
    Channel candidate{bandwidths[i], channel_.inherent};
    fit_inherent(candidate);
    const double candidate_score = score(candidate);
    if (candidate_score <= best_score) continue;
    best_score = candidate_score;
    best = candidate;
  }
  return best;
}

bool LossModel::costly() const {
  return usual_loss_ > kCostlyLoss && known_ && usual_loss_ * channel_.bandwidth_bps > kCostlyBps;
}

void LossModel::limit_growth(Channel& best, std::optional<BitRate> acknowledged) const {
  const double present = channel_.bandwidth_bps;
  if (best.bandwidth_bps <= present) return;
  // Loss that the model cannot explain as inherent is no reason to send more.
  if (average_loss_ > best.inherent) best.bandwidth_bps = present;
  if (usual_loss_ > kCostlyLoss && usual_loss_ * best.bandwidth_bps > kCostlyBps) {
    const double careful =
        std::max(present * std::pow(kCarefulPerSecond, std::min(passed_, 1.0)), kCostlyBps / usual_loss_);
    best.bandwidth_bps = std::max(present, std::min(best.bandwidth_bps, careful));
  }
  if (state_ == State::NotLimiting) return;
  best.bandwidth_bps = std::min(best.bandwidth_bps, present * kStepUp);
  if (acknowledged) {
    const double through = static_cast<double>(*acknowledged);
    const double ramp = hold_bps_ > 0 && through < 1.3 * hold_bps_ ? kRampUpInHold : kRampUp;
    best.bandwidth_bps = std::max(present, std::min(best.bandwidth_bps, ramp * through));
  }
}

void LossModel::update(BitRate delay_based_rate, std::optional<BitRate> acknowledged, bool application_limited) {
  if (!close_observation()) return;
  const double delay_based = static_cast<double>(delay_based_rate);
  if (filled_ < kMinObservations || !known_) {
    channel_.bandwidth_bps = delay_based;
    known_ = true;
  }
  if (filled_ < kMinObservations) return;
  Channel best = best_channel(delay_based, acknowledged, application_limited);
  limit_growth(best, acknowledged);
  // Not below what got through. It is no reason to grow, though: it is measured over a few frames and varies.
  const double floor = acknowledged ? std::min(static_cast<double>(*acknowledged), channel_.bandwidth_bps) : 0;
  const double bounded = std::min(delay_based, std::max(floor, std::min(best.bandwidth_bps, upper_bound())));
  if (bounded < best.bandwidth_bps) best.inherent = std::min(best.inherent, average_loss_);
  channel_ = {bounded, best.inherent};
  publish(bounded, delay_based);
}

void LossModel::publish(double bounded, double delay_based) {
  if (bounded >= delay_based) {
    state_ = State::NotLimiting;
    hold_ = 0;
    hold_bps_ = 0;
    result_ = kUnlimitedRate;
    return;
  }
  const double before = result_ == kUnlimitedRate ? delay_based : static_cast<double>(result_);
  if (state_ == State::Decreasing && last_sent_ < hold_until_) {
    // Not straight back to a rate that was lossy a moment ago.
    bounded = std::min(bounded, hold_bps_);
    channel_.bandwidth_bps = bounded;
  } else if (bounded > before || (bounded == before && state_ == State::Decreasing)) {
    // Not growing either, for lack of anything to send, is no reason to call the path lossy for ever.
    state_ = State::Increasing;
  } else if (bounded < before || state_ == State::NotLimiting) {
    if (state_ != State::Decreasing) {
      hold_ = std::min(hold_ == 0 ? kFirstHold : hold_ * 2, kMaxHold);
      hold_until_ = last_sent_ + hold_;
      hold_bps_ = bounded;
    }
    state_ = State::Decreasing;
  }
  result_ = static_cast<BitRate>(bounded);
}

void LossModel::set_estimate(BitRate rate) {
  if (!known_) return;
  channel_.bandwidth_bps = std::max(channel_.bandwidth_bps, std::min(static_cast<double>(rate), upper_bound()));
  if (state_ != State::NotLimiting) result_ = static_cast<BitRate>(channel_.bandwidth_bps);
}

}  // namespace parley
