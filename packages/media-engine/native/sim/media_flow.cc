#include "media_flow.h"

namespace parley::sim {

namespace {

constexpr size_t kPacketBytes = 1200;
constexpr size_t kMinPacketBytes = 60;
// A retransmission used as padding: about as large as media.
constexpr size_t kPaddingBytes = 1100;
// IP and UDP headers and RTCP around the feedback's contents.
constexpr size_t kFeedbackOverhead = 28 + 12;
constexpr size_t kAudioBytes = 120;

}  // namespace

MediaFlow::MediaFlow(Simulation& simulation, Link& forward, Link& backward, const FlowConfig& config)
    : simulation_(simulation),
      forward_(&forward),
      backward_(backward),
      config_(config),
      estimator_(simulation.now(), config.estimator, scratch_),
      video_(simulation, config.video, [this](size_t bytes) { on_frame(bytes); }),
      receiver_([&config] {
        TransportCcReceiver::Config c;
        c.interval = c.max_interval = config.feedback_interval;
        return c;
      }()) {}

void MediaFlow::start() {
  started_ = true;
  rates_changed();
  video_.start();
  if (config_.audio) audio_tick();
}

void MediaFlow::audio_tick() {
  if (pacer_.enqueue(simulation_.now(), PacketClass::Audio, kAudioBytes, simulation_.now())) schedule_pump();
  simulation_.after(20 * kMillisecond, [this] { audio_tick(); });
}

void MediaFlow::on_frame(size_t bytes) {
  media_seen_ = true;
  const size_t packets = (bytes + kPacketBytes - 1) / kPacketBytes;
  for (size_t i = 0; i < packets; i++) {
    const size_t size = std::max(kMinPacketBytes, bytes / packets);
    (void)pacer_.enqueue(simulation_.now(), PacketClass::Video, size, simulation_.now());
  }
  schedule_pump();
}

void MediaFlow::rates_changed() {
  pacer_.set_pacing_rate(simulation_.now(), scale_rate(estimator_.pacing_bps(), config_.pacing_scale));
  pacer_.set_burst(estimator_.burst());
  while (const auto probe = estimator_.take_probe()) pacer_.add_probe(*probe);
  const bool overusing = estimator_.stats().overusing;
  if (overusing && !was_overusing_) overuses_++;
  was_overusing_ = overusing;
  if (!config_.fixed_rate) video_.set_target(estimator_.target_bps());
  if (on_rates_) on_rates_();
  schedule_pump();
  schedule_timer();
}

void MediaFlow::schedule_pump() {
  // Before there is any media there is nothing to pad with either.
  if (!started_ || (!media_seen_ && pacer_.queued_packets() == 0)) return;
  const Micros at = pacer_.next_send_time(simulation_.now());
  if (at == pump_at_) return;
  pump_at_ = at;
  const uint64_t plan = ++pump_plan_;
  if (at == kNever) return;
  simulation_.at(at, [this, plan] {
    if (plan != pump_plan_) return;
    pump_at_ = kNever;
    pump();
  });
}

void MediaFlow::pump() {
  while (const auto next = pacer_.poll(simulation_.now())) {
    if (next->item) {
      pacer_delay_ = simulation_.now() - *next->item;
      max_pacer_delay_ = std::max(max_pacer_delay_, pacer_delay_);
      send(next->bytes, next->probe, false);
    } else if (config_.padding) {
      send(kPaddingBytes, next->probe, true);
    } else {
      pacer_.on_not_sent(next->probe);
    }
  }
  schedule_pump();
  schedule_timer();
}

void MediaFlow::send(size_t bytes, uint8_t probe, bool padding) {
  const Micros sent_at = simulation_.now();
  pacer_.on_packet_sent(sent_at, bytes, probe);
  const uint16_t number = estimator_.on_packet_sent(sent_at, bytes, probe, padding);
  sent_bytes_ += static_cast<int64_t>(bytes);
  sent_packets_++;
  const auto arrive = [this, number, bytes, padding, sent_at] { on_arrival(number, bytes, padding, sent_at); };
  if (config_.host == nullptr) {
    forward_->send(bytes, arrive);
  } else {
    config_.host->send(bytes, [link = forward_, bytes, arrive] { link->send(bytes, arrive); });
  }
}

void MediaFlow::on_arrival(uint16_t number, size_t bytes, bool padding, Micros sent_at) {
  received_bytes_ += static_cast<int64_t>(bytes);
  if (!padding) received_media_bytes_ += static_cast<int64_t>(bytes);
  received_packets_++;
  max_transit_ = std::max(max_transit_, simulation_.now() - sent_at);
  receiver_.on_packet(simulation_.now() + config_.clock_offset, number, bytes);
  const Micros due = receiver_.next_deadline();
  if (due == kNever) return;
  const Micros at = due - config_.clock_offset;
  if (at == feedback_at_) return;
  feedback_at_ = at;
  simulation_.at(at, [this] { feedback_tick(); });
}

void MediaFlow::feedback_tick() {
  const Micros local = simulation_.now() + config_.clock_offset;
  if (receiver_.next_deadline() > local) return;
  std::vector<uint8_t> fci(1200);
  while (const size_t size = receiver_.write_feedback(local, fci)) {
    std::vector<uint8_t> bytes(fci.begin(), fci.begin() + static_cast<std::ptrdiff_t>(size));
    backward_.send(size + kFeedbackOverhead, [this, bytes = std::move(bytes)] {
      TransportCcFeedback feedback;
      if (!transport_cc_parse(bytes, feedback)) return;
      estimator_.on_feedback(simulation_.now(), feedback);
      rates_changed();
    });
  }
}

void MediaFlow::schedule_timer() {
  const Micros at = estimator_.next_deadline();
  if (at == timer_at_) return;
  timer_at_ = at;
  const uint64_t plan = ++timer_plan_;
  if (at == kNever) return;
  simulation_.at(at, [this, plan] {
    if (plan != timer_plan_) return;
    timer_at_ = kNever;
    estimator_.on_timer(simulation_.now());
    rates_changed();
  });
}

}  // namespace parley::sim
