// The delay estimate fed directly: frames through a queue that is only arithmetic, as in the published unit tests of
// delay-based estimators.
#include "../bwe/acknowledged_rate.h"
#include "../bwe/delay_estimate.h"
#include "../bwe/probe_controller.h"
#include "bwe_network.h"

namespace parley {
using namespace test;

namespace {

// Frames of equal size at a steady rate into a link; feedback comes with the last packet of each frame.
class DelayBench {
 public:
  DelayBench(int frame_rate, BitRate start, BitRate capacity)
      : frame_rate_(frame_rate), capacity_(capacity), estimate_(start), rate_(start) {}

  // Sends one frame; returns true when the estimate fell below what was sent.
  bool frame() {
    const Micros sent_at = now_;
    const int64_t bits = rate_ / frame_rate_;
    const int64_t packets = std::max<int64_t>(1, (bits + 4800) / 9600);
    const int64_t bytes = bits / 8 / packets;
    Micros last = 0;
    for (int64_t i = 0; i < packets; i++) {
      free_at_ = std::max(now_, free_at_) + time_for(bytes, capacity_);
      PacketReport report;
      report.sequence = sequence_++;
      report.sent_at = sent_at;
      report.arrived_at = free_at_ + offset_;
      report.bytes = static_cast<uint16_t>(bytes);
      last = free_at_;
      acknowledged_.on_arrival(report.arrived_at, bytes, false);
      estimate_.on_arrival(last, report);
    }
    estimate_.update(last, acknowledged_.rate(), acknowledged_.recent(), std::nullopt);
    const bool below = estimate_.estimate() < rate_;
    rate_ = estimate_.estimate();
    now_ += kSecond / frame_rate_;
    return below;
  }
  void set_capacity(BitRate capacity) { capacity_ = capacity; }
  void set_offset(Micros offset) { offset_ = offset; }
  [[nodiscard]] BitRate rate() const { return rate_; }
  [[nodiscard]] Micros now() const { return now_; }

 private:
  int frame_rate_;
  BitRate capacity_;
  DelayEstimate estimate_;
  AcknowledgedRate acknowledged_;
  BitRate rate_;
  Micros now_ = 100 * kSecond;
  Micros free_at_ = 0;
  Micros offset_ = 0;
  uint64_t sequence_ = 0;
};

// Milliseconds of the sender's clock, frame by frame, from the halving of the capacity until the rate is at or below
// it.
double drop_time(Micros offset) {
  DelayBench bench(30, 900 * kKbps, kMbps);
  // Until it has met the capacity and has come back to it.
  bool met = false;
  for (int i = 0; i < 600 && !(met && bench.rate() >= 950 * kKbps); i++) met = bench.frame() || met;
  CHECK(met);
  CHECK(bench.rate() >= 800 * kKbps && bench.rate() <= 1180 * kKbps);
  bench.set_capacity(500 * kKbps);
  bench.set_offset(offset);
  const Micros began = bench.now();
  for (int i = 0; i < 100; i++) {
    bench.frame();
    if (bench.rate() <= 500 * kKbps) return static_cast<double>(bench.now() - began) / 1000;
  }
  return 1e9;
}

}  // namespace

TEST(delay_capacity_drop, "bwe delay: half the capacity gone is noticed within half a second") {
  const double plain = drop_time(0), ahead = drop_time(30 * kSecond), behind = drop_time(-30 * kSecond);
  FIGURE("rate cut after %.0f ms (≤ 533); receiver's clock set forward %.0f, back %.0f ms (≤ 966)", plain, ahead,
         behind);
  CHECK(plain > 0 && plain <= 533);
  CHECK(ahead <= 966);
  CHECK(behind <= 966);
}

TEST(delay_initial_overuse, "bwe delay: a start above the capacity is noticed within 40 frames") {
  DelayBench bench(90, 300 * kKbps, 200 * kKbps);
  int frames = 0;
  while (frames < 60) {
    frames++;
    if (bench.frame()) break;
  }
  FIGURE("overuse after %d frames at 90 per second (≤ 40), estimate %.0f kbps (160 to 200)", frames,
         kbps(bench.rate()));
  CHECK(frames <= 40);
  CHECK(bench.rate() <= 200 * kKbps && bench.rate() >= 160 * kKbps);
}

TEST(delay_groups, "bwe delay: bursts are one sample, reordering and clock jumps none") {
  ArrivalGroups groups;
  const Micros ms = kMillisecond;
  CHECK(!groups.on_packet(0, 0, 1000 * ms));
  CHECK(!groups.on_packet(0, 2 * ms, 1004 * ms));
  CHECK(!groups.on_packet(20 * ms, 20 * ms, 1020 * ms));
  CHECK(!groups.on_packet(20 * ms, 1 * ms, 1021 * ms));  // reordered into an earlier group
  const auto delta = groups.on_packet(40 * ms, 40 * ms, 1045 * ms);
  CHECK(delta.has_value());
  CHECK_EQ(delta->sent, 18 * ms);
  CHECK_EQ(delta->arrived, 16 * ms);
  // The receiver's clock jumps by an hour: no sample is made of it.
  CHECK(groups.on_packet(60 * ms, 60 * ms, 1065 * ms).has_value());
  CHECK(groups.on_packet(80 * ms, 80 * ms, 1085 * ms + 3600 * kSecond).has_value());
  CHECK(!groups.on_packet(100 * ms, 100 * ms, 1105 * ms + 3600 * kSecond));
  CHECK(!groups.on_packet(120 * ms, 120 * ms, 1125 * ms + 3600 * kSecond));
  CHECK(groups.on_packet(140 * ms, 140 * ms, 1145 * ms + 3600 * kSecond).has_value());
}

TEST(probe_first, "bwe probe: the first bursts go at 3 and 6 times the start, success doubles") {
  ProbeController controller;
  controller.set_maximum(5 * kMbps);
  Micros now = kSecond;
  controller.start(now, 100 * kKbps);
  auto first = controller.take(), second = controller.take();
  CHECK(first && second && !controller.take());
  CHECK_EQ(first->rate, 300 * kKbps);
  CHECK_EQ(second->rate, 600 * kKbps);
  CHECK(first->id != second->id);
  PathCondition path;
  path.estimate = 400 * kKbps;
  controller.update(now += 100 * kMillisecond, path);
  CHECK(!controller.take());  // below 70 % of the higher one
  path.estimate = 550 * kKbps;
  controller.update(now += 100 * kMillisecond, path);
  auto further = controller.take();
  CHECK(further.has_value());
  CHECK_EQ(further->rate, 1100 * kKbps);
  // Not while the path is congested, nor when there is nothing to gain.
  path.estimate = kMbps;
  path.congested = true;
  controller.update(now += 100 * kMillisecond, path);
  CHECK(!controller.take());
  path.congested = false;
  controller.set_demand(800 * kKbps);
  for (int i = 0; i < 100; i++) controller.update(now += kSecond, path);
  while (controller.take()) {
  }
  for (int i = 0; i < 100; i++) controller.update(now += kSecond, path);
  CHECK(!controller.take());
  CHECK(controller.next_deadline() == kNever);
}

TEST(probe_periodic, "bwe probe: more is looked for while little is sent, and after a deep fall") {
  ProbeController controller;
  controller.set_maximum(10 * kMbps);
  Micros now = kSecond;
  controller.start(now, 300 * kKbps);
  while (controller.take()) {
  }
  PathCondition path;
  path.estimate = kMbps;
  path.limited_since = now += 2 * kSecond;
  controller.update(now, path);
  while (controller.take()) {
  }
  controller.update(now += 4900 * kMillisecond, path);
  CHECK(!controller.take());
  CHECK(controller.next_deadline() > now);
  now = controller.next_deadline();
  controller.update(now, path);
  const auto probe = controller.take();
  CHECK(probe && probe->rate == 2 * kMbps);
  // From 1 Mbps to 200 kbps: back to 85 % of what it was.
  controller.update(now += 2 * kSecond, path);
  path.estimate = 200 * kKbps;
  path.congested = true;
  controller.update(now += 100 * kMillisecond, path);
  CHECK(!controller.take());
  path.congested = false;
  controller.update(now += kSecond, path);
  const auto recovery = controller.take();
  CHECK(recovery && recovery->rate == 850 * kKbps);
}

TEST(probe_measurement, "bwe probe: 95 % of what a saturated path carried, all of what an idle one did") {
  const auto measure = [](Micros sent_every, Micros arrived_every, int packets) {
    ProbeMeasurement measurement;
    ProbeCluster cluster;
    cluster.id = 7;
    cluster.min_packets = 8;
    cluster.min_bytes = 8000;
    measurement.on_cluster(cluster);
    std::optional<ProbeResult> result;
    for (int i = 0; i < packets; i++) {
      if (auto r = measurement.on_arrival(7, i * sent_every, 5 * kSecond + i * arrived_every, 1000)) result = r;
    }
    return result;
  };
  // 1600 kbps sent, 1142 kbps arriving; 8 Mbps and 4 Mbps.
  const auto slow = measure(5 * kMillisecond, 7 * kMillisecond, 8);
  const auto fast = measure(kMillisecond, 2 * kMillisecond, 8);
  FIGURE("%.0f kbps (1083 ± 10), %.0f kbps (3800 ± 10)", kbps(slow->rate), kbps(fast->rate));
  CHECK(std::abs(kbps(slow->rate) - 0.95 * 1140) <= 10);
  CHECK(std::abs(kbps(fast->rate) - 0.95 * 4000) <= 10);
  CHECK(slow->saturated && fast->saturated);
  const auto idle = measure(10 * kMillisecond, 10 * kMillisecond, 8);
  CHECK(idle && !idle->saturated);
  CHECK_EQ(idle->rate, 800 * kKbps);
  CHECK(!measure(10 * kMillisecond, kMillisecond, 8));       // faster than it was sent: something held it back
  CHECK(!measure(10 * kMillisecond, 10 * kMillisecond, 5));  // torn
}

TEST(acknowledged_rate,
     "bwe acknowledged rate: follows within a second, fills gaps of lost feedback, forgets silence") {
  AcknowledgedRate rate;
  Micros now = kSecond;
  const auto feed = [&](BitRate bps, Micros time) {
    for (const Micros end = now + time; now < end; now += 10 * kMillisecond) rate.on_arrival(now, bps / 800, false);
  };
  CHECK(!rate.rate());
  feed(kMbps, 2 * kSecond);
  CHECK(std::abs(kbps(*rate.rate()) - 1000) < 50);
  feed(300 * kKbps, kSecond);
  CHECK(kbps(*rate.rate()) < 400);
  CHECK(std::abs(kbps(*rate.recent()) - 300) < 30);
  now += 10 * kSecond;
  feed(300 * kKbps, kSecond);
  CHECK(std::abs(kbps(*rate.rate()) - 300) < 50);
  // Every other packet is only known to have been sent.
  for (int i = 0; i < 200; i++, now += 20 * kMillisecond) {
    rate.on_unreported(375);
    rate.on_arrival(now, 375, false);
  }
  CHECK(std::abs(kbps(*rate.rate()) - 300) < 50);
}

TEST(application_limit, "bwe application limit: below 65 % of the estimate for half a second") {
  ApplicationLimit limit;
  limit.set_estimate(kMbps);
  Micros now = kSecond;
  const auto send = [&](BitRate bps, Micros time) {
    for (const Micros end = now + time; now < end; now += 20 * kMillisecond) limit.on_sent(now, bps / 400);
  };
  send(900 * kKbps, 2 * kSecond);
  CHECK(limit.since() == kNever);
  send(300 * kKbps, 2 * kSecond);
  CHECK(limit.since() != kNever);
  send(950 * kKbps, 2 * kSecond);
  CHECK(limit.since() == kNever);
  CHECK(limit.until() > 0);
  limit.update(now += 2 * kSecond);  // silence
  CHECK(limit.since() != kNever);
}

}  // namespace parley
