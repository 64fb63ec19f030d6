#include "selection.h"

namespace parley {

namespace {

bool same_structure(const Selection& selection, const LayerPacket& packet) {
  return packet.dependency && selection.scheme == LayerScheme::Descriptor &&
         selection.structure_sequence == static_cast<uint32_t>(packet.structure_sequence);
}

// K-SVC (RFC 9628 §4.2, Z): outside key pictures no higher layer uses this frame, so a receiver of one does not need
// it.
bool shed(const Selection& selection, const LayerPacket& packet) {
  return packet.vp9 && packet.vp9->not_inter_layer && packet.vp9->inter_picture && packet.spatial < selection.spatial;
}

}  // namespace

bool selects(const Selection& selection, const LayerPacket& packet) {
  if (packet.scheme == LayerScheme::Whole || selection.scheme == LayerScheme::Whole) return true;
  if (same_structure(selection, packet)) {
    return (packet.dependency->indications.present >> selection.target & 1u) != 0;
  }
  if (packet.temporal > selection.temporal || packet.spatial > selection.spatial) return false;
  return packet.scheme != LayerScheme::Svc || !shed(selection, packet);
}

bool marker_of(const Selection& selection, const LayerPacket& packet) {
  if (packet.marker) return true;
  if (packet.scheme != LayerScheme::Svc && packet.scheme != LayerScheme::Descriptor) return false;
  return packet.ends_frame && packet.spatial == selection.spatial;
}

Excess excess_of(const Selection& selection, const LayerPacket& packet) {
  if (selects(selection, packet)) return Excess::None;
  if (packet.temporal > selection.temporal) return Excess::Whole;
  if (packet.spatial > selection.spatial) return Excess::Above;
  return packet.spatial < selection.spatial ? Excess::Below : Excess::Whole;
}

}  // namespace parley
