// Which packets were sent again a moment ago, so that a receiver who asks for the same number over and over gets it once
// per round trip: an answer that is still on its way is not sent twice, and small NACKs do not become large traffic.
//
// A table of fixed size, in which a newer entry takes the place of an older one. Forgetting makes it more generous, never
// less; the bound on all retransmissions of a receiver is another one.
#pragma once

#include <vector>

#include "clock.h"

namespace parley {

class ResendLog {
 public:
  /// So many consecutive numbers of one stream never displace each other.
  static constexpr size_t kSize = 512;

  /// Whether `number` of the stream `ssrc` was not sent again within the last `pause`.
  [[nodiscard]] bool allows(Micros now, uint32_t ssrc, uint16_t number, Micros pause) const {
    if (entries_.empty()) return true;
    const Entry& entry = entries_[slot(ssrc, number)];
    return entry.ssrc != ssrc || entry.number != number || now - entry.at >= pause;
  }
  /// It was sent again.
  void add(Micros now, uint32_t ssrc, uint16_t number) {
    // Most receivers never ask for anything.
    if (entries_.empty()) entries_.resize(kSize);
    entries_[slot(ssrc, number)] = {now, ssrc, number};
  }

 private:
  struct Entry {
    Micros at = -kNever / 2;
    uint32_t ssrc = 0;
    uint16_t number = 0;
  };
  // Multiplied, so that streams with neighbouring SSRCs and numbers do not meet in one place.
  static size_t slot(uint32_t ssrc, uint16_t number) { return ((ssrc * 2654435761u >> 16) + number) % kSize; }

  std::vector<Entry> entries_;
};

}  // namespace parley
