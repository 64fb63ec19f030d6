// One receiver's numbering of one forwarded source. What the receiver sees has no holes but real losses, whatever we
// paused, dropped or switched; and a NACK for an outgoing number finds the packet it meant. State is a list of ranges
// "from here, outgoing = incoming + offset", not a table of packets.
//
//   incoming  encoding 0: 100 101 102 | encoding 2: 7000 7001 [7002 dropped] 7003
//   outgoing              500 501 502 |              503  504                 505
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace parley {

class SequenceMapper {
 public:
  /// `first_out` should be random and below 32768 (RFC 3711 §3.3.1). Older ranges than `max_ranges` are forgotten.
  explicit SequenceMapper(uint16_t first_out, size_t max_ranges = 64);

  /// From now on packets come from `stream` (an encoding's index), beginning with extended number `next_in`; the
  /// numbering continues behind everything mapped so far. Call at the start and at every switch or resume.
  void restart(uint8_t stream, uint64_t next_in);
  /// Numbers below `next_out` were used by somebody else. When there are any, all ranges are forgotten: call before
  /// `restart`.
  void skip_to(uint64_t next_out);
  /// Outgoing extended number (its upper bits are SRTP's rollover counter) of a packet to forward. nullopt: the packet
  /// belongs to no range (older than its start, dropped, or too old to remember) and must not be forwarded.
  [[nodiscard]] std::optional<uint64_t> map(uint8_t stream, uint64_t in);
  /// This packet is left out on purpose; later ones close the gap. A packet older than one already mapped cannot close
  /// its gap any more: nothing happens.
  void drop(uint8_t stream, uint64_t in);

  struct Origin {
    uint8_t stream = 0;
    uint64_t in = 0;
    uint64_t out = 0;
  };
  /// Whence an outgoing number came; nullopt when it was never used, or too long ago.
  [[nodiscard]] std::optional<Origin> unmap(uint16_t out) const;

  /// One past the highest number used.
  [[nodiscard]] uint64_t next_out() const { return next_out_; }
  [[nodiscard]] bool started() const { return !ranges_.empty(); }
  [[nodiscard]] size_t range_count() const { return ranges_.size(); }

 private:
  struct Range {
    uint64_t out_first = 0;
    uint64_t in_first = 0;
    uint8_t stream = 0;
  };
  /// One past the last outgoing number of the i-th range.
  [[nodiscard]] uint64_t range_end(size_t i) const;
  void begin_range(uint8_t stream, uint64_t in);

  std::deque<Range> ranges_;  // oldest first; the last one is open
  size_t max_ranges_;
  uint64_t next_out_;
};

}  // namespace parley
