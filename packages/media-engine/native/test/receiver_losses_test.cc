#include "../core/receiver_losses.h"

#include "test.h"

namespace parley {
namespace {

RtcpReportBlock block(uint32_t ssrc, uint32_t highest, int32_t lost) {
  RtcpReportBlock block;
  block.ssrc = ssrc;
  block.highest_sequence = highest;
  block.cumulative_lost = lost;
  return block;
}

TEST(receiver_losses_weight, "receiver losses: streams weigh by their packets") {
  ReceiverLosses losses;
  losses.on_block(block(1, 1000, 0));
  losses.on_block(block(2, 50, 0));
  CHECK(!losses.take_fraction());
  losses.on_block(block(1, 1098, 0));
  losses.on_block(block(2, 52, 1));
  CHECK_EQ(int{losses.take_fraction().value_or(255)}, 2);
  CHECK(!losses.take_fraction());
}

TEST(receiver_losses_odd, "receiver losses: duplicates, leaps and lies") {
  ReceiverLosses losses;
  losses.on_block(block(1, 1000, 5));
  losses.on_block(block(1, 1010, 3));  // duplicates make the count fall
  CHECK_EQ(int{losses.take_fraction().value_or(255)}, 0);
  losses.on_block(block(1, 1010 + 0x20000, 1000));
  CHECK(!losses.take_fraction());
  losses.on_block(block(1, 1020 + 0x20000, INT32_MAX));
  CHECK_EQ(int{losses.take_fraction().value_or(0)}, 255);
}

}  // namespace
}  // namespace parley
