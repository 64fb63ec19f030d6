// Temporal layers of one simulcast encoding (VP8, RFC 7741 §4.2). H264 and AV1 without dependency descriptor tell
// nothing of their layers in a way that all senders share; they count as one layer. Switching between encodings is
// StreamProjection's.
//
//   T0   ●       ●       ●      A layer is left at any frame. It is entered at a frame of its own with Y ("uses only
//   T1       ●Y      ●       ●  T0"), one layer after the other: T2 may use T1.
#pragma once

#include "selection.h"

namespace parley {

class SimulcastProjection {
 public:
  static constexpr LayerScheme kScheme = LayerScheme::Simulcast;

  /// A key frame begins what is forwarded.
  void start(const LayerPacket& packet, const LayerId& target);
  /// The newest packet of the encoding, before it is decided on: may change the selection.
  void update(const LayerPacket& packet, const LayerId& target);
  /// It was decided on. `gap` = packets are missing before it.
  void on_decided(const LayerPacket&, bool /*forwarded*/, bool /*gap*/) {}
  /// An older packet went out after all.
  void on_late(const LayerPacket&) {}

  [[nodiscard]] const Selection& selection() const { return selection_; }
  /// The target cannot be reached without one.
  [[nodiscard]] bool needs_key_frame(const LayerId&, Micros) const { return false; }

 private:
  Selection selection_;
};

}  // namespace parley
