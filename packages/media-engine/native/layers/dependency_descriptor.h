// Dependency descriptor header extension (AV1 RTP payload format, appendix A.8). It tells of every frame, of any codec
// and also of one whose payload is encrypted, which frames it needs and which subsets of the stream ("decode targets")
// it belongs to.
//
//   |S|E| template id (6) | frame number (16) |                         3 bytes end here in most packets
//   |structure|active|custom DTIs|custom diffs|custom chains|
//   structure: offset (6), targets - 1 (5), templates' layers (2 each), DTIs (2 each × targets), frame diffs (1 + 4 …),
//              chains ns(targets + 1), their targets, chain diffs (4 each), |resolutions|, (width, height)(16 each) - 1
//   active: one bit a target    DTIs: 2 bits a target    diffs: size (2), diff (4 × size) …, 0    chains: 8 bits each
//
// Most fields are told once, in a structure that comes with each key frame and must be remembered: LayerReader does.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "../core/bytes.h"

namespace parley {

inline constexpr size_t kMaxDecodeTargets = 32;
inline constexpr size_t kMaxChains = 32;
inline constexpr size_t kMaxTemplates = 64;
/// More references than any codec has; a descriptor with more is refused.
inline constexpr size_t kMaxFrameDiffs = 12;

/// What a frame is to the decode targets; bit i = target i. Present and neither of the others = required.
struct DecodeTargetIndications {
  uint32_t present = 0;
  uint32_t switchable = 0;   // from this frame on the whole target can be decoded
  uint32_t discardable = 0;  // nothing else in the target needs this frame
  friend bool operator==(const DecodeTargetIndications& a, const DecodeTargetIndications& b) {
    return a.present == b.present && a.switchable == b.switchable && a.discardable == b.discardable;
  }
};

/// How many frame numbers back the frames are that this one uses.
struct FrameDiffs {
  std::array<uint16_t, kMaxFrameDiffs> values{};
  uint8_t count = 0;
  friend bool operator==(const FrameDiffs& a, const FrameDiffs& b) {
    return a.count == b.count && std::memcmp(a.values.data(), b.values.data(), size_t{2} * a.count) == 0;
  }
};

struct DependencyTemplate {
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  DecodeTargetIndications indications;
  FrameDiffs frame_diffs;
  std::vector<uint8_t> chain_diffs;
};

struct DependencyStructure {
  struct Target {
    uint8_t spatial = 0;
    uint8_t temporal = 0;
    uint8_t chain = 0;  // that protects it; meaningless without chains
  };
  struct Resolution {
    uint16_t width = 0;
    uint16_t height = 0;
  };
  uint8_t template_id_offset = 0;
  uint8_t chain_count = 0;
  std::vector<DependencyTemplate> templates;  // 1–64, ordered by layer
  std::vector<Target> targets;                // 1–32; layers are derived from the templates
  std::vector<Resolution> resolutions;        // one for each spatial layer, or empty

  [[nodiscard]] uint32_t all_targets() const { return static_cast<uint32_t>((uint64_t{1} << targets.size()) - 1); }
  /// Targets whose every frame belongs to `target` too: what a receiver of `target` can still decode.
  [[nodiscard]] uint32_t targets_within(size_t target) const;
  /// Fills in the targets' layers from the templates' indications.
  void derive_target_layers();
};

/// One packet's descriptor, with the template's values filled in.
struct DependencyFrame {
  bool start_of_frame = false;
  bool end_of_frame = false;
  uint8_t template_id = 0;
  uint16_t frame_number = 0;
  bool has_structure = false;  // comes along: a key frame begins
  bool has_active = false;     // `active` comes along
  bool custom_indications = false;
  bool custom_diffs = false;
  bool custom_chains = false;
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  DecodeTargetIndications indications;
  FrameDiffs frame_diffs;
  /// Back to the previous frame of each chain; 0 = the chain begins here.
  std::array<uint8_t, kMaxChains> chain_diffs{};
  /// Targets that the sender produces; all of them unless told.
  uint32_t active = 0;
  uint16_t active_at = 0;  // bit position where the mask is or would be, 0 = in a descriptor of three bytes
  uint16_t bits = 0;       // used; the rest is padding
  std::shared_ptr<const DependencyStructure> structure;
};

enum class DependencyParse : uint8_t {
  Ok,
  /// Its template is in no structure that we have; only the first three bytes' fields are filled in.
  UnknownTemplate,
  Malformed,
};

/// `known` = the structure in force, may be null. A structure in the packet itself is used instead of it.
[[nodiscard]] DependencyParse dependency_parse(ByteSpan extension,
                                               const std::shared_ptr<const DependencyStructure>& known,
                                               DependencyFrame& frame);

/// Writes the descriptor of `frame`, whose `structure` must be set, as its flags say (`active_at` and `bits` are not
/// used). Size in bytes, 0 when it does not fit or fields do not fit their bits.
[[nodiscard]] size_t dependency_write(MutableByteSpan out, const DependencyFrame& frame);

/// A copy of a parsed descriptor with another frame number and, when given, another mask of active targets, which is
/// put in where there was none. Size in bytes, 0 when it does not fit.
[[nodiscard]] size_t dependency_rewrite(MutableByteSpan out, ByteSpan extension, const DependencyFrame& frame,
                                        uint16_t frame_number, std::optional<uint32_t> active);

/// The same in place, for the frame number alone.
inline void dependency_set_frame_number(uint8_t* extension, uint16_t frame_number) {
  store_u16(extension + 1, frame_number);
}

}  // namespace parley
