#include "simulcast_projection.h"

#include <algorithm>

namespace parley {

void SimulcastProjection::start(const LayerPacket&, const LayerId& target) {
  selection_ = Selection{};
  selection_.scheme = kScheme;
  selection_.temporal = target.temporal;
}

void SimulcastProjection::update(const LayerPacket& packet, const LayerId& target) {
  if (packet.starts_key_frame) {
    start(packet, target);
    return;
  }
  // Inside a frame nothing changes.
  if (!packet.starts_frame) return;
  if (selection_.temporal > target.temporal) {
    selection_.temporal = target.temporal;
  } else if (packet.temporal == selection_.temporal + 1 && packet.temporal <= target.temporal && packet.vp8 &&
             packet.vp8->layer_sync) {
    selection_.temporal = packet.temporal;
  }
}

}  // namespace parley
