#include <deque>
#include <map>

#include "../core/sequence.h"
#include "../core/sequence_mapper.h"
#include "test.h"

namespace parley {

TEST(unwrapper, "sequence: unwrapping over wraps and reordering") {
  SequenceUnwrapper u;
  const uint64_t first = u.unwrap(65535);
  CHECK_EQ(u.unwrap(1), first + 2);
  CHECK_EQ(u.unwrap(0), first + 1);
  CHECK_EQ(u.highest(), first + 2);
  CHECK_EQ(u.peek(65530), first - 5);
  uint64_t expected = first + 2;
  for (int i = 0; i < 1000; i++) {
    expected += 32767;
    CHECK_EQ(u.unwrap(static_cast<uint16_t>(expected)), expected);
  }
  CHECK(sequence_newer(0, 65535));
  CHECK(!sequence_newer(65535, 0));
  CHECK(!sequence_newer(5, 5));
}

TEST(mapper_plain, "mapper: outgoing numbers are continuous, losses keep their places") {
  SequenceMapper m(500);
  CHECK(!m.map(0, 100));
  m.restart(0, 100);
  CHECK_EQ(*m.map(0, 100), 500u);
  CHECK_EQ(*m.map(0, 101), 501u);
  CHECK_EQ(*m.map(0, 104), 504u);
  CHECK_EQ(*m.map(0, 102), 502u);
  CHECK(!m.map(0, 99));
  CHECK(!m.map(1, 105));
  CHECK_EQ(m.next_out(), 505u);
  CHECK_EQ(m.unmap(503)->in, 103u);
  CHECK(!m.unmap(505));
  CHECK(!m.unmap(499));
}

TEST(mapper_drop, "mapper: dropped packets leave no gap; a late loss before a drop still finds its number") {
  SequenceMapper m(10);
  m.restart(0, 100);
  CHECK_EQ(*m.map(0, 100), 10u);
  m.drop(0, 101);
  m.drop(0, 102);
  CHECK_EQ(*m.map(0, 103), 11u);
  // 104 is lost, 105 dropped.
  m.drop(0, 105);
  CHECK_EQ(*m.map(0, 106), 13u);
  CHECK_EQ(m.unmap(12)->in, 104u);
  CHECK_EQ(*m.map(0, 104), 12u);
  CHECK(!m.map(0, 105));
  CHECK(!m.map(0, 101));
  m.drop(0, 103);
  CHECK_EQ(*m.map(0, 107), 14u);
}

TEST(mapper_switch, "mapper: switching between encodings and resuming after a pause") {
  SequenceMapper m(500);
  m.restart(0, 100);
  for (uint64_t s = 100; s < 103; s++) CHECK(m.map(0, s));
  m.restart(2, 7000);
  CHECK_EQ(*m.map(2, 7000), 503u);
  CHECK_EQ(*m.map(2, 7001), 504u);
  CHECK(!m.map(2, 6999));
  m.drop(2, 7002);
  CHECK_EQ(*m.map(2, 7003), 505u);
  CHECK(!m.map(0, 103));
  CHECK_EQ(*m.map(0, 101), 501u);
  const auto origin = m.unmap(503);
  CHECK_EQ(origin->stream, 2);
  CHECK_EQ(origin->in, 7000u);
  CHECK_EQ(m.unmap(502)->stream, 0);
  // A restart that carried nothing is replaced.
  m.restart(0, 200);
  m.restart(0, 300);
  CHECK_EQ(*m.map(0, 300), 506u);
  CHECK_EQ(m.range_count(), 4u);
}

TEST(mapper_wrap, "mapper: outgoing numbers wrap with the rollover counter above them") {
  SequenceMapper m(32767);
  m.restart(0, 1'000'000);
  uint64_t out = 0;
  for (uint64_t i = 0; i < 200'000; i++) {
    out = *m.map(0, 1'000'000 + i);
    CHECK_EQ(out, 32767 + i);
  }
  const auto origin = m.unmap(static_cast<uint16_t>(out - 100));
  CHECK_EQ(origin->out, out - 100);
  CHECK_EQ(origin->in, 1'000'000 + 200'000 - 1 - 100u);
}

TEST(mapper_jump, "mapper: a jump too large for sixteen bits continues behind") {
  SequenceMapper m(1);
  m.restart(0, 100);
  CHECK_EQ(*m.map(0, 100), 1u);
  CHECK_EQ(*m.map(0, 100'000), 2u);
  m.drop(0, 300'000);
  CHECK_EQ(*m.map(0, 300'001), 3u);
}

TEST(mapper_skip, "mapper: numbers that somebody else used are passed over") {
  SequenceMapper mapper(10);
  mapper.restart(0, 100);
  CHECK_EQ(*mapper.map(0, 100), 10u);
  mapper.skip_to(5);
  CHECK_EQ(*mapper.map(0, 101), 11u);
  mapper.skip_to(70000);
  mapper.restart(1, 500);
  CHECK_EQ(*mapper.map(1, 500), 70000u);
  CHECK_EQ(mapper.unmap(static_cast<uint16_t>(70000))->in, 500u);
  CHECK(!mapper.unmap(10));
}

TEST(mapper_bounded, "mapper: old ranges are forgotten, their numbers are no longer answered") {
  SequenceMapper m(0, 8);
  m.restart(0, 0);
  for (uint64_t i = 0; i < 1000; i += 2) {
    CHECK_EQ(*m.map(0, i), i / 2);
    m.drop(0, i + 1);
  }
  CHECK_EQ(m.range_count(), 8u);
  CHECK_EQ(m.unmap(499)->in, 998u);
  CHECK(!m.unmap(100));
  CHECK(!m.map(0, 100));
}

TEST(mapper_random, "mapper: agrees with a plain table, and what is mapped can be unmapped") {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    test::FixedRandom random(seed);
    SequenceMapper m(static_cast<uint16_t>(random.next() % 32768));
    std::map<uint64_t, std::pair<uint8_t, uint64_t>> table;
    uint64_t in[3] = {65000, 131000, 9};
    uint8_t stream = 0;
    m.restart(0, in[0]);
    uint64_t next = m.next_out();
    for (int i = 0; i < 5000; i++) {
      if (random.chance(1)) {
        stream = static_cast<uint8_t>(random.next() % 3);
        in[stream] += random.next() % 500;
        m.restart(stream, in[stream]);
        next = m.next_out();
      }
      const uint64_t number = in[stream]++;
      if (random.chance(5)) {
        m.drop(stream, number);
        continue;
      }
      if (random.chance(5)) {
        next++;  // lost: keeps its place once something follows
        continue;
      }
      const auto out = m.map(stream, number);
      CHECK(out.has_value());
      CHECK_EQ(*out, next);
      next++;
      table[*out] = {stream, number};
      if (table.size() > 100) table.erase(table.begin());
    }
    int found = 0;
    for (const auto& [out, origin] : table) {
      const auto back = m.unmap(static_cast<uint16_t>(out));
      if (!back) continue;  // its range was forgotten
      found++;
      CHECK_EQ(back->out, out);
      CHECK_EQ(back->stream, origin.first);
      CHECK_EQ(back->in, origin.second);
    }
    CHECK(found > 50);
  }
}

}  // namespace parley
