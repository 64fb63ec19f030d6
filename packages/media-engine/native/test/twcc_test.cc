#include "../core/twcc.h"

#include <map>

#include "test.h"

namespace parley {
using test::FixedRandom;
using test::hex;

namespace {

// Arrivals that a sender would learn from all feedback packets, by transport-wide number.
struct Learned {
  std::map<uint16_t, Micros> received;
  std::map<uint16_t, int> lost;
  size_t packets = 0;
};

void drain(TransportCcReceiver& receiver, Micros now, Learned& learned, size_t room = 1100) {
  std::vector<uint8_t> buffer(room);
  while (const size_t size = receiver.write_feedback(now, buffer)) {
    CHECK_EQ(size % 4, 0u);
    TransportCcFeedback feedback;
    const std::vector<uint8_t> exact(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(transport_cc_parse(exact, feedback));
    CHECK_EQ(feedback.feedback_count, static_cast<uint8_t>(learned.packets));
    learned.packets++;
    for (const TransportCcStatus& s : feedback.statuses) {
      if (s.received) {
        learned.received[s.sequence_number] = Micros{feedback.reference_time} * 64 * kMillisecond + s.arrival_offset;
      } else {
        learned.lost[s.sequence_number]++;
      }
    }
  }
  CHECK(receiver.next_deadline() == kNever);
}

}  // namespace

TEST(twcc_basic, "twcc: arrivals and losses are reported, to 250 microseconds") {
  TransportCcReceiver receiver;
  CHECK(receiver.next_deadline() == kNever);
  receiver.on_packet(1'000'000, 10, 1000);
  receiver.on_packet(1'005'100, 11, 1000);
  receiver.on_packet(1'105'300, 14, 1000);
  CHECK_EQ(receiver.next_deadline(), 1'050'000);
  Learned learned;
  drain(receiver, 1'106'000, learned);
  CHECK_EQ(learned.packets, 1u);
  CHECK_EQ(learned.received[10], 1'000'000);
  CHECK_EQ(learned.received[11], 1'005'000);
  CHECK_EQ(learned.received[14], 1'105'250);
  CHECK_EQ(learned.lost.size(), 2u);
  drain(receiver, 1'107'000, learned);
  CHECK_EQ(learned.packets, 1u);
}

TEST(twcc_interval, "twcc: little traffic is reported on rarely, much every 50 ms") {
  const auto interval_at = [](Micros spacing, size_t bytes) {
    TransportCcReceiver receiver;
    uint8_t buffer[1100];
    Micros first = 0;
    Micros last = 0;
    for (int i = 0; i < 1000; i++) {
      const Micros now = 1'000'000 + i * spacing;
      receiver.on_packet(now, static_cast<uint16_t>(i), bytes);
      if (receiver.next_deadline() > now) continue;
      while (receiver.write_feedback(now, buffer) != 0) {
      }
      first = last;
      last = now;
    }
    return last - first;
  };
  CHECK(interval_at(20'000, 100) >= 240'000);   // 40 kbps
  CHECK(interval_at(20'000, 300) <= 120'000);   // 120 kbps
  CHECK(interval_at(6'000, 1200) <= 60'000);    // 1.6 Mbps
}

TEST(twcc_wire, "twcc: the bytes of a small report") {
  TransportCcReceiver receiver;
  receiver.on_packet(64'000 * 5, 0xfffe, 1000);
  receiver.on_packet(64'000 * 5 + 1000, 0xffff, 1000);
  receiver.on_packet(64'000 * 5 + 101'000, 1, 1000);
  uint8_t buffer[64];
  const size_t size = receiver.write_feedback(0, buffer);
  // Base, count 4, reference 5, number 0; two-bit symbols 1 1 0 2; deltas 0, 4, 400.
  CHECK_BYTES(ByteSpan(buffer, size), hex("fffe 0004 000005 00 d480 00 04 0190 0000"));
}

TEST(twcc_random, "twcc: nothing is lost or invented in long random traffic") {
  for (uint64_t seed = 1; seed <= 5; seed++) {
    FixedRandom random(seed);
    TransportCcReceiver receiver;
    Learned learned;
    std::map<uint16_t, Micros> sent;
    Micros now = 5 * kSecond;
    uint16_t sequence = 65000;
    for (int i = 0; i < 20000; i++) {
      now += static_cast<Micros>(random.next() % (random.chance(1) ? 200'000 : 3000));
      sequence++;
      if (random.chance(7)) continue;
      if (random.chance(1)) sequence = static_cast<uint16_t>(sequence + random.next() % 50);
      receiver.on_packet(now, sequence, 1000);
      sent[sequence] = now;
      if (receiver.next_deadline() <= now) {
        drain(receiver, now, learned, seed == 1 ? 128 : 1100);
        for (const auto& [number, at] : sent) {
          CHECK(learned.received.count(number) == 1);
          CHECK_EQ(learned.received[number], at / kTransportCcTick * kTransportCcTick);
        }
        sent.clear();
        learned.received.clear();
      }
    }
    CHECK(learned.packets > 100);
  }
}

TEST(twcc_reorder, "twcc: a packet that comes after its number was reported missing is reported after all") {
  TransportCcReceiver receiver;
  receiver.on_packet(1'000'000, 1, 1000);
  receiver.on_packet(1'001'000, 3, 1000);
  Learned learned;
  drain(receiver, 1'050'000, learned);
  CHECK_EQ(learned.lost[2], 1);
  receiver.on_packet(1'060'000, 2, 1000);
  receiver.on_packet(1'061'000, 4, 1000);
  drain(receiver, 1'110'000, learned);
  CHECK_EQ(learned.received[2], 1'060'000);
  CHECK_EQ(learned.received[3], 1'001'000);
  CHECK_EQ(learned.received[4], 1'061'000);
  CHECK_EQ(learned.lost[2], 1);
}

TEST(twcc_split, "twcc: a full second at 5000 packets is split into packets that fit") {
  TransportCcReceiver receiver;
  Learned learned;
  for (int i = 0; i < 3000; i++) receiver.on_packet(1'000'000 + i * 200, static_cast<uint16_t>(i), 1000);
  drain(receiver, 2'000'000, learned, 500);
  CHECK_EQ(learned.received.size(), 3000u);
  CHECK(learned.packets >= 8);
}

TEST(twcc_early, "twcc: a burst makes the report due at once") {
  TransportCcReceiver receiver;
  for (int i = 0; i < 400; i++) receiver.on_packet(1'000'000 + i, static_cast<uint16_t>(i), 1000);
  CHECK(receiver.next_deadline() <= 1'000'400);
}

TEST(twcc_jump, "twcc: a jump of the numbers does not grow the history") {
  TransportCcReceiver receiver;
  Learned learned;
  receiver.on_packet(1'000'000, 1, 1000);
  receiver.on_packet(1'000'100, 30000, 1000);
  drain(receiver, 1'100'000, learned);
  CHECK(learned.received.count(30000) == 1);
  CHECK(learned.packets < 5);
  // Long silence: the delta would not fit sixteen bits.
  receiver.on_packet(2'000'000, 30001, 1000);
  receiver.on_packet(12'000'000, 30002, 1000);
  drain(receiver, 12'100'000, learned);
  CHECK_EQ(learned.received[30001], 2'000'000);
  CHECK_EQ(learned.received[30002], 12'000'000);
}

TEST(twcc_parse_chunks, "twcc: run-length, one-bit and two-bit chunks") {
  TransportCcFeedback f;
  // 3 received small by run length; then one-bit 10110000000000 (14); then two-bit 1 2 0 (3 of 7).
  CHECK(transport_cc_parse(hex("0064 0014 800001 07 2003 ac00 d800 010203 040506 07 fff8 0000"), f));
  CHECK_EQ(f.base_sequence, 100);
  CHECK_EQ(f.statuses.size(), 20u);
  CHECK_EQ(f.reference_time, -8388607);
  CHECK_EQ(f.feedback_count, 7);
  CHECK_EQ(f.statuses[2].arrival_offset, 6 * 250);
  CHECK(f.statuses[3].received && !f.statuses[4].received && f.statuses[5].received && f.statuses[6].received);
  CHECK(f.statuses[17].received && f.statuses[18].received && !f.statuses[19].received);
  CHECK_EQ(f.statuses[18].arrival_offset, (28 - 8) * 250);
}

TEST(twcc_parse_bad, "twcc: reports that do not add up are refused") {
  TransportCcFeedback f;
  CHECK(!transport_cc_parse(hex("0064 0003 000001 07 2003 0102"), f));
  CHECK(!transport_cc_parse(hex("0064 0003 000001 07"), f));
  CHECK(!transport_cc_parse(hex("0064 0003 000001"), f));
  CHECK(!transport_cc_parse(hex("0064 0003 000001 07 2000 2003 010203"), f));
  CHECK(!transport_cc_parse(hex("0064 0001 000001 07 6001 01"), f));
  CHECK(!transport_cc_parse(hex("0064 ffff 000001 07 1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff 0007"), f));
}

}  // namespace parley
