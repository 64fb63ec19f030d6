// The receive-side estimate in the simulator: a sender that does what REMB tells it, over one bottleneck.
#include "../bwe/receive_side_estimator.h"
#include "../sim/link.h"
#include "../sim/video_source.h"
#include "bwe_network.h"

namespace parley {
using namespace test;

namespace {

enum class Clock { AbsSendTime, RtpTimestamp };

class RembFlow {
 public:
  RembFlow(BitRate capacity, Clock clock, BitRate maximum = 5 * kMbps)
      : clock_(clock),
        link_(simulation, link_config(capacity)),
        video_(simulation, video_config(maximum), [this](size_t bytes) { send(bytes); }) {
    video_.set_target(maximum < 2 * kMbps ? maximum : 300 * kKbps);
    video_.start();
    poll();
  }
  void run(double for_seconds) { simulation.run_for(static_cast<Micros>(for_seconds * kSecond)); }
  sim::Link& link() { return link_; }

  sim::Simulation simulation;
  ReceiveSideEstimator estimator;
  BitRate told = 0;
  int times_told = 0;

 private:
  static sim::LinkConfig link_config(BitRate capacity) {
    sim::LinkConfig config;
    config.rate = capacity;
    config.delay = 40 * kMillisecond;
    config.jitter = kMillisecond;
    return config;
  }
  static sim::VideoConfig video_config(BitRate maximum) {
    sim::VideoConfig config;
    config.maximum = maximum;
    return config;
  }

  void send(size_t bytes) {
    const Micros now = simulation.now();
    const auto timestamp = static_cast<uint32_t>(0xFFFFF000u + now * 90 / 1000);
    const size_t packets = (bytes + 1199) / 1200;
    for (size_t i = 0; i < packets; i++) {
      // Paced over half the time of a frame, as browsers do.
      simulation.after(static_cast<Micros>(i) * 15 * kMillisecond / static_cast<Micros>(packets),
                       [this, timestamp, size = bytes / packets] {
                         ReceiveSideEstimator::Arrival arrival;
                         arrival.bytes = size;
                         arrival.ssrc = 7;
                         arrival.rtp_timestamp = timestamp;
                         arrival.clock_rate_hz = 90000;
                         if (clock_ == Clock::AbsSendTime) {
                           arrival.abs_send_time =
                               static_cast<uint32_t>((simulation.now() << 18) / kSecond) & 0xFFFFFF;
                         }
                         link_.send(size, [this, arrival]() mutable {
                           arrival.at = simulation.now();
                           estimator.on_packet(arrival);
                         });
                       });
    }
  }
  void poll() {
    if (const auto rate = estimator.take_remb(simulation.now())) {
      told = *rate;
      times_told++;
      simulation.after(40 * kMillisecond, [this, rate = *rate] { video_.set_target(rate); });
    }
    simulation.after(10 * kMillisecond, [this] { poll(); });
  }

  Clock clock_;
  sim::Link link_;
  sim::VideoSource video_;
};

}  // namespace

TEST(remb_capacity, "bwe remb: finds 1 Mbps, follows down to 400 kbps within two seconds, and up again") {
  for (const Clock clock : {Clock::AbsSendTime, Clock::RtpTimestamp}) {
    RembFlow flow(kMbps, clock);
    flow.run(40);
    const double first = kbps(flow.told);
    CHECK(first > 650 && first < 1150);
    flow.link().set_rate(400 * kKbps);
    const int before = flow.times_told;
    flow.run(2);
    const double fallen = kbps(flow.told);
    CHECK(flow.times_told > before);
    CHECK(fallen < 480);
    // Past the wrap of 24 bits, after 64 s.
    flow.run(40);
    const double narrow = kbps(flow.told), queue = static_cast<double>(flow.link().queue_delay()) / kMillisecond;
    CHECK(narrow > 250 && narrow < 460);
    CHECK(queue < 150);
    flow.link().set_rate(2 * kMbps);
    flow.run(60);
    FIGURE("%s: 1 Mbps %.0f kbps; 400 kbps: %.0f after 2 s, %.0f after 42 s (queue %.0f ms); 2 Mbps after 60 s %.0f kbps",
           clock == Clock::AbsSendTime ? "abs-send-time" : "RTP timestamps", first, fallen, narrow, queue, kbps(flow.told));
    CHECK(kbps(flow.told) > 1000 && kbps(flow.told) < 2300);
  }
}

TEST(remb_unlimited, "bwe remb: a sender on a wide path keeps what it sends, and hears about once a second") {
  RembFlow flow(50 * kMbps, Clock::AbsSendTime, 1500 * kKbps);
  flow.run(20);
  FIGURE("1.5 Mbps on a wide path: told %.0f kbps, %d times in 20 s", kbps(flow.told), flow.times_told);
  CHECK(kbps(flow.told) > 1500);
  CHECK(flow.times_told >= 18 && flow.times_told <= 25);
}

TEST(remb_silence, "bwe remb: nothing is told before a second of media, nor of a sender that is silent") {
  ReceiveSideEstimator estimator;
  CHECK(!estimator.take_remb(5 * kSecond));
  ReceiveSideEstimator::Arrival arrival;
  arrival.bytes = 1000;
  for (Micros at = 10 * kSecond; at < 12 * kSecond; at += 10 * kMillisecond) {
    arrival.at = at;
    arrival.abs_send_time = static_cast<uint32_t>((at << 18) / kSecond) & 0xFFFFFF;
    estimator.on_packet(arrival);
    if (at < 11 * kSecond) CHECK(!estimator.take_remb(at));
  }
  CHECK(estimator.take_remb(12 * kSecond).has_value());
  CHECK(!estimator.take_remb(14 * kSecond));
}

TEST(remb_hostile, "bwe remb: made-up clocks lead to nothing worse than a made-up rate") {
  sim::Random random(3);
  ReceiveSideEstimator estimator;
  ReceiveSideEstimator::Arrival arrival;
  Micros now = kSecond;
  for (int i = 0; i < 50'000; i++) {
    now += static_cast<Micros>(random.next() % 20'000);
    if (i % 5000 == 0) now += 3600 * kSecond;
    arrival.at = now;
    arrival.bytes = random.next() % 1500;
    arrival.abs_send_time.reset();
    if (i % 20'000 > 10'000) arrival.abs_send_time = static_cast<uint32_t>(random.next());
    arrival.ssrc = static_cast<uint32_t>(random.next() % 3);
    arrival.rtp_timestamp = static_cast<uint32_t>(random.next());
    arrival.clock_rate_hz = i % 7 == 0 ? static_cast<uint32_t>(random.next()) : 90000;
    estimator.on_packet(arrival);
    if (const auto rate = estimator.take_remb(now)) CHECK(*rate >= 30 * kKbps && *rate < kUnlimitedRate);
  }
}

}  // namespace parley
