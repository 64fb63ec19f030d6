// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): a receiver that
// turns arrivals into feedback for the sender's bandwidth estimator, and the parser for the other direction.
//
//   FCI: | base sequence | status count | reference time (24 bits, 64 ms) | feedback count (8) | chunks | deltas (250 µs)
#pragma once

#include <optional>
#include <vector>

#include "bytes.h"
#include "clock.h"
#include "sequence.h"

namespace parley {

/// Unit of arrival deltas.
inline constexpr Micros kTransportCcTick = 250;

class TransportCcReceiver {
 public:
  struct Config {
    /// Feedback takes a twentieth of what arrives, within these bounds: a voice alone is not worth twenty reports a
    /// second.
    Micros interval = 50 * kMillisecond;
    Micros max_interval = 250 * kMillisecond;
    /// A burst makes feedback due early, so that one report stays within one packet.
    size_t max_packets_per_feedback = 400;
    /// Arrivals kept between two reports, at most; what is beyond is reported as lost.
    size_t max_history = 4096;
  };
  TransportCcReceiver() : TransportCcReceiver(Config{}) {}
  explicit TransportCcReceiver(const Config& config);

  /// A packet of so many bytes with this transport-wide number has arrived (and was authentic).
  void on_packet(Micros now, uint16_t sequence_number, size_t bytes);
  /// When feedback is due; kNever when there is nothing to report.
  [[nodiscard]] Micros next_deadline() const { return deadline_; }
  /// Writes the next FCI, to be sent as TransportFeedback with kFmtTransportCc. Returns its size (a multiple of four),
  /// 0 when nothing is left to report. Call until it returns 0 once the deadline has passed. `out` should have ≥ 128
  /// bytes.
  [[nodiscard]] size_t write_feedback(Micros now, MutableByteSpan out);

 private:
  static constexpr Micros kMissing = -1;

  Config config_;
  SequenceUnwrapper unwrapper_;
  Micros& slot(uint64_t number) { return arrivals_[number % arrivals_.size()]; }
  void make_room(uint64_t number);
  void adapt_interval(Micros now);
  void restart_at(uint64_t number);
  void collect(std::vector<uint8_t>& symbols, std::vector<int16_t>& deltas, int64_t& reference, size_t room,
               Micros now);

  std::vector<Micros> arrivals_;  // ring over extended numbers [begin_, end_); size is a power of two
  uint64_t begin_ = 0;            // first number remembered, reported or not
  uint64_t base_ = 0;             // first number not yet reported
  uint64_t end_ = 0;              // one past the highest seen
  size_t pending_ = 0;            // arrivals since the last report
  Micros interval_ = 0;           // at present
  Micros reported_ = -1;          // when the last report was made
  size_t bytes_ = 0;              // arrived since then
  std::vector<uint8_t> symbols_;  // of the report being written; kept to save allocations
  std::vector<int16_t> deltas_;
  uint8_t feedback_count_ = 0;
  Micros deadline_ = kNever;
};

struct TransportCcStatus {
  uint16_t sequence_number = 0;
  bool received = false;
  /// Since the feedback's reference time; only when received.
  Micros arrival_offset = 0;
};
struct TransportCcFeedback {
  uint16_t base_sequence = 0;
  /// Multiples of 64 ms, 24 bits, signed, wrapping.
  int32_t reference_time = 0;
  uint8_t feedback_count = 0;
  std::vector<TransportCcStatus> statuses;
};
/// A few bytes of run-length chunks can announce 65535 packets; no sender has that many in flight in one report.
inline constexpr size_t kTransportCcMaxStatuses = 8192;
/// False when chunks or deltas do not add up, or more than kTransportCcMaxStatuses packets are announced.
[[nodiscard]] bool transport_cc_parse(ByteSpan fci, TransportCcFeedback& feedback);

}  // namespace parley
