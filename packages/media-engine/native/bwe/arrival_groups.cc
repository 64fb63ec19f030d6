#include "arrival_groups.h"

namespace parley {

namespace {

constexpr Micros kBurst = 5 * kMillisecond;
// What piled up somewhere and is then delivered at once belongs together, within reason.
constexpr Micros kMaxBurst = 100 * kMillisecond;
// The receiver's clock was set, or it slept.
constexpr Micros kClockJump = 3 * kSecond;
constexpr int kMaxBackward = 3;

}  // namespace

void ArrivalGroups::reset() {
  previous_.reset();
  current_.reset();
  backward_ = 0;
}

bool ArrivalGroups::continues(Micros sent_at, Micros arrived_at) const {
  const Micros sent = sent_at - current_->last_sent;
  const Micros arrived = arrived_at - current_->last_arrived;
  if (sent == 0) return true;
  if (arrived - sent < 0 && arrived <= kBurst && arrived_at - current_->first_arrived < kMaxBurst) return true;
  return sent_at - current_->first_sent <= kBurst;
}

std::optional<GroupDelta> ArrivalGroups::on_packet(Micros now, Micros sent_at, Micros arrived_at) {
  jumped_ = false;
  if (current_ && sent_at < current_->first_sent) return std::nullopt;  // reordered: not a sample
  if (current_ && continues(sent_at, arrived_at)) {
    current_->last_sent = std::max(current_->last_sent, sent_at);
    current_->last_arrived = arrived_at;
    current_->reported = now;
    return std::nullopt;
  }
  std::optional<GroupDelta> delta;
  if (previous_ && current_) {
    const Micros arrived = current_->last_arrived - previous_->last_arrived;
    const Micros reported = current_->reported - previous_->reported;
    if (arrived < 0) backward_++;
    jumped_ = arrived - reported >= kClockJump || arrived - reported <= -kClockJump || backward_ >= kMaxBackward;
    if (jumped_) {
      reset();
    } else if (arrived >= 0) {
      backward_ = 0;
      delta = GroupDelta{current_->last_sent - previous_->last_sent, arrived, current_->last_arrived};
    }
  }
  if (current_) previous_ = current_;
  current_ = Group{sent_at, sent_at, arrived_at, arrived_at, now};
  return delta;
}

}  // namespace parley
