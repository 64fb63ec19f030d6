// One source as one receiver is to see it, packet by packet: one stream with continuous numbers, made of the wanted
// layers of whichever encoding is right (RFC 7667 §3.7). The facade over the rules of each scheme and over the
// receiver's numbers.
//
//   LayerPacket ─▶ which encoding? ─▶ Simulcast- │ Svc- │ DependencyDescriptorProjection ─▶ ReceiverNumbers
//                  (key frames)       which layers?                                         which numbers?
//
//   waiting ──key frame──▶ forwarding e ──key frame of an encoding nearer the target, or of any when e is silent──▶ it
//
// A packet to leave out whose number was kept, because it was missing when later ones went out, becomes a blank packet:
// padding without media, so that the receiver stops asking for it.
#pragma once

#include <variant>

#include "dependency_descriptor_projection.h"
#include "receiver_numbers.h"
#include "simulcast_projection.h"
#include "svc_projection.h"

namespace parley {

/// What to do with a packet, and its fields at the receiver.
struct Projected {
  enum class Action : uint8_t {
    Drop,
    Forward,
    /// Send `rtp` header, sequence number and timestamp with padding only (see kBlankPadding).
    Blank,
  };
  Action action = Action::Drop;
  /// Left out though nobody chose so: what the packet is cannot be told, or there is no number for it any more.
  bool is_lost = false;
  uint64_t sequence = 0;  // extended: its upper bits are SRTP's rollover counter
  uint32_t timestamp = 0;
  bool marker = false;
  /// True: write_payload_descriptor() must be asked for the first bytes of the payload.
  bool payload_changes = false;
  uint16_t picture_id = 0;
  uint8_t tl0_pic_idx = 0;
  /// What becomes of the dependency descriptor.
  enum class Descriptor : uint8_t {
    Same,
    /// Put `frame_number` into its bytes 1 and 2 (dependency_set_frame_number).
    FrameNumber,
    /// Replace it by what write_dependency_descriptor() writes; its size changes.
    Rewrite,
  };
  Descriptor descriptor = Descriptor::Same;
  uint16_t frame_number = 0;
  std::optional<uint32_t> active;  // decode targets
};

/// The whole of a blank packet's payload: padding that counts itself. The header's padding bit must be set.
inline constexpr uint8_t kBlankPadding[1] = {1};

/// Bytes written: they replace as many at the begin of the payload. 0 = the payload stays as it is, or does not fit.
[[nodiscard]] size_t write_payload_descriptor(MutableByteSpan out, ByteSpan payload, const LayerPacket& packet,
                                              const Projected& projected);
/// The extension's new bytes, at most 5 more than before; 0 = does not fit.
[[nodiscard]] size_t write_dependency_descriptor(MutableByteSpan out, ByteSpan extension, const LayerPacket& packet,
                                                 const Projected& projected);

class StreamProjection {
 public:
  /// Where an outgoing number came from.
  struct Origin {
    uint8_t generation = 0;  // modulo 32
    uint8_t encoding = 0;
    uint64_t sequence = 0;
    uint64_t out = 0;
  };

  StreamProjection(const ReceiverNumbers::Config& config, const LayerId& target);

  /// The highest layers that the receiver may have; taken up as the stream allows. Cheap when nothing changes.
  void set_target(const LayerId& target) { target_ = target; }
  [[nodiscard]] const LayerId& target() const { return target_; }
  /// Paused, or another source: nothing is forwarded until a key frame. Numbers go on.
  void restart() { current_.reset(); }
  /// Outgoing numbers below `next_out` were used by somebody else under the same SSRC and key. Restarts when there are
  /// any.
  void skip_to(uint64_t next_out) {
    if (next_out > numbers_.next_out()) restart();
    numbers_.skip_to(next_out);
  }

  /// A packet of any encoding, as it arrives; also late ones that were repaired. Each packet only once.
  [[nodiscard]] Projected project(const LayerPacket& packet);
  /// Of a number that the receiver asks for again: which packet it is. nullopt when it was never used or is forgotten.
  [[nodiscard]] std::optional<Origin> origin_of(uint16_t sequence_number) const;
  /// The same result as at first for the packet of that origin, as LayerReader::read_again describes it.
  [[nodiscard]] Projected project_again(const LayerPacket& packet, uint64_t out) const;

  /// The encoding that a key frame is to be asked for, if any. `active_encodings` = bit i: encoding i is being sent
  /// (LayerTable::active_encodings).
  [[nodiscard]] std::optional<uint8_t> key_frame_needed(uint8_t active_encodings, Micros now) const;

  /// Nothing is forwarded until a key frame.
  [[nodiscard]] bool waiting() const { return !current_; }
  /// What is forwarded now; empty while waiting for a key frame.
  [[nodiscard]] std::optional<LayerId> current() const;
  /// For sender reports: what was added to the newest packet's timestamp.
  [[nodiscard]] uint32_t timestamp_offset() const;
  /// One past the highest number used.
  [[nodiscard]] uint64_t next_out() const { return numbers_.next_out(); }
  /// Bytes held, about: 1 KB, and at most 7 KB while VP8 pictures are left out.
  [[nodiscard]] size_t memory() const { return sizeof *this - sizeof numbers_ + numbers_.memory(); }

 private:
  struct WholeProjection {
    static constexpr LayerScheme kScheme = LayerScheme::Whole;
    void start(const LayerPacket&, const LayerId&) {}
    void update(const LayerPacket&, const LayerId&) {}
    void on_decided(const LayerPacket&, bool, bool) {}
    void on_late(const LayerPacket&) {}
    [[nodiscard]] const Selection& selection() const { return selection_; }
    [[nodiscard]] bool needs_key_frame(const LayerId&, Micros) const { return false; }
    Selection selection_;
  };
  using Rules = std::variant<WholeProjection, SimulcastProjection, SvcProjection, DependencyDescriptorProjection>;

  [[nodiscard]] bool may_start_with(const LayerPacket& packet) const;
  void start_with(const LayerPacket& packet);
  [[nodiscard]] Projected project_newest(const LayerPacket& packet);
  [[nodiscard]] Projected project_late(const LayerPacket& packet);
  [[nodiscard]] bool lost_left_out(const LayerPacket& packet) const;
  void drop(const LayerPacket& packet, bool lost_too);
  void remember(const LayerPacket& packet);
  void apply_selection(uint64_t out);
  [[nodiscard]] LayerScheme scheme() const;
  [[nodiscard]] const Selection& selection() const;
  [[nodiscard]] static bool belongs(const LayerPacket& packet, uint64_t out, const ReceiverNumbers::Segment& segment);
  [[nodiscard]] static Projected rewrite(const LayerPacket& packet, uint64_t out,
                                         const ReceiverNumbers::Segment& segment);
  [[nodiscard]] static Projected lost();
  [[nodiscard]] static Projected blank(const LayerPacket& packet, uint64_t out,
                                       const ReceiverNumbers::Segment& segment);

  // state
  LayerId target_;
  ReceiverNumbers numbers_;
  Rules rules_;
  std::optional<uint8_t> current_;  // encoding
  uint8_t generation_ = 0;
  Micros last_arrived_ = 0;  // from the current encoding
  bool other_scheme_ = false;  // its newest packets cannot be understood by the rules in force
  /// The newest packet of the current encoding.
  struct Last {
    uint32_t timestamp = 0;
    bool rest_left_out = false;  // whatever follows it in its picture is not forwarded
    std::optional<uint16_t> picture_id;
    std::optional<uint16_t> frame_number;
  };
  std::optional<Last> last_;
};

}  // namespace parley
