// What choosing layers needs to know of one packet: found out once by its encoding's LayerReader, used for all
// receivers.
#pragma once

#include <optional>

#include "../core/clock.h"
#include "../core/key_frame.h"
#include "../core/vp8.h"
#include "dependency_descriptor.h"
#include "vp9.h"

namespace parley {

/// A layer of a source. `encoding` counts simulcast streams from the lowest; SVC has its spatial layers in encoding 0.
struct LayerId {
  uint8_t encoding = 0;
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  friend bool operator==(const LayerId& a, const LayerId& b) {
    return a.encoding == b.encoding && a.spatial == b.spatial && a.temporal == b.temporal;
  }
};
/// More than any stream has: "no limit" in a target.
inline constexpr uint8_t kEveryLayer = 0xff;

/// Which rules choose among the layers of an encoding.
enum class LayerScheme : uint8_t {
  /// Nothing is known of the payload: forwarded as it is.
  Whole,
  /// VP8, H264, AV1: key frames, and VP8's temporal layers.
  Simulcast,
  /// VP9 by its payload descriptor.
  Svc,
  /// Any codec by the dependency descriptor, the payload may be encrypted.
  Descriptor,
};

struct LayerPacket {
  LayerScheme scheme = LayerScheme::Whole;
  VideoCodec codec = VideoCodec::Unknown;
  uint8_t encoding = 0;
  /// Tells sources apart that used the same SSRC one after the other.
  uint8_t generation = 0;
  uint64_t sequence = 0;  // extended
  uint32_t timestamp = 0;
  Micros arrived = 0;
  /// When it was captured on the sender's clock, as 32.32 seconds; known after the encoding's first sender report.
  std::optional<uint64_t> ntp_time;
  bool marker = false;
  /// Carries no media.
  bool padding_only = false;
  /// False: its dependency descriptor belongs to a structure that has not arrived yet.
  bool readable = true;
  bool starts_frame = false;  // always false for codecs whose packets do not tell
  bool ends_frame = false;
  /// First packet of a frame that needs no earlier one.
  bool starts_key_frame = false;
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  /// Where a key frame starts: packets right before this one that may belong to it, H264's parameter sets on their way.
  uint8_t lead = 0;
  /// Packets of this encoding that are missing right before this one, 255 = or more; 0 also when it came late.
  uint8_t missing_before = 0;

  std::optional<Vp8Descriptor> vp8;
  std::optional<Vp9Descriptor> vp9;
  std::optional<DependencyFrame> dependency;
  /// Sequence number of the packet that brought the dependency structure in force.
  uint64_t structure_sequence = 0;
};

}  // namespace parley
