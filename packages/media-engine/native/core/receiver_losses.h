// Which share of our packets a receiver missed, over all streams of a report (RFC 3550 §6.4.1): fractions of single
// streams say little, as one lost packet of two is half of a quiet stream.
#pragma once

#include <optional>
#include <unordered_map>

#include "rtcp.h"

namespace parley {

class ReceiverLosses {
 public:
  void on_block(const RtcpReportBlock& block);
  /// In 1/256, of all packets that the blocks since the last call tell of; nullopt when they tell of none.
  [[nodiscard]] std::optional<uint8_t> take_fraction();

 private:
  static constexpr size_t kMaxStreams = 256;
  struct Stream {
    uint32_t highest = 0;
    int32_t lost = 0;
  };
  std::unordered_map<uint32_t, Stream> streams_;
  int64_t expected_ = 0;
  int64_t lost_ = 0;
};

}  // namespace parley
