#include "sent_packet_history.h"

namespace parley {

namespace {

constexpr size_t kFirstCapacity = 128;
constexpr Micros kReferenceUnit = 64 * kMillisecond;

}  // namespace

SentPacketHistory::SentPacketHistory(const Config& config)
    : config_(config), ring_(std::min(kFirstCapacity, config.max_packets)) {}

Micros SentPacketHistory::sent_at(const Entry& entry, Micros now) {
  return now - static_cast<Micros>(static_cast<uint32_t>(static_cast<uint64_t>(now)) - entry.sent);
}

PacketReport SentPacketHistory::report_of(uint64_t number, Micros now) const {
  const Entry& e = entry(number);
  PacketReport report;
  report.sequence = number;
  report.sent_at = sent_at(e, now);
  report.bytes = e.bytes;
  report.probe = e.probe;
  return report;
}

void SentPacketHistory::pop_front(StalePackets& stale) {
  const Entry& e = entry(begin_);
  if (begin_ >= reported_end_) {
    in_flight_bytes_ -= e.bytes;
    stale.expired++;
    stale.expired_bytes += e.bytes;
  }
  begin_++;
}

void SentPacketHistory::make_room(StalePackets& stale) {
  if (next_ - begin_ < ring_.size()) return;
  if (ring_.size() * 2 > config_.max_packets) {
    pop_front(stale);
    return;
  }
  std::vector<Entry> bigger(ring_.size() * 2);
  for (uint64_t n = begin_; n < next_; n++) bigger[n % bigger.size()] = entry(n);
  ring_.swap(bigger);
}

uint16_t SentPacketHistory::on_sent(Micros now, size_t bytes, uint8_t probe, StalePackets& stale) {
  expire(now, stale);
  make_room(stale);
  Entry& e = entry(next_);
  e.sent = static_cast<uint32_t>(static_cast<uint64_t>(now));
  e.bytes = static_cast<uint16_t>(std::min<size_t>(bytes, UINT16_MAX));
  e.probe = probe;
  e.state = State::InFlight;
  in_flight_bytes_ += e.bytes;
  return static_cast<uint16_t>(next_++);
}

void SentPacketHistory::expire(Micros now, StalePackets& stale) {
  while (begin_ < next_ && now - sent_at(entry(begin_), now) > config_.max_age) pop_front(stale);
}

void SentPacketHistory::forget() {
  begin_ = reported_end_ = forgotten_ = next_;
  in_flight_bytes_ = 0;
}

Micros SentPacketHistory::oldest_in_flight(Micros now) const {
  const uint64_t first = first_in_flight();
  return first < next_ ? sent_at(entry(first), now) : kNever;
}

// The 24 bits wrap every twelve days.
Micros SentPacketHistory::arrival_base(int32_t reference_time) {
  if (reference_known_) {
    const uint32_t difference = (static_cast<uint32_t>(reference_time) - static_cast<uint32_t>(last_reference_)) << 8;
    reference_ += static_cast<int32_t>(difference) >> 8;
  } else {
    reference_ = reference_time;
    reference_known_ = true;
  }
  last_reference_ = reference_time;
  return reference_ * kReferenceUnit;
}

void SentPacketHistory::match(Micros now, const TransportCcFeedback& feedback, std::vector<PacketReport>& reports,
                              StalePackets& stale) {
  expire(now, stale);
  const Micros base_arrival = arrival_base(feedback.reference_time);
  if (feedback.statuses.empty()) return;
  // Feedback is about the past: the nearest number at or before the last one that was sent.
  const uint64_t last = next_ - 1;
  const uint16_t behind = static_cast<uint16_t>(static_cast<uint16_t>(last) - feedback.base_sequence);
  const uint64_t base = last - std::min<uint64_t>(behind, last);

  // Reports between the last feedback and this one were lost.
  for (reported_end_ = first_in_flight(); reported_end_ < std::min(base, next_); reported_end_++) {
    in_flight_bytes_ -= entry(reported_end_).bytes;
    entry(reported_end_).state = State::Unreported;
    reports.push_back(report_of(reported_end_, now));
    reports.back().outcome = PacketReport::Outcome::Unreported;
  }
  for (size_t i = 0; i < feedback.statuses.size(); i++) {
    const TransportCcStatus& status = feedback.statuses[i];
    const uint64_t number = base + i;
    if (number < begin_ || number >= next_) {
      if (number >= forgotten_) stale.unmatched++;
      continue;
    }
    Entry& e = entry(number);
    if (number >= reported_end_) {
      in_flight_bytes_ -= e.bytes;
      reported_end_ = number + 1;
    }
    const State before = e.state;
    if (before == State::Arrived || (before == State::Lost && !status.received)) continue;
    e.state = status.received ? State::Arrived : State::Lost;
    reports.push_back(report_of(number, now));
    PacketReport& report = reports.back();
    if (status.received) report.arrived_at = base_arrival + status.arrival_offset;
    report.outcome = !status.received        ? PacketReport::Outcome::Lost
                     : before == State::Lost ? PacketReport::Outcome::Recovered
                                             : PacketReport::Outcome::Arrived;
  }
}

}  // namespace parley
