// Layers of any codec by decode targets and chains (AV1 RTP payload format, appendix A.4–A.7). Only the header
// extension is read, so it works on payloads that are end-to-end encrypted.
//
//     decode target 0  1  2      A target is entered only when everything it needs is at the receiver:
//   frame 20 T0     S  S  S      - all its frames since a switch point (S) of it were forwarded, or
//   frame 21 T2     -  -  D      - this frame is a switch point of it, and all that this frame uses was forwarded.
//   frame 22 T1     -  D  S      Lower targets that lie within the forwarded one stay ready all the time.
//
// A change happens at the first frame of a picture, so that the picture's last packet can be marked in time.
#pragma once

#include <bitset>

#include "selection.h"

namespace parley {

class DependencyDescriptorProjection {
 public:
  static constexpr LayerScheme kScheme = LayerScheme::Descriptor;

  void start(const LayerPacket& packet, const LayerId& target);
  void update(const LayerPacket& packet, const LayerId& target);
  void on_decided(const LayerPacket& packet, bool forwarded, bool gap);
  void on_late(const LayerPacket& packet);

  [[nodiscard]] const Selection& selection() const { return selection_; }
  [[nodiscard]] bool needs_key_frame(const LayerId& target, Micros now) const;

 private:
  static constexpr size_t kWindow = 256;  // frames back that references are known of

  [[nodiscard]] static std::optional<uint8_t> choose(const LayerPacket& packet, const LayerId& target);
  void select(const LayerPacket& packet, uint8_t target);
  [[nodiscard]] bool references_forwarded(const LayerPacket& packet) const;
  [[nodiscard]] bool was_forwarded(uint16_t frame_number) const;
  void advance(uint16_t frame_number);
  void watch_chain(const LayerPacket& packet);

  Selection selection_;
  uint32_t ready_ = 0;  // decode targets that could be gone to at once
  /// By frame number modulo the window; `newest_` and the numbers before it.
  std::bitset<kWindow> forwarded_;
  uint16_t newest_ = 0;
  uint32_t timestamp_ = 0;      // of the newest frame
  bool waiting_ = false;        // the wanted target is another spatial layer and cannot be entered yet
  Micros chain_broken_at_ = 0;  // 0 = intact
};

}  // namespace parley
