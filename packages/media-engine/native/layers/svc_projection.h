// Spatial and temporal layers of VP9 (RFC 9628 §4.2), full and K-SVC.
//
//   full SVC   S2  ●──●──●──●      every frame uses the layer below: all layers up to the chosen one are forwarded,
//              S1  ●──●──●──●      and it may be left at any picture
//              S0  ●──●──●──●
//   K-SVC      S2  ●──●──●──●      outside key pictures (Z) no frame uses the layer below: only the chosen layer is
//              S1  ●  ·  ·  ·      forwarded then, and it is left or entered at key pictures only
//              S0  ●  ·  ·  ·
//
// A spatial layer is entered at a key picture, or at a picture that brings a scalability structure and has that layer
// begin without using earlier pictures. A temporal layer is left at any picture, and entered right after a forwarded
// picture with U, when nothing was left out in between.
#pragma once

#include "selection.h"

namespace parley {

class SvcProjection {
 public:
  static constexpr LayerScheme kScheme = LayerScheme::Svc;

  void start(const LayerPacket& packet, const LayerId& target);
  void update(const LayerPacket& packet, const LayerId& target);
  void on_decided(const LayerPacket& packet, bool forwarded, bool gap);
  void on_late(const LayerPacket&) {}

  [[nodiscard]] const Selection& selection() const { return selection_; }
  [[nodiscard]] bool needs_key_frame(const LayerId& target, Micros now) const;

 private:
  void begin_picture(const LayerPacket& packet, const LayerId& target);
  [[nodiscard]] uint8_t top_layer(const LayerId& target) const;

  Selection selection_;
  uint32_t timestamp_ = 0;    // of the current picture
  uint8_t layers_ = 0;        // spatial layers that the sender told of, 0 = unknown
  bool lower_intact_ = true;  // nothing below the chosen layer was left out since the key picture
  bool may_rise_ = false;     // the picture before this one had U, and all of it is there
  bool trying_ = false;       // this picture may bring higher spatial layers in
  uint8_t before_trial_ = 0;
  bool top_seen_ = false;    // the chosen spatial layer has been in this picture
  uint8_t without_top_ = 0;  // pictures in a row that should have had it and did not
};

}  // namespace parley
