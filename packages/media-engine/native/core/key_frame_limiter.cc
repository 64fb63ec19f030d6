#include "key_frame_limiter.h"

#include <algorithm>

namespace parley {

void KeyFrameLimiter::request(Micros now) {
  if (wanted_) return;
  wanted_ = true;
  tries_ = 0;
  due_ = std::max(now, last_sent_ + config_.min_interval);
}

void KeyFrameLimiter::on_key_frame(Micros) { wanted_ = false; }

bool KeyFrameLimiter::take_due(Micros now) {
  if (!wanted_ || now < due_) return false;
  const Micros wait = std::min(config_.retry << std::min(tries_, 6), config_.max_retry);
  tries_++;
  last_sent_ = now;
  due_ = now + std::max(wait, config_.min_interval);
  // The sender has nothing to send, or is gone; whoever still needs a picture will ask again.
  if (tries_ >= config_.max_tries) wanted_ = false;
  return true;
}

}  // namespace parley
