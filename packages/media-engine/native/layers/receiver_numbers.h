// One receiver's numbers of one stream: sequence numbers, timestamps, picture ids, TL0PICIDX and frame numbers that go
// on whatever was dropped or switched on the way, and the way back from a number that a receiver asks for again.
//
//   segment 0          | segment 1: other encoding, offsets anew | segment 2: a VP8 picture was dropped | …
//   out 500 501 502 503| 504 505 …                               | picture id offset one less
//
// State is two bounded lists: SequenceMapper's ranges, and segments "from this outgoing number on, these offsets and
// this selection". Both forget their oldest entries.
#pragma once

#include <deque>

#include "../core/sequence_mapper.h"
#include "selection.h"

namespace parley {

class ReceiverNumbers {
 public:
  struct Config {
    /// Should be random and below 32768 (RFC 3711 §3.3.1).
    uint16_t first_sequence = 0;
    uint32_t clock_rate_hz = 90000;
    /// Entries of either list. A stream that drops a frame of every two at 30 frames per second uses 15 a second.
    size_t max_entries = 96;
  };
  /// Added to the sender's values.
  struct Offsets {
    uint32_t timestamp = 0;
    uint16_t picture_id = 0;
    uint16_t frame_number = 0;
    uint8_t tl0_pic_idx = 0;
  };
  struct Segment {
    uint64_t first_out = 0;
    Offsets offsets;
    Selection selection;
    /// The first so many numbers are kept for packets of this timestamp only.
    uint32_t lead_timestamp = 0;
    uint8_t lead = 0;
    /// The first so many packets tell the mask of active decode targets.
    uint8_t announce = 0;
  };

  explicit ReceiverNumbers(const Config& config);

  /// Numbers below `next_out` were used by somebody else. When there are any, everything is forgotten: call before
  /// `begin`.
  void skip_to(uint64_t next_out);

  /// Packets come from this packet's encoding from now on. `lead` numbers are kept for packets before it that may still
  /// come.
  void begin(const LayerPacket& first, const Selection& selection, uint8_t lead);
  /// The encoding goes on, but its own numbers have jumped: continue them.
  void anchor(const LayerPacket& packet);
  /// True when this packet's numbers do not follow those of its encoding so far: the sender began anew.
  [[nodiscard]] bool jumped(const LayerPacket& packet) const;

  /// Outgoing number for the newest packet of the encoding; to be forwarded, or to be kept for later.
  [[nodiscard]] std::optional<uint64_t> take(const LayerPacket& packet);
  /// Outgoing number that was kept for an older packet; nullopt when there is none.
  [[nodiscard]] std::optional<uint64_t> find(const LayerPacket& packet);
  /// The highest number of the encoding that was begun last, forwarded or not.
  [[nodiscard]] uint64_t highest() const { return highest_; }
  /// The newest packet is left out, and later ones close the gap. `lost_too`: so do packets missing before it.
  void drop(const LayerPacket& packet, bool lost_too);
  /// Packets missing before this newest one, which is to be taken, close their gap too.
  void close_before(const LayerPacket& packet) { mapper_.restart(tag_, packet.sequence); }
  /// From this outgoing number on, another selection. `announce` = tell the receiver its active decode targets.
  void select(uint64_t from_out, const Selection& selection, bool announce);
  /// Remember what the receiver has got.
  void on_forwarded(const LayerPacket& packet, const Segment& segment);

  [[nodiscard]] const Segment* segment_of(uint64_t out) const;
  [[nodiscard]] const Segment& newest() const { return segments_.back(); }
  [[nodiscard]] std::optional<SequenceMapper::Origin> origin_of(uint16_t out) const { return mapper_.unmap(out); }
  [[nodiscard]] uint64_t next_out() const { return mapper_.next_out(); }
  [[nodiscard]] bool started() const { return !segments_.empty(); }
  /// Bytes held, about.
  [[nodiscard]] size_t memory() const;

  /// SequenceMapper's name for an encoding of a generation.
  [[nodiscard]] static uint8_t tag(uint8_t generation, uint8_t encoding) {
    return static_cast<uint8_t>(generation * kEncodings + encoding % kEncodings);
  }
  [[nodiscard]] static uint8_t encoding_of(uint8_t tag) { return tag % kEncodings; }
  /// Generations are known up to 32.
  [[nodiscard]] static uint8_t generation_of(uint8_t tag) { return tag / kEncodings; }
  static constexpr uint8_t kEncodings = 8;

 private:
  struct Sent {
    uint32_t timestamp = 0;
    Micros arrived = 0;
    std::optional<uint16_t> picture_id;
    std::optional<uint16_t> frame_number;
    std::optional<uint8_t> tl0_pic_idx;
  };
  /// The newest packet of the encoding that was begun last, forwarded or not, as the sender numbered it.
  struct Newest {
    uint32_t timestamp = 0;
    Micros arrived = 0;
    std::optional<uint16_t> picture_id;
    std::optional<uint16_t> frame_number;
  };
  /// One moment on the sender's clock and its outgoing timestamp; places all encodings on one time line.
  struct Moment {
    uint64_t ntp_time = 0;
    uint32_t timestamp = 0;
    uint8_t generation = 0;
  };

  [[nodiscard]] Offsets continue_from(const LayerPacket& packet) const;
  [[nodiscard]] uint32_t continued_timestamp(const LayerPacket& packet) const;
  void remember(const LayerPacket& packet);
  [[nodiscard]] Segment next_segment(uint64_t first_out) const;
  void push(const Segment& segment);

  // given
  const Config config_;
  // state
  SequenceMapper mapper_;
  std::deque<Segment> segments_;  // oldest first
  uint8_t tag_ = 0;               // of the encoding that was begun last
  uint64_t highest_ = 0;
  std::optional<Sent> sent_;  // the newest
  std::optional<Moment> moment_;
  std::optional<Newest> newest_;
};

/// Picture id and TL0PICIDX of whichever descriptor is there.
[[nodiscard]] std::optional<uint16_t> picture_id_of(const LayerPacket& packet);
[[nodiscard]] std::optional<uint8_t> tl0_pic_idx_of(const LayerPacket& packet);
/// All ones in the width of the packet's picture id.
[[nodiscard]] uint16_t picture_id_mask(const LayerPacket& packet);

}  // namespace parley
