#include "../core/key_frame_limiter.h"
#include "../core/nack_generator.h"
#include "../core/packet_history.h"
#include "../core/receive_stats.h"
#include "../core/resend_log.h"
#include "test.h"

namespace parley {

namespace {

PacketRef packet(uint64_t sequence, Micros at = 0, size_t size = 100) {
  std::vector<uint8_t> bytes(size);
  CHECK(rtp_write_header(bytes, {false, 96, static_cast<uint16_t>(sequence), 0, 1}, {}) > 0);
  return PacketRef::copy(bytes, at, sequence);
}

std::vector<uint16_t> due(NackGenerator& nack, Micros now) {
  std::vector<uint16_t> out;
  nack.take_due(now, out);
  return out;
}

using Numbers = std::vector<uint16_t>;

}  // namespace

TEST(stats_loss, "receive stats: fraction of the interval, cumulative loss and highest number") {
  ReceiveStats stats(7, 90000);
  for (uint64_t s = 65530; s < 65630; s++) {
    if (s % 4 != 0) stats.on_packet(static_cast<Micros>(s) * 1000, s, static_cast<uint32_t>(s * 90), 100);
  }
  RtcpReportBlock b = stats.make_report_block(0);
  CHECK_EQ(b.ssrc, 7u);
  CHECK_EQ(b.highest_sequence, 65629u);
  CHECK_EQ(b.cumulative_lost, 25);
  CHECK_EQ(b.fraction_lost, 25 * 256 / 100);
  CHECK_EQ(b.jitter, 0u);
  for (uint64_t s = 65630; s < 65650; s++)
    stats.on_packet(static_cast<Micros>(s) * 1000, s, static_cast<uint32_t>(s * 90), 100);
  b = stats.make_report_block(0);
  CHECK_EQ(b.fraction_lost, 0);
  CHECK_EQ(b.cumulative_lost, 25);
  // Repaired late: less lost in all than before, none in this interval.
  stats.on_packet(0, 65532, 0, 100);
  b = stats.make_report_block(0);
  CHECK_EQ(b.fraction_lost, 0);
  CHECK_EQ(b.cumulative_lost, 24);
}

TEST(stats_jitter, "receive stats: jitter of an alternating delay converges as in RFC 3550 A.8") {
  ReceiveStats stats(1, 48000);
  // 20 ms apart, every second packet 5 ms late: |D| is 5 ms = 240 units for each.
  for (int i = 0; i < 400; i++) {
    stats.on_packet(i * 20'000 + (i % 2) * 5'000, static_cast<uint64_t>(1000 + i), static_cast<uint32_t>(i * 960), 100);
  }
  CHECK(stats.jitter() > 230 && stats.jitter() <= 240);
}

TEST(stats_pause, "receive stats: an hour of silence at any clock rate does not overflow") {
  ReceiveStats stats(1, 0xFFFFFFFFu);
  stats.on_packet(0, 1, 0, 100);
  stats.on_packet(3600 * kSecond, 2, 90000, 100);
  CHECK(stats.jitter() <= 1u << 24);
}

TEST(stats_sr, "receive stats: last sender report and the delay since") {
  ReceiveStats stats(1, 48000);
  CHECK_EQ(stats.make_report_block(5).last_sr, 0u);
  stats.on_sender_report(1'000'000, 0x1122334455667788u);
  const RtcpReportBlock b = stats.make_report_block(1'500'000);
  CHECK_EQ(b.last_sr, 0x33445566u);
  CHECK_EQ(b.delay_since_last_sr, 32768u);
}

TEST(nack_gap, "nack: a gap is asked for after three newer packets, or after ten milliseconds") {
  NackGenerator nack;
  nack.on_packet(0, 100);
  nack.on_packet(1000, 103);
  CHECK_EQ(nack.missing(), 2u);
  CHECK(due(nack, 1000).empty());
  CHECK_EQ(nack.next_deadline(), 11'000);
  CHECK(due(nack, 11'000) == (Numbers{101, 102}));
  CHECK(due(nack, 11'001).empty());

  NackGenerator busy;
  busy.on_packet(0, 100);
  busy.on_packet(1000, 102);
  busy.on_packet(1100, 103);
  CHECK(due(busy, 1100).empty());
  busy.on_packet(1200, 104);
  CHECK(busy.next_deadline() <= 1200);
  CHECK(due(busy, 1200) == (Numbers{101}));
}

TEST(nack_lead, "nack: what belongs to a key frame is asked for, what is older is not") {
  NackGenerator nack;
  nack.on_packet(0, 100);
  nack.on_packet(1000, 106, true, 2);
  CHECK(due(nack, 20'000) == (Numbers{104, 105}));
}

TEST(nack_reorder, "nack: reordered packets are not asked for") {
  NackGenerator nack;
  nack.on_packet(0, 100);
  nack.on_packet(100, 102);
  nack.on_packet(200, 101);
  CHECK_EQ(nack.missing(), 0u);
  CHECK(nack.next_deadline() == kNever);
  CHECK_EQ(nack.recovered(), 0u);
}

TEST(nack_retry, "nack: asked again after a round trip and a quarter and 10 ms, ten times, then a key frame is needed") {
  NackGenerator nack;
  nack.set_rtt(60'000);
  nack.on_packet(0, 65535);
  nack.on_packet(0, 65537);
  int asked = 0;
  Micros now = 0, last = 0;
  while (nack.missing() > 0) {
    CHECK(nack.next_deadline() != kNever);
    now = nack.next_deadline();
    if (const auto list = due(nack, now); !list.empty()) {
      CHECK(list == Numbers{0});
      if (asked++ > 0) CHECK_EQ(now - last, 85'000);
      last = now;
      CHECK(!nack.take_key_frame_needed());
    }
  }
  CHECK_EQ(asked, 10);
  CHECK(nack.take_key_frame_needed());
  CHECK(!nack.take_key_frame_needed());
}

TEST(nack_late_answer, "nack: a retransmission that comes a tick after the round trip is not asked for twice") {
  NackGenerator nack;
  nack.set_rtt(40'000);
  nack.on_packet(0, 10);
  nack.on_packet(0, 12);
  CHECK_EQ(due(nack, 10'000).size(), 1u);
  for (Micros now = 20'000; now <= 60'000; now += 10'000) CHECK(due(nack, now).empty());
  nack.on_packet(60'000, 11);
  CHECK(nack.next_deadline() == kNever);
}

TEST(nack_age, "nack: given up after a second even with a long round trip") {
  NackGenerator nack;
  nack.set_rtt(300'000);
  nack.on_packet(0, 1);
  nack.on_packet(0, 3);
  Micros now = 0;
  while (nack.missing() > 0) {
    now = nack.next_deadline();
    (void)due(nack, now);
  }
  CHECK(now >= kSecond && now < 1'400'000);
}

TEST(nack_recovered, "nack: a retransmission ends the asking") {
  NackGenerator nack;
  nack.on_packet(0, 10);
  nack.on_packet(0, 13);
  CHECK_EQ(due(nack, 20'000).size(), 2u);
  nack.on_packet(50'000, 11);
  CHECK_EQ(nack.recovered(), 1u);
  CHECK(due(nack, 200'000) == (Numbers{12}));
}

TEST(nack_burst, "nack: too large a hole asks for a key frame instead") {
  NackGenerator nack;
  nack.on_packet(0, 10);
  nack.on_packet(0, 12);
  nack.on_packet(0, 1000);
  CHECK_EQ(nack.missing(), 0u);
  CHECK(nack.take_key_frame_needed());
  nack.on_packet(1, 1003);
  CHECK_EQ(nack.missing(), 2u);
}

TEST(nack_key_frame, "nack: a key frame makes older holes irrelevant") {
  NackGenerator nack;
  nack.on_packet(0, 10);
  nack.on_packet(0, 15);
  nack.on_packet(0, 18, true);
  CHECK_EQ(nack.missing(), 0u);
  nack.on_packet(0, 20);
  CHECK_EQ(nack.missing(), 1u);
}

TEST(nack_clear, "nack: after a source was blocked, what it sent meanwhile is not asked for") {
  NackGenerator nack;
  nack.on_packet(0, 10);
  nack.on_packet(0, 13);
  nack.clear();
  CHECK_EQ(nack.missing(), 0u);
  nack.on_packet(kSecond, 400);
  CHECK_EQ(nack.missing(), 0u);
  CHECK_EQ(nack.next_deadline(), kNever);
  nack.on_packet(kSecond, 402);
  CHECK_EQ(nack.missing(), 1u);
}

TEST(history_find, "history: packets are found by number, once, and shared") {
  PacketHistory history;
  CHECK(history.find(5) == nullptr);
  const PacketRef p = packet(70000);
  CHECK(history.insert(p) == PacketHistory::Insert::Added);
  CHECK_EQ(p.use_count(), 2u);
  CHECK(history.insert(packet(70000)) == PacketHistory::Insert::Duplicate);
  CHECK(history.insert(packet(70003)) == PacketHistory::Insert::Added);
  CHECK(history.insert(packet(69998)) == PacketHistory::Insert::Added);
  CHECK(history.find(70000)->get() == p.get());
  CHECK((*history.find(69998))->rtp.sequence_number == static_cast<uint16_t>(69998));
  CHECK(history.find(70001) == nullptr);
  CHECK_EQ(history.packets(), 3u);
  CHECK_EQ(history.bytes(), 300u);
  history.clear();
  CHECK_EQ(p.use_count(), 1u);
  CHECK_EQ(history.packets(), 0u);
  CHECK_EQ(history.bytes(), 0u);
}

TEST(history_bounds, "history: bounded in packets, bytes and age") {
  PacketHistory::Config config;
  config.max_packets = 100;  // rounded to 128
  config.max_bytes = 5000;
  config.max_age = 1000;
  PacketHistory history(config);
  for (uint64_t s = 0; s < 1000; s++) {
    CHECK(history.insert(packet(s, 0)) == PacketHistory::Insert::Added);
    CHECK(history.packets() <= 50);
    CHECK(history.find(s) != nullptr);
  }
  CHECK_EQ(history.packets(), 50u);
  CHECK_EQ(history.bytes(), 5000u);
  CHECK(history.find(949) == nullptr);
  CHECK(history.insert(packet(1000, 1001)) == PacketHistory::Insert::Added);
  CHECK_EQ(history.packets(), 1u);
  CHECK(history.insert(packet(500, 1001)) == PacketHistory::Insert::TooOld);

  PacketHistory by_count({1000, 100, 1 << 20});
  for (uint64_t s = 0; s < 1000; s += 3) (void)by_count.insert(packet(s));
  CHECK(by_count.packets() <= 43);
  CHECK(by_count.find(999) != nullptr);
  CHECK(by_count.insert(packet(1'000'000)) == PacketHistory::Insert::Added);
  CHECK_EQ(by_count.packets(), 1u);
}

TEST(history_expire, "history: silence empties it, and what was let go stays known") {
  PacketHistory history({1000, 1024, 1 << 20});
  for (uint64_t s = 100; s < 110; s++) {
    if (s != 105) CHECK(history.insert(packet(s, s < 105 ? 0 : 500)) == PacketHistory::Insert::Added);
  }
  history.expire(1000);
  CHECK_EQ(history.packets(), 9u);
  history.expire(1001);
  CHECK_EQ(history.packets(), 4u);
  CHECK(history.find(104) == nullptr);
  CHECK(history.find(106) != nullptr);
  history.expire(1501);
  CHECK_EQ(history.packets(), 0u);
  CHECK_EQ(history.bytes(), 0u);
  CHECK_EQ(history.highest(), 109u);
  history.expire(5000);
  CHECK(history.insert(packet(109, 5000)) == PacketHistory::Insert::TooOld);
  CHECK(history.insert(packet(110, 5000)) == PacketHistory::Insert::Added);
  CHECK(history.insert(packet(110, 5000)) == PacketHistory::Insert::Duplicate);
  CHECK(history.insert(packet(400, 5000)) == PacketHistory::Insert::Added);
  CHECK_EQ(history.packets(), 2u);
}

TEST(history_once, "history: a number that was let go is not taken again, a hole is") {
  PacketHistory history({1000, 1024, 1 << 20});
  for (uint64_t s = 100; s < 110; s++) CHECK(history.insert(packet(s, 0)) == PacketHistory::Insert::Added);
  CHECK(history.insert(packet(112, 2000)) == PacketHistory::Insert::Added);
  CHECK(history.find(105) == nullptr);
  CHECK(history.insert(packet(105, 2001)) == PacketHistory::Insert::TooOld);
  CHECK(history.insert(packet(109, 2001)) == PacketHistory::Insert::TooOld);
  // Lost at the start of a new picture after a pause: its retransmission is still wanted.
  CHECK(history.insert(packet(111, 2050)) == PacketHistory::Insert::Added);
  CHECK(history.insert(packet(111, 2051)) == PacketHistory::Insert::Duplicate);
  CHECK(history.find(111) != nullptr);
}

TEST(history_random, "history: agrees with a plain map under reordering and loss") {
  test::FixedRandom random(5);
  PacketHistory::Config config;
  config.max_packets = 256;
  config.max_age = kSecond;
  PacketHistory history(config);
  uint64_t top = 65400;
  for (int i = 0; i < 20000; i++) {
    if (!random.chance(20)) top++;
    const uint64_t s = random.chance(10) ? top - random.next() % 40 : top;
    const bool had = history.find(s) != nullptr;
    const auto result = history.insert(packet(s, i * 1000));
    CHECK(had == (result == PacketHistory::Insert::Duplicate));
    if (result == PacketHistory::Insert::Added) CHECK((*history.find(s))->sequence == s);
  }
}

TEST(resend_log, "resend log: the same number again only after the pause, other numbers and streams at once") {
  ResendLog log;
  CHECK(log.allows(0, 7, 100, 50'000));
  log.add(0, 7, 100);
  CHECK(!log.allows(0, 7, 100, 50'000));
  CHECK(!log.allows(49'999, 7, 100, 50'000));
  CHECK(log.allows(50'000, 7, 100, 50'000));
  CHECK(log.allows(0, 7, 101, 50'000));
  CHECK(log.allows(0, 8, 100, 50'000));
  // A window of one stream as long as the log is remembered whole.
  for (uint32_t n = 0; n < ResendLog::kSize; n++) log.add(60'000, 7, static_cast<uint16_t>(65000 + n));
  for (uint32_t n = 0; n < ResendLog::kSize; n++) {
    CHECK(!log.allows(61'000, 7, static_cast<uint16_t>(65000 + n), 50'000));
  }
  log.add(70'000, 7, static_cast<uint16_t>(65000 + ResendLog::kSize));
  CHECK(log.allows(71'000, 7, 65000, 50'000));
}

TEST(packet_garbage, "packet: what is not RTP makes no packet") {
  CHECK(!PacketRef::copy(test::hex("00112233"), 0, 1));
  PacketRef a = packet(1), b = a, c;
  CHECK_EQ(a.use_count(), 2u);
  c = std::move(b);
  CHECK(!b);
  CHECK_EQ(c.use_count(), 2u);
  const PacketRef& same = c;
  c = same;
  a.reset();
  CHECK_EQ(c.use_count(), 1u);
}

TEST(key_frame_storm, "key frame limiter: fifty requests in a second make two") {
  KeyFrameLimiter limiter;
  int sent = 0;
  for (Micros now = 10 * kSecond; now < 11 * kSecond; now += 20 * kMillisecond) {
    limiter.request(now);
    if (limiter.take_due(now)) sent++;
    // The sender answers within 100 ms.
    if (now % (100 * kMillisecond) == 0) limiter.on_key_frame(now);
  }
  CHECK_EQ(sent, 2);
}

TEST(key_frame_retry, "key frame limiter: repeats with growing waits until a key frame comes, but not for ever") {
  KeyFrameLimiter limiter;
  CHECK(limiter.next_deadline() == kNever);
  limiter.request(0);
  std::vector<Micros> times;
  while (limiter.waiting()) {
    const Micros now = limiter.next_deadline();
    CHECK(limiter.take_due(now));
    CHECK(!limiter.take_due(now));
    times.push_back(now / kMillisecond);
  }
  CHECK(times == (std::vector<Micros>{0, 500, 1500, 3500, 7500, 11500, 15500, 19500}));
  limiter.request(19'600'000);
  CHECK_EQ(limiter.next_deadline(), 20'000'000);
  CHECK(limiter.take_due(20'000'000));
  limiter.on_key_frame(20'100'000);
  CHECK(limiter.next_deadline() == kNever);
}

}  // namespace parley
