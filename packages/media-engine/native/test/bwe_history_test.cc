#include "../bwe/bandwidth_estimator.h"
#include "../bwe/sent_packet_history.h"
#include "test.h"

namespace parley {
using test::FixedRandom;

namespace {

using Outcome = PacketReport::Outcome;

TransportCcFeedback feedback_for(uint16_t base, const std::vector<bool>& received, int32_t reference = 100) {
  TransportCcFeedback feedback;
  feedback.base_sequence = base;
  feedback.reference_time = reference;
  for (size_t i = 0; i < received.size(); i++) {
    TransportCcStatus status;
    status.sequence_number = static_cast<uint16_t>(base + i);
    status.received = received[i];
    status.arrival_offset = static_cast<Micros>(i) * kMillisecond;
    feedback.statuses.push_back(status);
  }
  return feedback;
}

}  // namespace

TEST(history_match, "bwe history: arrivals, losses, late arrivals and lost feedback") {
  SentPacketHistory history;
  StalePackets stale;
  std::vector<PacketReport> reports;
  for (int i = 0; i < 10; i++) CHECK_EQ(history.on_sent(i * kMillisecond, 100, 0, stale), i);
  CHECK_EQ(history.in_flight_bytes(), 1000);
  CHECK_EQ(history.oldest_in_flight(20 * kMillisecond), 0);

  history.match(50 * kMillisecond, feedback_for(0, {true, false, true}), reports, stale);
  CHECK_EQ(reports.size(), 3u);
  CHECK(reports[0].outcome == Outcome::Arrived);
  CHECK_EQ(reports[0].arrived_at, 6'400'000);
  CHECK_EQ(reports[2].sent_at, 2 * kMillisecond);
  CHECK(reports[1].outcome == Outcome::Lost);
  CHECK_EQ(history.in_flight_bytes(), 700);

  // Numbers 3 and 4 are in a report that was lost itself; 1 has arrived after all, 0 is told again.
  reports.clear();
  history.match(60 * kMillisecond, feedback_for(5, {true}), reports, stale);
  CHECK_EQ(reports.size(), 3u);
  CHECK(reports[0].outcome == Outcome::Unreported && reports[1].outcome == Outcome::Unreported);
  CHECK(reports[2].outcome == Outcome::Arrived);
  CHECK_EQ(history.in_flight_bytes(), 400);
  reports.clear();
  history.match(70 * kMillisecond, feedback_for(0, {true, true}), reports, stale);
  CHECK_EQ(reports.size(), 1u);
  CHECK(reports[0].outcome == Outcome::Recovered);
  CHECK_EQ(reports[0].sequence & 0xffff, 1u);
  CHECK_EQ(stale.unmatched, 0u);

  // Never sent.
  reports.clear();
  history.match(80 * kMillisecond, feedback_for(8, {true, true, true, true}), reports, stale);
  CHECK_EQ(stale.unmatched, 2u);
  CHECK_EQ(history.in_flight_packets(), 0u);
}

TEST(history_bounds, "bwe history: bounded in packets and in time, and what falls out in flight is counted") {
  SentPacketHistory::Config config;
  config.max_packets = 256;
  config.max_age = kSecond;
  SentPacketHistory history(config);
  StalePackets stale;
  for (int i = 0; i < 1000; i++) (void)history.on_sent(i * 100, 50, 0, stale);
  CHECK_EQ(history.in_flight_packets(), 256u);
  CHECK_EQ(stale.expired, 744u);
  CHECK_EQ(stale.expired_bytes, 744 * 50);
  CHECK_EQ(history.in_flight_bytes(), 256 * 50);
  CHECK_EQ(history.memory_bytes(), 256u * 8);
  history.expire(3 * kSecond, stale);
  CHECK_EQ(history.in_flight_packets(), 0u);
  CHECK_EQ(history.in_flight_bytes(), 0);
  CHECK_EQ(stale.expired, 1000u);
  CHECK(history.oldest_in_flight(3 * kSecond) == kNever);

  std::vector<PacketReport> reports;
  stale = {};
  history.match(3 * kSecond, feedback_for(990, std::vector<bool>(10, true)), reports, stale);
  CHECK_EQ(reports.size(), 0u);
  CHECK_EQ(stale.unmatched, 10u);
  // A new route: what is said about packets of the old one is no sign of anything.
  (void)history.on_sent(3 * kSecond, 50, 0, stale);
  history.forget();
  stale = {};
  history.match(3 * kSecond, feedback_for(995, std::vector<bool>(6, true)), reports, stale);
  CHECK_EQ(stale.unmatched, 0u);
  CHECK_EQ(reports.size(), 0u);
}

TEST(history_wrap, "bwe history: nothing is lost or invented when numbers, clock and reference time wrap") {
  FixedRandom random(3);
  SentPacketHistory history;
  StalePackets stale;
  Micros now = (Micros{1} << 32) * 7 - 5 * kSecond;
  std::vector<Micros> sent;  // by number
  uint64_t reported = 0, arrived = 0;
  uint64_t reported_next = 0;
  int32_t reference = 0x7fff00;  // about to wrap to negative
  Micros last_arrival = 0;
  for (int round = 0; round < 3000; round++) {
    const size_t count = 1 + random.next() % 60;
    for (size_t i = 0; i < count; i++) {
      now += static_cast<Micros>(random.next() % 2000);
      const uint16_t number = history.on_sent(now, 100 + i, static_cast<uint8_t>(i), stale);
      CHECK_EQ(number, static_cast<uint16_t>(sent.size()));
      sent.push_back(now);
    }
    std::vector<bool> received;
    for (uint64_t n = reported_next; n < sent.size(); n++) received.push_back(!random.chance(10));
    std::vector<PacketReport> reports;
    history.match(now, feedback_for(static_cast<uint16_t>(reported_next), received, reference), reports, stale);
    CHECK_EQ(reports.size(), received.size());
    for (size_t i = 0; i < reports.size(); i++) {
      CHECK_EQ(reports[i].sent_at, sent[reported_next + i]);
      CHECK(reports[i].outcome == (received[i] ? Outcome::Arrived : Outcome::Lost));
      if (!received[i]) continue;
      CHECK(reports[i].arrived_at > last_arrival);
      last_arrival = reports[i].arrived_at;
      arrived++;
    }
    reported += reports.size();
    reported_next = sent.size();
    CHECK_EQ(history.in_flight_bytes(), 0);
    reference += 10;
    if (reference > 0x7fffff) reference -= 0x1000000;
  }
  CHECK_EQ(reported, sent.size());
  CHECK(arrived > 50'000);
  CHECK_EQ(stale.unmatched + stale.expired, 0u);
}

TEST(estimator_hostile, "bwe: nonsense for feedback keeps the estimate within its limits and time moving") {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    FixedRandom random(seed);
    FeedbackScratch scratch;
    BandwidthEstimator::Config config;
    config.limits = {30 * kKbps, 300 * kKbps, 5 * kMbps};
    config.history.max_packets = 512;
    Micros now = 1000 * kSecond;
    BandwidthEstimator estimator(now, config, scratch);
    for (int i = 0; i < 3000; i++) {
      now += static_cast<Micros>(random.next() % (random.chance(1) ? 20'000'000 : 20'000));
      switch (random.next() % 6) {
        case 0:
        case 1:
        case 2:
          (void)estimator.on_packet_sent(now, random.next() % 70'000, static_cast<uint8_t>(random.next()),
                                         random.chance(10));
          break;
        case 3: {
          TransportCcFeedback feedback;
          feedback.base_sequence = static_cast<uint16_t>(random.chance(50) ? static_cast<uint64_t>(i) / 3 : random.next());
          feedback.reference_time = static_cast<int32_t>(random.next() & 0xffffff) - 0x800000;
          const size_t count = random.next() % (random.chance(5) ? 8192 : 40);
          Micros offset = 0;
          for (size_t k = 0; k < count; k++) {
            TransportCcStatus status;
            status.sequence_number = static_cast<uint16_t>(feedback.base_sequence + k);
            status.received = random.chance(70);
            offset += static_cast<int16_t>(random.next()) * kTransportCcTick;
            status.arrival_offset = offset;
            feedback.statuses.push_back(status);
          }
          estimator.on_feedback(now, feedback);
          break;
        }
        case 4:
          estimator.on_timer(now);
          CHECK(estimator.next_deadline() > now);
          break;
        case 5:
          if (random.chance(20))
            estimator.on_remb(now, static_cast<BitRate>(random.next() >> (random.next() % 60 + 1)));
          if (random.chance(2)) estimator.on_route_change(now);
          estimator.on_receiver_report(now, static_cast<uint8_t>(random.next()),
                                       static_cast<Micros>(random.next() % 5'000'000));
          break;
      }
      while (estimator.take_probe()) {
      }
      CHECK(estimator.target_bps() >= 30 * kKbps && estimator.target_bps() <= 5 * kMbps);
      CHECK(estimator.stats().in_flight_bytes >= 0);
      CHECK(estimator.heap_bytes() <= 512 * 8);
    }
  }
}

TEST(estimator_size, "bwe: an estimator is small") {
  std::printf("# %zu bytes, and at most %zu for the history\n", sizeof(BandwidthEstimator),
              SentPacketHistory::Config{}.max_packets * 8);
  CHECK(sizeof(BandwidthEstimator) <= 3 * 1024);
}

TEST(estimator_reports, "bwe: without transport-cc, receiver reports and REMB steer") {
  FeedbackScratch scratch;
  BandwidthEstimator::Config config;
  config.limits = {30 * kKbps, 300 * kKbps, 5 * kMbps};
  Micros now = 10 * kSecond;
  BandwidthEstimator estimator(now, config, scratch);
  estimator.on_remb(now, 2 * kMbps);
  CHECK_EQ(estimator.target_bps(), 300 * kKbps);
  for (int i = 0; i < 60; i++) estimator.on_receiver_report(now += kSecond, 0, 50 * kMillisecond);
  CHECK_EQ(estimator.target_bps(), 2 * kMbps);
  estimator.on_remb(now, 700 * kKbps);
  CHECK_EQ(estimator.target_bps(), 700 * kKbps);
  estimator.on_remb(now, 2 * kMbps);
  estimator.on_receiver_report(now += kSecond, 13, 50 * kMillisecond);  // 5 %: hold
  const BitRate held = estimator.target_bps();
  estimator.on_receiver_report(now += kSecond, 13, 50 * kMillisecond);
  CHECK_EQ(estimator.target_bps(), held);
  for (int i = 0; i < 10; i++) estimator.on_receiver_report(now += kSecond, 77, 50 * kMillisecond);  // 30 %
  CHECK(estimator.target_bps() < held / 4);
  CHECK(estimator.target_bps() >= 30 * kKbps);
}

TEST(bwe_no_demand, "bwe: who wants nothing is not probed, over a new route either") {
  FeedbackScratch scratch;
  BandwidthEstimator estimator(kSecond, {}, scratch);
  while (estimator.take_probe()) {
  }
  estimator.set_demand(2 * kSecond, 0);
  estimator.on_route_change(3 * kSecond);
  for (Micros now = 3 * kSecond; now < 20 * kSecond; now += 100 * kMillisecond) {
    estimator.on_timer(now);
    CHECK(!estimator.take_probe());
  }
  estimator.set_demand(20 * kSecond, kMbps);
  estimator.on_route_change(20 * kSecond);
  CHECK(estimator.take_probe().has_value());
}

}  // namespace parley
