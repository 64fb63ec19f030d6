#include "tcp_flow.h"

namespace parley::sim {

namespace {

constexpr size_t kAckBytes = 60;
constexpr uint64_t kReorder = 3;
constexpr Micros kMinTimeout = 300 * kMillisecond;
constexpr double kCubicScale = 0.4;
constexpr double kCubicDecrease = 0.7;

}  // namespace

void TcpFlow::start() {
  running_ = true;
  heard_ = simulation_.now();
  watch(++generation_);
  fill();
}

void TcpFlow::stop() {
  running_ = false;
  generation_++;
  flying_.clear();
}

void TcpFlow::fill() {
  while (running_ && static_cast<double>(flying_.size()) < window_ &&
         acknowledged_ + static_cast<int64_t>(flying_.size() * config_.segment) < config_.total) {
    const uint64_t number = next_++;
    flying_.insert(number);
    const Micros sent_at = simulation_.now();
    forward_.send(config_.segment, [this, number, sent_at, generation = generation_] {
      backward_.send(kAckBytes, [this, number, sent_at, generation] { on_ack(number, sent_at, generation); });
    });
  }
}

void TcpFlow::on_ack(uint64_t number, Micros sent_at, uint64_t generation) {
  if (generation != generation_) return;
  heard_ = simulation_.now();
  round_trip_ += (simulation_.now() - sent_at - round_trip_) / 8;
  if (flying_.erase(number) > 0) {
    acknowledged_ += static_cast<int64_t>(config_.segment);
    grow();
  }
  bool lost = false;
  while (!flying_.empty() && *flying_.begin() + kReorder < number) {
    lost = lost || *flying_.begin() >= recovery_;
    flying_.erase(flying_.begin());
  }
  if (lost) shrink();
  fill();
}

void TcpFlow::grow() {
  if (window_ < threshold_) {
    window_ += 1;
  } else if (config_.cubic) {
    const double t = seconds(simulation_.now() - lost_at_);
    const double k = std::cbrt(before_loss_ * (1 - kCubicDecrease) / kCubicScale);
    const double target = kCubicScale * std::pow(t - k, 3) + before_loss_;
    window_ += std::max(target - window_, 0.01) / window_;
  } else {
    window_ += 1 / window_;
  }
}

void TcpFlow::shrink() {
  before_loss_ = window_;
  lost_at_ = simulation_.now();
  window_ = std::max(2.0, window_ * (config_.cubic ? kCubicDecrease : 0.5));
  threshold_ = window_;
  recovery_ = next_;
}

void TcpFlow::watch(uint64_t generation) {
  if (generation != generation_) return;
  const Micros timeout = std::max(kMinTimeout, 3 * round_trip_);
  if (!flying_.empty() && simulation_.now() - heard_ > timeout) {
    threshold_ = std::max(2.0, window_ / 2);
    window_ = 2;
    flying_.clear();
    recovery_ = next_;
    heard_ = simulation_.now();
    fill();
  }
  simulation_.after(100 * kMillisecond, [this, generation] { watch(generation); });
}

}  // namespace parley::sim
