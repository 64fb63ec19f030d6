#include "probe_controller.h"

namespace parley {

namespace {

constexpr double kFirstScale = 3;
constexpr double kSecondScale = 6;
constexpr double kFurtherScale = 2;
// A result above this share of what was asked for means there may be more.
constexpr double kFurtherShare = 0.7;
constexpr Micros kDuration = 15 * kMillisecond;
constexpr uint8_t kMinPackets = 5;
// Longer where it goes among media that fills the path nearly: a short burst slips through a gap in the traffic.
constexpr Micros kLongDuration = 40 * kMillisecond;
constexpr uint8_t kLongMinPackets = 8;
constexpr Micros kMaxWait = kSecond;

constexpr double kGrowthScaleLimited = 2;
// The less there is, the more boldly: twice up to kBoldRate, then nearer to one, to at least kGrowthScale.
constexpr double kGrowthScale = 1.4;
constexpr BitRate kBoldRate = kMbps;
// Where the sender uses what it has, growth comes of itself, and so does congestion every few seconds once the limit is
// reached. When it has not come for this long, the limit is further away.
constexpr Micros kGrowthIntervalLimited = 5 * kSecond;
// Below what a small picture takes nothing is sent that could make the estimate grow, and somebody sees nothing.
constexpr Micros kGrowthIntervalStarved = 1500 * kMillisecond;
constexpr BitRate kStarvedRate = 400 * kKbps;
// Asks at once for what a picture of middle size takes, and the more rarely the more often the answer was no: on a path that
// has no more, the burst stands in the way of the voice.
constexpr BitRate kStarvedProbe = 600 * kKbps;
constexpr Micros kMaxStarvedPause = 12 * kSecond;
constexpr Micros kGrowthInterval = 5 * kSecond;

constexpr double kDeepDrop = 0.66;
constexpr Micros kDropMemory = 5 * kSecond;
constexpr Micros kLimitedMemory = 3 * kSecond;
constexpr double kRecoveryScale = 0.85;

}  // namespace

BitRate ProbeController::ceiling() const { return std::min(maximum_, 2 * std::min(demand_, kUnlimitedRate / 2)); }

void ProbeController::probe(Micros now, BitRate rate, bool further, bool thorough) {
  const BitRate limit = ceiling();
  // Nobody wants anything: there is nothing to look for, and a burst without a rate would never be due.
  if (limit <= 0) return;
  // At the ceiling there is nothing further to find.
  further_ = further && rate < limit;
  const BitRate capped = std::min(rate, limit);
  // Who wants nothing is sent nothing: a burst of no rate would never end.
  if (capped <= 0 || waiting_count_ == waiting_.size()) return;
  ProbeCluster cluster;
  cluster.id = next_id_;
  cluster.rate = capped;
  cluster.min_bytes = static_cast<uint32_t>(bytes_in(capped, thorough ? kLongDuration : kDuration));
  cluster.min_packets = thorough ? kLongMinPackets : kMinPackets;
  next_id_ = next_id_ == UINT8_MAX ? uint8_t{1} : static_cast<uint8_t>(next_id_ + 1);
  waiting_[waiting_count_++] = cluster;
  awaiting_ = true;
  probed_ = now;
  further_above_ = scale_rate(capped, kFurtherShare);
}

void ProbeController::start(Micros now, BitRate rate) {
  waiting_count_ = 0;
  dropped_ = -1;
  last_estimate_ = rate;
  probe(now, scale_rate(rate, kFirstScale), true);
  if (scale_rate(rate, kFirstScale) < ceiling()) probe(now, scale_rate(rate, kSecondScale), true);
}

void ProbeController::note_changes(Micros now, const PathCondition& path) {
  if (path.estimate < scale_rate(last_estimate_, kDeepDrop)) {
    // Several falls in a row are one.
    if (dropped_ < 0 || now - dropped_ > kDropMemory) before_drop_ = last_estimate_;
    dropped_ = now;
  }
  last_estimate_ = path.estimate;
  if (path.congested) congested_ = now;
}

bool ProbeController::recovery_due(Micros now, const PathCondition& path) const {
  if (dropped_ < 0 || now - dropped_ > kDropMemory) return false;
  if (recovered_ >= 0 && now - recovered_ < kGrowthIntervalLimited) return false;
  const bool limited =
      path.limited_since != kNever || (path.limited_until >= 0 && now - path.limited_until < kLimitedMemory);
  return limited && scale_rate(before_drop_, kRecoveryScale) > path.estimate;
}

Micros ProbeController::growth_at(const PathCondition& path) const {
  if (path.estimate >= demand_ || path.estimate >= maximum_) return kNever;
  if (path.limited_since != kNever) {
    const Micros interval = path.estimate < kStarvedRate ? std::max(kGrowthIntervalStarved, starved_pause_) : kGrowthIntervalLimited;
    return std::max(path.limited_since, probed_) + interval;
  }
  return std::max(probed_, congested_) + kGrowthInterval;
}

void ProbeController::act(Micros now, const PathCondition& path) {
  if (awaiting_) {
    if (further_ && !path.congested && path.estimate > further_above_) {
      probe(now, scale_rate(path.estimate, kFurtherScale), true);
    }
    return;
  }
  if (path.congested || path.costly) return;
  if (recovery_due(now, path)) {
    recovered_ = now;
    dropped_ = -1;
    probe(now, scale_rate(before_drop_, kRecoveryScale), false);
  } else if (now >= growth_at(path)) {
    const bool limited = path.limited_since != kNever;
    const double share = static_cast<double>(kBoldRate) / static_cast<double>(std::max(path.estimate, kBoldRate));
    const double scale = limited ? kGrowthScaleLimited : std::max(kGrowthScale, 1 + share);
    const bool starved = limited && path.estimate < kStarvedRate;
    if (starved) starved_pause_ = std::clamp(2 * starved_pause_, kGrowthIntervalStarved, kMaxStarvedPause);
    probe(now, std::max(scale_rate(path.estimate, scale), starved ? kStarvedProbe : 0), true, !limited);
  }
}

void ProbeController::update(Micros now, const PathCondition& path) {
  note_changes(now, path);
  if (path.estimate >= kStarvedRate) starved_pause_ = 0;
  if (awaiting_ && now - probed_ > kMaxWait) awaiting_ = false;
  act(now, path);
  if (awaiting_) {
    deadline_ = probed_ + kMaxWait + 1;
  } else {
    // Held back at present: look again soon.
    deadline_ = growth_at(path);
    if (deadline_ <= now) deadline_ = now + kMaxWait;
  }
}

std::optional<ProbeCluster> ProbeController::take() {
  if (waiting_count_ == 0) return std::nullopt;
  const ProbeCluster first = waiting_[0];
  waiting_[0] = waiting_[1];
  waiting_count_--;
  return first;
}

}  // namespace parley
