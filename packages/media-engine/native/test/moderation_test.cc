#include "../engine/moderation.h"
#include "test.h"

namespace parley {

TEST(moderation_rates, "moderation: packets gather at a high rate only, and only while it lasts") {
  Moderation moderation;
  uint64_t packets = 0;
  Micros now = kSecond;
  const auto run = [&](int64_t per_second, Micros time) {
    const Micros gap = kSecond / per_second;
    for (const Micros end = now + time; now < end;) {
      now += gap;
      moderation.on_turn(now, ++packets);
    }
  };
  run(10'000, 100 * kMillisecond);
  CHECK_EQ(moderation.pause(), 0);
  run(100'000, 10 * kMillisecond);
  CHECK_EQ(moderation.pause(), 100);
  run(10'000, 10 * kMillisecond);
  CHECK_EQ(moderation.pause(), 0);
}

}  // namespace parley
