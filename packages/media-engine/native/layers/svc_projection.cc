#include "svc_projection.h"

#include <algorithm>

namespace parley {

namespace {

// So many pictures without the chosen layer, and the sender has stopped it.
constexpr uint8_t kMissesOfTop = 8;

}  // namespace

uint8_t SvcProjection::top_layer(const LayerId& target) const {
  if (layers_ == 0) return target.spatial;
  return std::min(target.spatial, static_cast<uint8_t>(layers_ - 1));
}

void SvcProjection::start(const LayerPacket& packet, const LayerId& target) {
  layers_ = packet.vp9 ? packet.vp9->structure_layers : uint8_t{0};
  selection_ = Selection{};
  selection_.scheme = kScheme;
  selection_.spatial = top_layer(target);
  selection_.temporal = target.temporal;
  timestamp_ = packet.timestamp;
  lower_intact_ = true;
  may_rise_ = false;
  trying_ = false;
  top_seen_ = false;
  without_top_ = 0;
}

void SvcProjection::update(const LayerPacket& packet, const LayerId& target) {
  if (packet.starts_key_frame) {
    start(packet, target);
  } else if (packet.timestamp != timestamp_) {
    begin_picture(packet, target);
  }
  if (trying_ && packet.starts_frame && packet.vp9 && packet.vp9->inter_picture && packet.spatial > before_trial_) {
    // This layer goes on from pictures that the receiver does not have.
    selection_.spatial = static_cast<uint8_t>(packet.spatial - 1);
    trying_ = false;
  }
}

void SvcProjection::begin_picture(const LayerPacket& packet, const LayerId& target) {
  if (top_seen_) without_top_ = 0;
  if (!top_seen_ && without_top_ < kMissesOfTop && packet.temporal <= selection_.temporal) without_top_++;
  timestamp_ = packet.timestamp;
  trying_ = false;
  top_seen_ = false;
  if (packet.vp9 && packet.vp9->structure_layers != 0) layers_ = packet.vp9->structure_layers;
  // A picture whose first packet is missing goes on as the one before: that packet may still come.
  if (!packet.starts_frame || packet.missing_before != 0) return;
  if (selection_.temporal > target.temporal || may_rise_) selection_.temporal = target.temporal;
  const uint8_t top = top_layer(target);
  if (!lower_intact_ || top == selection_.spatial) return;
  if (top < selection_.spatial) {
    selection_.spatial = top;
  } else if (packet.spatial == 0 && packet.vp9 && packet.vp9->structure_layers > selection_.spatial + 1 &&
             packet.temporal <= selection_.temporal) {
    before_trial_ = selection_.spatial;
    selection_.spatial = top;
    trying_ = true;
  }
}

void SvcProjection::on_decided(const LayerPacket& packet, bool forwarded, bool) {
  if (packet.spatial == selection_.spatial) top_seen_ = true;
  if (!forwarded && packet.spatial < selection_.spatial && packet.temporal <= selection_.temporal)
    lower_intact_ = false;
  if (forwarded) {
    may_rise_ = packet.vp9 && packet.vp9->switching_up;
  } else if (packet.temporal > selection_.temporal) {
    may_rise_ = false;
  }
}

bool SvcProjection::needs_key_frame(const LayerId& target, Micros) const {
  const uint8_t top = top_layer(target);
  if (top > selection_.spatial) return layers_ != 0;
  if (top < selection_.spatial) return layers_ != 0 && !lower_intact_;
  return !lower_intact_ && without_top_ >= kMissesOfTop;
}

}  // namespace parley
