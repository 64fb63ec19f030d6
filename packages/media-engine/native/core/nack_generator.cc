#include "nack_generator.h"

#include <algorithm>

namespace parley {

NackGenerator::NackGenerator(const Config& config) : config_(config) {}

void NackGenerator::on_packet(Micros now, uint64_t sequence, bool key_frame_start, uint8_t lead) {
  if (!started_) {
    started_ = true;
    highest_ = sequence;
    return;
  }
  if (sequence <= highest_) {
    const auto at = std::lower_bound(missing_.begin(), missing_.end(), sequence,
                                     [](const Missing& m, uint64_t s) { return m.sequence < s; });
    if (at != missing_.end() && at->sequence == sequence) {
      if (at->tries > 0) recovered_++;
      missing_.erase(at);
    }
  } else {
    const uint64_t gap = sequence - highest_ - 1;
    if (missing_.size() + gap > config_.max_missing) {
      // Asking for hundreds of packets costs more than a new picture, and would come too late.
      missing_.clear();
      key_frame_needed_ = true;
    } else {
      for (uint64_t s = highest_ + 1; s < sequence; s++) {
        missing_.push_back(Missing{s, now, now + config_.reorder_wait, 0});
      }
    }
    highest_ = sequence;
  }
  if (key_frame_start) {
    while (!missing_.empty() && missing_.front().sequence + lead < sequence) missing_.pop_front();
    key_frame_needed_ = false;
  }
}

void NackGenerator::clear() {
  missing_.clear();
  key_frame_needed_ = false;
  // What was sent meanwhile is not wanted either: the next packet is the first again.
  started_ = false;
}

Micros NackGenerator::due(const Missing& m) const {
  const bool overtaken = m.tries == 0 && highest_ - m.sequence >= config_.reorder_packets;
  return overtaken ? m.noticed : m.next_try;
}

Micros NackGenerator::next_deadline() const {
  Micros at = kNever;
  for (const Missing& m : missing_) at = std::min(at, due(m));
  return at;
}

void NackGenerator::take_due(Micros now, std::vector<uint16_t>& out) {
  out.clear();
  // A little more than a round trip: the peer answers from a loop of its own, and both sides look every few milliseconds
  // only. After exactly one, a retransmission that is on its way already would be asked for once more.
  const Micros rtt = rtt_ < 0 ? config_.default_rtt : rtt_;
  const Micros wait = std::max(config_.min_retry, rtt + rtt / 4 + config_.retry_margin);
  const auto given_up = [&](const Missing& m) {
    return due(m) <= now && (m.tries >= config_.max_tries || now - m.noticed >= config_.max_age);
  };
  const auto keep_end = std::remove_if(missing_.begin(), missing_.end(), given_up);
  if (keep_end != missing_.end()) {
    missing_.erase(keep_end, missing_.end());
    key_frame_needed_ = true;
  }
  for (Missing& m : missing_) {
    if (due(m) > now) continue;
    m.tries++;
    m.next_try = now + wait;
    out.push_back(static_cast<uint16_t>(m.sequence));
  }
}

bool NackGenerator::take_key_frame_needed() {
  const bool needed = key_frame_needed_;
  key_frame_needed_ = false;
  return needed;
}

}  // namespace parley
