#include "receive_stats.h"

#include <algorithm>

namespace parley {

ReceiveStats::ReceiveStats(uint32_t ssrc, uint32_t clock_rate_hz) : ssrc_(ssrc), clock_rate_hz_(clock_rate_hz) {}

void ReceiveStats::on_packet(Micros now, uint64_t sequence, uint32_t rtp_timestamp, size_t bytes) {
  if (!started_) {
    started_ = true;
    first_ = highest_ = sequence;
  } else {
    first_ = std::min(first_, sequence);
    highest_ = std::max(highest_, sequence);
    // RFC 3550 §6.4.1: D = difference of spacing at the receiver and at the sender; J += (|D| − J) / 16.
    // Signalled clock rates are up to 2^32; a pause of minutes says nothing about jitter, and must not overflow.
    const Micros passed = std::min<Micros>(now - last_arrival_, 1000 * kSecond);
    const int64_t arrival_units = passed * static_cast<int64_t>(clock_rate_hz_) / kSecond;
    const auto sent_units = static_cast<int32_t>(rtp_timestamp - last_timestamp_);
    const int64_t d = arrival_units - sent_units;
    // A jump of the media clock is no jitter; 2^24 units are minutes.
    const auto magnitude = static_cast<uint64_t>(std::min<int64_t>(d < 0 ? -d : d, 1 << 24));
    jitter_ = jitter_ + magnitude - ((jitter_ + 8) >> 4);
  }
  last_arrival_ = now;
  last_timestamp_ = rtp_timestamp;
  packets_++;
  bytes_ += bytes;
}

void ReceiveStats::on_sender_report(Micros now, uint64_t ntp_time) {
  last_sr_ = ntp_middle(ntp_time);
  last_sr_arrival_ = now;
}

int64_t ReceiveStats::lost() const {
  if (!started_) return 0;
  return static_cast<int64_t>(highest_ - first_ + 1) - static_cast<int64_t>(packets_);
}

RtcpReportBlock ReceiveStats::make_report_block(Micros now) {
  RtcpReportBlock block;
  block.ssrc = ssrc_;
  const uint64_t expected = started_ ? highest_ - first_ + 1 : 0;
  // Appendix A.3. Late packets can make an interval's loss negative: then none is reported.
  const auto expected_now = static_cast<int64_t>(expected - reported_expected_);
  const int64_t lost_now = expected_now - static_cast<int64_t>(packets_ - reported_packets_);
  reported_expected_ = expected;
  reported_packets_ = packets_;
  if (expected_now > 0 && lost_now > 0) {
    block.fraction_lost = static_cast<uint8_t>(std::min<int64_t>(lost_now * 256 / expected_now, 255));
  }
  block.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(lost(), -0x800000, 0x7FFFFF));
  block.highest_sequence = static_cast<uint32_t>(highest_);
  block.jitter = jitter();
  block.last_sr = last_sr_;
  if (last_sr_ != 0) {
    const auto since = static_cast<uint64_t>(std::max<Micros>(now - last_sr_arrival_, 0));
    block.delay_since_last_sr = static_cast<uint32_t>(since * 65536 / kSecond);
  }
  return block;
}

}  // namespace parley
