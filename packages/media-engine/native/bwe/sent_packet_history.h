// What was sent to one receiver and not yet accounted for: transport-wide sequence numbers handed out, and matched
// against the receiver's feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
//
//   begin ≤ … accounted for, kept for late corrections … ≤ reported_end ≤ … in flight … ≤ next
//
// Bounded: eight bytes a packet, at most Config::max_packets of them, none older than Config::max_age. A packet that is
// pushed out while in flight counts as lost without a word, and feedback about a packet that is gone counts as
// unmatched: both mean that the path (or the receiver, or this host) is behind by more than the history, which is
// congestion and must never look like silence.
#pragma once

#include <vector>

#include "../core/twcc.h"
#include "rate.h"

namespace parley {

/// Outcome of one packet.
struct PacketReport {
  enum class Outcome : uint8_t {
    Arrived,
    /// Reported missing.
    Lost,
    /// Reported missing before, and now arrived.
    Recovered,
    /// Feedback about it was lost itself; nothing is known.
    Unreported,
  };
  uint64_t sequence = 0;  // extended
  Micros sent_at = 0;
  Micros arrived_at = 0;  // the receiver's clock; only when Arrived or Recovered
  uint16_t bytes = 0;
  uint8_t probe = 0;  // probe cluster, 0 = none
  Outcome outcome = Outcome::Arrived;
};

/// Packets whose fate was learned too late, or never.
struct StalePackets {
  /// Feedback about packets that the history has forgotten, or that were never sent.
  uint32_t unmatched = 0;
  /// Left the history without any feedback.
  uint32_t expired = 0;
  int64_t expired_bytes = 0;
};

class SentPacketHistory {
 public:
  struct Config {
    /// A power of two, at most 16384 so that 16-bit numbers stay unambiguous. 4096 is 32 KiB: two seconds at 24 Mbps.
    size_t max_packets = 4096;
    Micros max_age = 6 * kSecond;
  };
  SentPacketHistory() : SentPacketHistory(Config{}) {}
  explicit SentPacketHistory(const Config& config);

  /// The packet leaves now. Returns its number on the wire.
  uint16_t on_sent(Micros now, size_t bytes, uint8_t probe, StalePackets& stale);
  /// Appends what this feedback tells, in the order of sending.
  void match(Micros now, const TransportCcFeedback& feedback, std::vector<PacketReport>& reports, StalePackets& stale);
  /// Lets go of what is too old.
  void expire(Micros now, StalePackets& stale);
  /// What is in flight went over another route: its fate says nothing about this one.
  void forget();

  /// Sent and not reported, in any way, so far.
  [[nodiscard]] int64_t in_flight_bytes() const { return in_flight_bytes_; }
  [[nodiscard]] size_t in_flight_packets() const { return static_cast<size_t>(next_ - first_in_flight()); }
  /// When the oldest packet in flight was sent; kNever when there is none.
  [[nodiscard]] Micros oldest_in_flight(Micros now) const;
  [[nodiscard]] size_t memory_bytes() const { return ring_.capacity() * sizeof(Entry); }

 private:
  enum class State : uint8_t { InFlight, Arrived, Lost, Unreported };
  struct Entry {
    uint32_t sent = 0;  // low bits of the clock, as max_age is far below 2^32 µs
    uint16_t bytes = 0;
    uint8_t probe = 0;
    State state = State::InFlight;
  };

  [[nodiscard]] Entry& entry(uint64_t number) { return ring_[number % ring_.size()]; }
  [[nodiscard]] const Entry& entry(uint64_t number) const { return ring_[number % ring_.size()]; }
  [[nodiscard]] uint64_t first_in_flight() const { return std::max(begin_, reported_end_); }
  [[nodiscard]] static Micros sent_at(const Entry& entry, Micros now);
  [[nodiscard]] PacketReport report_of(uint64_t number, Micros now) const;
  void pop_front(StalePackets& stale);
  void make_room(StalePackets& stale);
  [[nodiscard]] Micros arrival_base(int32_t reference_time);

  Config config_;
  std::vector<Entry> ring_;
  uint64_t begin_ = 0x10000;
  uint64_t reported_end_ = 0x10000;
  uint64_t next_ = 0x10000;
  uint64_t forgotten_ = 0;  // nothing said about packets before this one counts
  int64_t in_flight_bytes_ = 0;
  bool reference_known_ = false;
  int32_t last_reference_ = 0;
  int64_t reference_ = 0;  // unwrapped, in units of 64 ms
};

}  // namespace parley
