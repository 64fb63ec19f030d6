// Which packets of one SSRC to ask for again, and when (RFC 4585 §6.2.1): missing numbers wait out a little reordering,
// are asked for a little less than once per round trip, and are given up after some tries or when they are too old; giving up on
// video means that only a key frame helps.
#pragma once

#include <deque>
#include <vector>

#include "bytes.h"
#include "clock.h"

namespace parley {

class NackGenerator {
 public:
  struct Config {
    /// A gap is believed when this much time has passed, or that many newer packets have come.
    Micros reorder_wait = 10 * kMillisecond;
    uint64_t reorder_packets = 3;
    Micros min_retry = 20 * kMillisecond;
    /// On top of a round trip and a quarter.
    Micros retry_margin = 10 * kMillisecond;
    Micros default_rtt = 100 * kMillisecond;
    int max_tries = 10;
    Micros max_age = 1000 * kMillisecond;
    size_t max_missing = 512;
  };
  NackGenerator() : NackGenerator(Config{}) {}
  explicit NackGenerator(const Config& config);

  /// `sequence` is extended. A packet that fills a gap (late or retransmitted) takes it off the list.
  /// `key_frame_start`: numbers before this packet need no repair any more, but for the last `lead`.
  void on_packet(Micros now, uint64_t sequence, bool key_frame_start = false, uint8_t lead = 0);
  /// −1 = unknown.
  void set_rtt(Micros rtt) { rtt_ = rtt; }
  /// Stop wanting everything, e.g. when the source is blocked.
  void clear();

  /// kNever when nothing is missing.
  [[nodiscard]] Micros next_deadline() const;
  /// Numbers (low 16 bits, ascending) to ask for now; each is counted as asked. `out` is cleared first.
  void take_due(Micros now, std::vector<uint16_t>& out);
  /// True once after repair was given up on something.
  [[nodiscard]] bool take_key_frame_needed();

  [[nodiscard]] size_t missing() const { return missing_.size(); }
  /// Packets that were repaired or arrived late after having been asked for.
  [[nodiscard]] uint64_t recovered() const { return recovered_; }

 private:
  struct Missing {
    uint64_t sequence = 0;
    Micros noticed = 0;
    Micros next_try = 0;
    int tries = 0;
  };
  [[nodiscard]] Micros due(const Missing& m) const;

  Config config_;
  std::deque<Missing> missing_;  // ascending
  uint64_t highest_ = 0;
  bool started_ = false;
  bool key_frame_needed_ = false;
  uint64_t recovered_ = 0;
  Micros rtt_ = -1;
};

}  // namespace parley
