// The last second or so of one encoding, by extended sequence number: what retransmissions are answered from.
#pragma once

#include <vector>

#include "packet.h"

namespace parley {

class PacketHistory {
 public:
  struct Config {
    /// Packets older than this are let go, as new ones arrive or by `expire`.
    Micros max_age = 1500 * kMillisecond;
    /// Ring size; rounded up to a power of two. Grows to it from small.
    size_t max_packets = 1024;
    size_t max_bytes = 1024 * 1024;
  };
  PacketHistory() : PacketHistory(Config{}) {}
  explicit PacketHistory(const Config& config);

  enum class Insert : uint8_t { Added, Duplicate, TooOld };
  /// Keeps a reference under `packet->sequence`. A packet already there is not replaced, and a number is `Added` once
  /// only, also after its packet was let go.
  Insert insert(const PacketRef& packet);
  /// Lets go of what is older than `max_age`. Inserting does that too, but a stream that fell silent inserts nothing.
  void expire(Micros now);
  /// nullptr when it never came or is gone. Valid until the next `insert` or `expire`.
  [[nodiscard]] const PacketRef* find(uint64_t sequence) const;
  void clear();

  [[nodiscard]] size_t packets() const { return packets_; }
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] uint64_t highest() const { return end_ == 0 ? 0 : end_ - 1; }

 private:
  void grow();
  void drop_oldest();
  void trim(Micros now);

  Config config_;
  std::vector<PacketRef> ring_;   // slot = sequence % size
  uint64_t begin_ = 0, end_ = 0;  // numbers covered: [begin_, end_), at most ring_.size() long
  uint64_t floor_ = 0;            // one past the last packet let go; holes behind it may still be filled
  size_t packets_ = 0;
  size_t bytes_ = 0;
};

}  // namespace parley
