#include "receiver_losses.h"

#include <algorithm>

namespace parley {

void ReceiverLosses::on_block(const RtcpReportBlock& block) {
  if (streams_.size() >= kMaxStreams && streams_.count(block.ssrc) == 0) streams_.clear();
  const auto [found, is_new] = streams_.try_emplace(block.ssrc, Stream{block.highest_sequence, block.cumulative_lost});
  if (is_new) return;
  Stream& stream = found->second;
  const auto expected = static_cast<int32_t>(block.highest_sequence - stream.highest);
  // A leap is a receiver that began anew.
  if (expected > 0 && expected < 0x10000) {
    expected_ += expected;
    lost_ += std::clamp(block.cumulative_lost - stream.lost, 0, expected);
  }
  stream = {block.highest_sequence, block.cumulative_lost};
}

std::optional<uint8_t> ReceiverLosses::take_fraction() {
  if (expected_ == 0) return std::nullopt;
  const auto fraction = static_cast<uint8_t>(std::min<int64_t>(lost_ * 256 / expected_, 255));
  expected_ = lost_ = 0;
  return fraction;
}

}  // namespace parley
