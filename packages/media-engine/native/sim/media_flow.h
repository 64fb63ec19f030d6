// A sender with estimator, pacer and video source, and its receiver with transport-cc feedback, over two links that may
// be shared with others. Feedback travels as the bytes that would be on the wire.
#pragma once

#include <vector>

#include "../bwe/bandwidth_estimator.h"
#include "../bwe/pacer.h"
#include "link.h"
#include "video_source.h"

namespace parley::sim {

struct FlowConfig {
  BandwidthEstimator::Config estimator;
  VideoConfig video;
  Micros feedback_interval = 50 * kMillisecond;
  /// Of the receiver's clock against the sender's.
  Micros clock_offset = 987 * kSecond;
  /// False: this flow has nothing to pad with, probes are made of media only.
  bool padding = true;
  /// Packets of 20 ms audio beside the video.
  bool audio = false;
  /// Multiplies the estimator's pacing rate, to try other pacing factors.
  double pacing_scale = 1;
  /// The source does not follow the estimate (a forwarded stream).
  bool fixed_rate = false;
  /// Packets go through this one first: the sending host's own interface. Not owned.
  Link* host = nullptr;
};

class MediaFlow {
 public:
  MediaFlow(Simulation& simulation, Link& forward, Link& backward, const FlowConfig& config);
  MediaFlow(const MediaFlow&) = delete;
  MediaFlow& operator=(const MediaFlow&) = delete;

  void start();
  void stop_video() { video_.stop(); }
  void start_video() { video_.start(); }
  /// From now on packets take this link.
  void use_link(Link& forward) { forward_ = &forward; }
  /// Called when the rates may have changed.
  void set_on_rates(std::function<void()> on_rates) { on_rates_ = std::move(on_rates); }

  [[nodiscard]] BandwidthEstimator& estimator() { return estimator_; }
  [[nodiscard]] VideoSource& video() { return video_; }
  [[nodiscard]] const Pacer<Micros>& pacer() const { return pacer_; }

  [[nodiscard]] int64_t sent_bytes() const { return sent_bytes_; }
  [[nodiscard]] int64_t received_bytes() const { return received_bytes_; }
  [[nodiscard]] int64_t received_media_bytes() const { return received_media_bytes_; }
  [[nodiscard]] uint64_t sent_packets() const { return sent_packets_; }
  [[nodiscard]] uint64_t received_packets() const { return received_packets_; }
  [[nodiscard]] uint64_t overuses() const { return overuses_; }
  /// Time in the pacer of the media packet sent last, and the longest so far.
  [[nodiscard]] Micros pacer_delay() const { return pacer_delay_; }
  [[nodiscard]] Micros max_pacer_delay() const { return max_pacer_delay_; }
  /// Longest time from the pacer to the receiver since the last call.
  Micros take_max_transit() { return std::exchange(max_transit_, 0); }
  /// The estimator's state may have been changed from outside.
  void rates_changed();

 private:
  void on_frame(size_t bytes);
  void audio_tick();
  void pump();
  void send(size_t bytes, uint8_t probe, bool padding);
  void on_arrival(uint16_t number, size_t bytes, bool padding, Micros sent_at);
  void feedback_tick();
  void schedule_pump();
  void schedule_timer();

  // given
  Simulation& simulation_;
  Link* forward_;
  Link& backward_;
  FlowConfig config_;
  std::function<void()> on_rates_;

  // owned
  FeedbackScratch scratch_;
  BandwidthEstimator estimator_;
  Pacer<Micros> pacer_;  // of the time it came
  VideoSource video_;
  TransportCcReceiver receiver_;

  // state
  bool started_ = false;
  bool media_seen_ = false;
  Micros pump_at_ = kNever;
  uint64_t pump_plan_ = 0;
  Micros timer_at_ = kNever;
  uint64_t timer_plan_ = 0;
  Micros feedback_at_ = kNever;
  bool was_overusing_ = false;
  int64_t sent_bytes_ = 0;
  int64_t received_bytes_ = 0;
  int64_t received_media_bytes_ = 0;
  uint64_t sent_packets_ = 0;
  uint64_t received_packets_ = 0;
  uint64_t overuses_ = 0;
  Micros pacer_delay_ = 0;
  Micros max_pacer_delay_ = 0;
  Micros max_transit_ = 0;
};

}  // namespace parley::sim
