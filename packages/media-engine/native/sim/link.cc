#include "link.h"

#include <cmath>

namespace parley::sim {

Link::Link(Simulation& simulation, const LinkConfig& config)
    : simulation_(simulation), config_(config), random_(config.seed) {}

bool Link::loses() {
  if (config_.burst_start > 0) {
    in_burst_ = random_.chance(in_burst_ ? 1 - 1 / config_.burst_length : config_.burst_start);
    if (in_burst_) return true;
  }
  return config_.loss > 0 && random_.chance(config_.loss);
}

void Link::send(size_t bytes, Deliver deliver) {
  stats_.sent_packets++;
  if (loses()) {
    stats_.lost++;
    return;
  }
  const bool paused = simulation_.now() < paused_until_;
  if (config_.rate == kUnlimitedRate && queue_.empty() && !paused) {
    deliver_later(bytes, std::move(deliver));
    return;
  }
  if (!paused && (queue_.size() >= config_.queue_packets || queue_delay() > config_.queue_time)) {
    stats_.dropped++;
    return;
  }
  queue_.push_back({bytes, std::move(deliver)});
  queued_bytes_ += static_cast<int64_t>(bytes);
  if (queue_.size() == 1) {
    left_bits_ = static_cast<double>(bytes) * 8;
    accounted_ = simulation_.now();
    plan();
  }
}

Micros Link::queue_delay() const {
  if (queue_.empty() || config_.rate <= 0) return 0;
  return time_for(queued_bytes_, config_.rate);
}

// What has been sent of the first packet until now.
void Link::account() {
  const Micros from = std::max(accounted_, paused_until_);
  if (simulation_.now() > from) left_bits_ -= static_cast<double>(config_.rate) * seconds(simulation_.now() - from);
  left_bits_ = std::max(left_bits_, 0.0);
  accounted_ = simulation_.now();
}

void Link::plan() {
  const uint64_t plan = ++plan_;
  if (queue_.empty() || config_.rate <= 0) return;
  const auto needed = static_cast<Micros>(std::ceil(left_bits_ * kSecond / static_cast<double>(config_.rate)));
  simulation_.at(std::max(accounted_, paused_until_) + needed, [this, plan] {
    if (plan == plan_) serve();
  });
}

void Link::serve() {
  Queued first = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= static_cast<int64_t>(first.bytes);
  deliver_later(first.bytes, std::move(first.deliver));
  accounted_ = simulation_.now();
  if (!queue_.empty()) {
    left_bits_ = static_cast<double>(queue_.front().bytes) * 8;
    plan();
  }
}

void Link::deliver_later(size_t bytes, Deliver deliver) {
  double jitter = 0;
  if (config_.jitter > 0) jitter = std::clamp(random_.normal(), 0.0, 3.0) * static_cast<double>(config_.jitter);
  last_arrival_ = std::max(last_arrival_, simulation_.now() + config_.delay + static_cast<Micros>(jitter));
  stats_.delivered_bytes += static_cast<int64_t>(bytes);
  simulation_.at(last_arrival_, std::move(deliver));
}

void Link::set_rate(BitRate rate) {
  if (!queue_.empty()) account();
  config_.rate = rate;
  plan();
}

void Link::pause_until(Micros until) {
  if (!queue_.empty()) account();
  paused_until_ = until;
  plan();
}

}  // namespace parley::sim
