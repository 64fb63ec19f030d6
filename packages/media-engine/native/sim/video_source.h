// Frames of a camera or a screen: a rate that follows what it is given with some lag, sizes that vary, large key frames
// that the following frames make up for.
#pragma once

#include <functional>

#include "../bwe/rate.h"
#include "random.h"
#include "simulation.h"

namespace parley::sim {

struct VideoConfig {
  double frame_rate = 30;
  BitRate minimum = 30 * kKbps;
  BitRate maximum = 10 * kMbps;
  /// Standard deviation of a frame's size, as a share of it.
  double variation = 0.1;
  /// How quickly a new rate is taken up.
  Micros lag = 100 * kMillisecond;
  uint64_t seed = 7;
};

class VideoSource {
 public:
  /// `on_frame` gets the bytes of a frame.
  using OnFrame = std::function<void(size_t bytes)>;

  VideoSource(Simulation& simulation, const VideoConfig& config, OnFrame on_frame)
      : simulation_(simulation), config_(config), on_frame_(std::move(on_frame)), random_(config.seed) {}

  void start() {
    if (std::exchange(running_, true)) return;
    frame(++generation_);
  }
  void stop() {
    running_ = false;
    generation_++;
  }
  void set_target(BitRate target) { target_ = std::clamp(target, config_.minimum, config_.maximum); }
  void set_maximum(BitRate maximum) {
    config_.maximum = maximum;
    set_target(std::min(target_, maximum));
  }
  /// The next frame has this many bytes, and the following ones make up for it.
  void key_frame(size_t bytes) { key_bytes_ = bytes; }
  [[nodiscard]] bool running() const { return running_; }

 private:
  void frame(uint64_t generation) {
    if (generation != generation_) return;
    const Micros interval = static_cast<Micros>(kSecond / config_.frame_rate);
    const double step =
        std::min(1.0, static_cast<double>(interval) / static_cast<double>(std::max<Micros>(config_.lag, 1)));
    rate_ = rate_ == 0 ? target_ : rate_ + static_cast<BitRate>(static_cast<double>(target_ - rate_) * step);
    const double share = static_cast<double>(bytes_in(rate_, interval));
    double bytes = share * std::clamp(1 + config_.variation * random_.normal(), 0.3, 3.0);
    if (key_bytes_ > 0) {
      owed_ += static_cast<double>(key_bytes_) - share;
      bytes = static_cast<double>(std::exchange(key_bytes_, 0));
    } else if (owed_ > 0) {
      const double saved = std::min(owed_, bytes / 3);
      owed_ -= saved;
      bytes -= saved;
    }
    on_frame_(static_cast<size_t>(std::max(bytes, 60.0)));
    simulation_.after(interval, [this, generation] { frame(generation); });
  }

  Simulation& simulation_;
  VideoConfig config_;
  OnFrame on_frame_;
  Random random_;
  BitRate target_ = 300 * kKbps;
  BitRate rate_ = 0;
  size_t key_bytes_ = 0;
  double owed_ = 0;
  bool running_ = false;
  uint64_t generation_ = 0;
};

}  // namespace parley::sim
