// Reception of one SSRC, for receiver reports (RFC 3550 §6.4.1, appendices A.3 and A.8).
#pragma once

#include "clock.h"
#include "rtcp.h"

namespace parley {

class ReceiveStats {
 public:
  ReceiveStats(uint32_t ssrc, uint32_t clock_rate_hz);

  /// `sequence` is extended (SRTP's index). Call for every packet that was not a duplicate, retransmissions excepted.
  void on_packet(Micros now, uint64_t sequence, uint32_t rtp_timestamp, size_t bytes);
  void on_sender_report(Micros now, uint64_t ntp_time);

  /// A block for the next report; starts the next interval of `fraction_lost`.
  [[nodiscard]] RtcpReportBlock make_report_block(Micros now);

  [[nodiscard]] uint64_t packets() const { return packets_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  /// Interarrival jitter in timestamp units.
  [[nodiscard]] uint32_t jitter() const { return static_cast<uint32_t>(jitter_ >> 4); }
  [[nodiscard]] int64_t lost() const;
  [[nodiscard]] Micros last_arrival() const { return last_arrival_; }

 private:
  uint32_t ssrc_;
  uint32_t clock_rate_hz_;
  bool started_ = false;
  uint64_t first_ = 0;
  uint64_t highest_ = 0;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  uint64_t reported_expected_ = 0;
  uint64_t reported_packets_ = 0;
  uint64_t jitter_ = 0;  // scaled by 16, as in A.8
  uint32_t last_timestamp_ = 0;
  Micros last_arrival_ = 0;
  uint32_t last_sr_ = 0;
  Micros last_sr_arrival_ = 0;
};

}  // namespace parley
