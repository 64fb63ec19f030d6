#include <string>

#include "../bwe/pacer.h"
#include "test.h"

namespace parley {
using test::FixedRandom;

namespace {

constexpr Micros kMs = kMillisecond;
using IntPacer = Pacer<int>;

// Sends everything that may leave until `end`; tells when each item left.
struct Sent {
  int item = 0;  // -1 = padding
  Micros at = 0;
  size_t bytes = 0;
  uint8_t probe = 0;
};
std::vector<Sent> run(IntPacer& pacer, Micros& now, Micros end, size_t padding = 1000) {
  std::vector<Sent> sent;
  while (now <= end) {
    while (auto next = pacer.poll(now)) {
      const size_t bytes = next->item ? next->bytes : padding;
      if (bytes == 0) {
        pacer.on_not_sent(next->probe);
        continue;
      }
      pacer.on_packet_sent(now, bytes, next->probe);
      sent.push_back({next->item.value_or(-1), now, bytes, next->probe});
    }
    const Micros next = pacer.next_send_time(now);
    CHECK(next > now);
    if (next == kNever || next > end) break;
    now = next;
  }
  now = std::max(now, end);
  return sent;
}

}  // namespace

TEST(pacer_rate, "bwe pacer: packets leave evenly at the rate, to a millisecond") {
  IntPacer pacer;
  Micros now = kSecond;
  pacer.set_pacing_rate(now, 2'400 * kKbps);  // a packet of 1200 bytes each 4 ms
  for (int i = 0; i < 50; i++) CHECK(pacer.enqueue(now, PacketClass::Video, 1200, i));
  const auto sent = run(pacer, now, 2 * kSecond);
  CHECK_EQ(sent.size(), 50u);
  for (size_t i = 0; i < sent.size(); i++) {
    CHECK_EQ(sent[i].item, static_cast<int>(i));
    const Micros ideal = kSecond + static_cast<Micros>(i) * 4 * kMs;
    CHECK(sent[i].at >= ideal - IntPacer::Config{}.drain_within && sent[i].at >= ideal - PacingBudget::kGranularity);
    CHECK(sent[i].at <= ideal + 1);
  }
  CHECK(pacer.next_send_time(now) == kNever);
  CHECK_EQ(pacer.queued_bytes(), 0u);
}

TEST(pacer_burst_credit, "bwe pacer: silence saves up no burst") {
  IntPacer pacer;
  Micros now = kSecond;
  pacer.set_pacing_rate(now, 960 * kKbps);  // 120 bytes a millisecond
  now += 10 * kSecond;
  for (int i = 0; i < 10; i++) CHECK(pacer.enqueue(now, PacketClass::Video, 1200, i));
  const auto sent = run(pacer, now, now + 5 * kMs);
  CHECK_EQ(sent.size(), 1u);
}

TEST(pacer_priorities, "bwe pacer: audio at once, then retransmissions, then video") {
  IntPacer pacer;
  Micros now = kSecond;
  pacer.set_pacing_rate(now, 960 * kKbps);
  for (int i = 0; i < 3; i++) CHECK(pacer.enqueue(now, PacketClass::Video, 1200, 100 + i));
  for (int i = 0; i < 3; i++) CHECK(pacer.enqueue(now, PacketClass::Retransmission, 1200, 200 + i));
  for (int i = 0; i < 3; i++) CHECK(pacer.enqueue(now, PacketClass::Audio, 100, 300 + i));
  const auto sent = run(pacer, now, now + kSecond);
  const int order[] = {300, 301, 302, 200, 201, 202, 100, 101, 102};
  CHECK_EQ(sent.size(), 9u);
  for (size_t i = 0; i < 9; i++) CHECK_EQ(sent[i].item, order[i]);
  for (size_t i = 0; i < 3; i++) CHECK_EQ(sent[i].at, kSecond);
  // Audio counts: what is paced waits for it.
  CHECK(sent[3].at > kSecond);
}

TEST(pacer_bounds, "bwe pacer: full is full, and nobody plays what is old") {
  IntPacer::Config config;
  config.max_bytes = 5000;
  config.max_age = 300 * kMs;
  config.drain_within = 10 * kSecond;
  IntPacer pacer(config);
  Micros now = kSecond;
  pacer.set_pacing_rate(now, 8 * kKbps);
  for (int i = 0; i < 10; i++) CHECK_EQ(pacer.enqueue(now, PacketClass::Video, 1000, i), i < 5);
  CHECK_EQ(pacer.refused(), 5u);
  CHECK_EQ(pacer.queued_bytes(), 5000u);
  CHECK(!pacer.enqueue(now, PacketClass::Padding, 10, 0));
  (void)run(pacer, now, now + 100 * kMs);
  CHECK_EQ(pacer.queued_packets(), 4u);
  CHECK_EQ(pacer.queue_age(now), 100 * kMs);
  now += 300 * kMs;
  CHECK(!pacer.poll(now));
  CHECK_EQ(pacer.queued_packets(), 0u);
  CHECK_EQ(pacer.expired(), 4u);
  CHECK_EQ(pacer.queued_bytes(), 0u);
}

TEST(pacer_drain, "bwe pacer: a queue longer than its time goes faster") {
  IntPacer pacer;
  Micros now = kSecond;
  pacer.set_pacing_rate(now, 100 * kKbps);
  for (int i = 0; i < 100; i++) CHECK(pacer.enqueue(now, PacketClass::Video, 1000, i));  // eight seconds' worth
  const auto sent = run(pacer, now, now + 2 * kSecond);
  CHECK_EQ(sent.size(), 100u);
  CHECK(sent.back().at - kSecond <= 520 * kMs);
  CHECK(sent.back().at - kSecond >= 400 * kMs);  // and not all at once
}

TEST(pacer_probe, "bwe pacer: a burst is made of media first and padding then, at its rate") {
  IntPacer pacer;
  Micros now = kSecond;
  pacer.set_pacing_rate(now, 300 * kKbps);
  ProbeCluster cluster;
  cluster.id = 9;
  cluster.rate = 4 * kMbps;  // 1000 bytes each 2 ms
  cluster.min_bytes = 10'000;
  cluster.min_packets = 5;
  pacer.add_probe(cluster);
  for (int i = 0; i < 3; i++) CHECK(pacer.enqueue(now, PacketClass::Video, 1000, i));
  auto sent = run(pacer, now, now + kSecond);
  CHECK_EQ(sent.size(), 10u);
  for (size_t i = 0; i < 10; i++) {
    CHECK_EQ(sent[i].item, i < 3 ? static_cast<int>(i) : -1);
    CHECK_EQ(sent[i].probe, 9);
    CHECK_EQ(sent[i].at, kSecond + static_cast<Micros>(i) * 2 * kMs);
  }
  // Nothing to pad with: the burst ends instead of waiting.
  cluster.id = 10;
  pacer.add_probe(cluster);
  sent = run(pacer, now, now + kSecond, 0);
  CHECK_EQ(sent.size(), 0u);
  CHECK(pacer.next_send_time(now) == kNever);
}

TEST(pacer_random, "bwe pacer: over any time no more than the rate allows, and nothing is lost or reordered") {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    FixedRandom random(seed);
    IntPacer::Config config;
    config.drain_within = 3600 * kSecond;
    config.max_age = 3600 * kSecond;
    IntPacer pacer(config);
    Micros now = kSecond;
    BitRate rate = 1 * kMbps;
    pacer.set_pacing_rate(now, rate);
    int next = 0, expected = 0;
    double allowed = 0;
    int64_t taken = 0;
    for (int i = 0; i < 2000; i++) {
      for (uint64_t k = random.next() % 4; k > 0; k--) {
        if (pacer.enqueue(now, PacketClass::Video, 200 + random.next() % 1000, next)) next++;
      }
      const Micros from = now;
      for (const Sent& s : run(pacer, now, now + static_cast<Micros>(random.next() % (20 * kMs)))) {
        CHECK_EQ(s.item, expected++);
        taken += static_cast<int64_t>(s.bytes);
      }
      allowed += static_cast<double>(rate) * seconds(now - from) / 8;
      // A millisecond ahead, and the packet that crosses the line.
      CHECK(static_cast<double>(taken) <= allowed + static_cast<double>(rate) / 8000 + 1201);
    }
    (void)run(pacer, now, now + 3600 * kSecond);
    CHECK_EQ(pacer.queued_packets(), 0u);
  }
}

}  // namespace parley
