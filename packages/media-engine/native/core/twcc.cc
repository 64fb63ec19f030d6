// Arrivals are kept in a ring indexed by the extended number. A report covers [base_, …): everything between the first
// unreported number and the highest seen, the missing ones included. A packet that comes late, after its number was
// reported missing, moves base_ back, so that it is reported again with all that follow; senders ignore what they know.
#include "twcc.h"

#include <algorithm>

namespace parley {

namespace {

constexpr size_t kFciHead = 8;
constexpr int64_t kReferenceTicks = 256;  // 64 ms in units of 250 µs
// Reported numbers that are still remembered, for packets that come late.
constexpr uint64_t kLateWindow = 64;
constexpr size_t kRunLengthMax = 8191;
// A report of a few packets on the wire, and the share of the traffic that reports may be.
constexpr int64_t kReportBytes = 68;
constexpr int64_t kReportShare = 20;
// Symbols of a status chunk (draft §3.1.1).
constexpr uint8_t kNotReceived = 0;
constexpr uint8_t kSmallDelta = 1;
constexpr uint8_t kLargeDelta = 2;

int64_t tick_of(Micros at) { return at / kTransportCcTick; }

size_t delta_size(uint8_t symbol) { return symbol; }

size_t run_length(const std::vector<uint8_t>& symbols, size_t from) {
  size_t n = 1;
  while (from + n < symbols.size() && n < kRunLengthMax && symbols[from + n] == symbols[from]) n++;
  return n;
}

// |0|S S| run length (13)|   or   |1|0| 14 one-bit symbols|   or   |1|1| 7 two-bit symbols|
void write_chunks(Writer& w, const std::vector<uint8_t>& symbols) {
  for (size_t i = 0; i < symbols.size();) {
    const size_t run = run_length(symbols, i);
    if (run >= 14 || i + run == symbols.size()) {
      w.u16(static_cast<uint16_t>((size_t{symbols[i]} << 13) | run));
      i += run;
      continue;
    }
    const size_t narrow_end = std::min(i + 14, symbols.size());
    const auto first = symbols.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = symbols.begin() + static_cast<std::ptrdiff_t>(narrow_end);
    const bool narrow = std::find(first, last, kLargeDelta) == last;
    const size_t width = narrow ? 1 : 2;
    const size_t capacity = narrow ? 14 : 7;
    uint16_t chunk = narrow ? 0x8000 : 0xC000;
    for (size_t k = 0; k < capacity && i < symbols.size(); k++, i++) {
      chunk = static_cast<uint16_t>(chunk | (symbols[i] << (14 - width * (k + 1))));
    }
    w.u16(chunk);
  }
}

}  // namespace

TransportCcReceiver::TransportCcReceiver(const Config& config) : config_(config), arrivals_(256, kMissing), interval_(config.interval) {}

void TransportCcReceiver::restart_at(uint64_t number) {
  std::fill(arrivals_.begin(), arrivals_.end(), kMissing);
  begin_ = base_ = end_ = number;
  pending_ = 0;
}

// Make [begin_, number] fit the ring: grow it up to the limit, then forget from the front.
void TransportCcReceiver::make_room(uint64_t number) {
  if (number - begin_ >= config_.max_history && number - end_ >= config_.max_history) {
    restart_at(number);
    return;
  }
  while (number - begin_ >= arrivals_.size() && arrivals_.size() * 2 <= config_.max_history) {
    std::vector<Micros> bigger(arrivals_.size() * 2, kMissing);
    for (uint64_t n = begin_; n < end_; n++) bigger[n % bigger.size()] = slot(n);
    arrivals_.swap(bigger);
  }
  while (number - begin_ >= arrivals_.size()) {
    slot(begin_) = kMissing;
    begin_++;
  }
  base_ = std::max(base_, begin_);
}

void TransportCcReceiver::on_packet(Micros now, uint16_t sequence_number, size_t bytes) {
  bytes_ += bytes;
  const bool first = !unwrapper_.started();
  const uint64_t number = unwrapper_.unwrap(sequence_number);
  if (first) restart_at(number);
  if (number < begin_) return;  // too late to say anything about it
  if (number >= end_) {
    make_room(number);
    end_ = number + 1;
  }
  if (slot(number) != kMissing) return;
  slot(number) = now;
  if (number < base_) base_ = number;
  pending_++;
  if (deadline_ == kNever) deadline_ = now + interval_;
  if (pending_ >= config_.max_packets_per_feedback) deadline_ = std::min(deadline_, now);
}

// So that reports of this size are that share of what arrives.
void TransportCcReceiver::adapt_interval(Micros now) {
  if (reported_ >= 0 && bytes_ > 0) {
    const Micros wanted = kReportBytes * kReportShare * (now - reported_) / static_cast<int64_t>(bytes_);
    interval_ = std::clamp(wanted, config_.interval, std::max(config_.interval, config_.max_interval));
  }
  reported_ = now;
  bytes_ = 0;
}

// Symbols and deltas of as many packets from base_ on as surely fit into `room` bytes of chunks and deltas.
void TransportCcReceiver::collect(std::vector<uint8_t>& symbols, std::vector<int16_t>& deltas, int64_t& reference,
                                  size_t room, Micros now) {
  symbols.clear();
  deltas.clear();
  int64_t previous = 0;
  bool any = false;
  size_t delta_bytes = 0;
  const uint64_t limit = std::min(end_, base_ + kTransportCcMaxStatuses);
  for (uint64_t n = base_; n < limit && deltas.size() < config_.max_packets_per_feedback; n++) {
    const Micros at = slot(n);
    uint8_t symbol = kNotReceived;
    int64_t delta = 0;
    if (at != kMissing) {
      const int64_t tick = tick_of(at);
      if (!any) {
        reference = tick / kReferenceTicks;
        previous = reference * kReferenceTicks;
        any = true;
      }
      delta = tick - previous;
      if (delta < INT16_MIN || delta > INT16_MAX) break;  // a pause of more than eight seconds: another report
      symbol = delta >= 0 && delta <= 255 ? kSmallDelta : kLargeDelta;
      previous = tick;
    }
    // Seven symbols a chunk is the worst case.
    const size_t chunk_bytes = (symbols.size() / 7 + 1) * 2;
    if (chunk_bytes + delta_bytes + delta_size(symbol) > room) break;
    symbols.push_back(symbol);
    if (symbol == kNotReceived) continue;
    delta_bytes += delta_size(symbol);
    deltas.push_back(static_cast<int16_t>(delta));
  }
  if (!any) reference = tick_of(now) / kReferenceTicks;
}

size_t TransportCcReceiver::write_feedback(Micros now, MutableByteSpan out) {
  if (base_ == end_ || out.size() < kFciHead + 8) {
    if (pending_ > 0) adapt_interval(now);
    deadline_ = kNever;
    pending_ = 0;
    return 0;
  }
  int64_t reference = 0;
  // Three bytes may be needed to end at a word.
  collect(symbols_, deltas_, reference, out.size() - kFciHead - 3, now);
  Writer w(out);
  w.u16(static_cast<uint16_t>(base_));
  w.u16(static_cast<uint16_t>(symbols_.size()));
  w.u24(static_cast<uint32_t>(reference) & 0xFFFFFF);
  w.u8(feedback_count_++);
  write_chunks(w, symbols_);
  size_t next_delta = 0;
  for (const uint8_t symbol : symbols_) {
    if (symbol == kSmallDelta) w.u8(static_cast<uint8_t>(deltas_[next_delta++]));
    if (symbol == kLargeDelta) w.u16(static_cast<uint16_t>(deltas_[next_delta++]));
  }
  w.zeros((4 - w.position() % 4) % 4);
  base_ += symbols_.size();
  for (; begin_ + kLateWindow < base_; begin_++) slot(begin_) = kMissing;
  return w.ok() ? w.position() : 0;
}

bool transport_cc_parse(ByteSpan fci, TransportCcFeedback& feedback) {
  Reader r(fci);
  feedback.base_sequence = r.u16();
  const size_t count = r.u16();
  const uint32_t reference = r.u24();
  feedback.reference_time = static_cast<int32_t>(reference) - ((reference & 0x800000) != 0 ? 0x1000000 : 0);
  feedback.feedback_count = r.u8();
  feedback.statuses.clear();
  if (!r.ok() || count > kTransportCcMaxStatuses) return false;

  std::vector<uint8_t> symbols;
  symbols.reserve(count);
  while (symbols.size() < count) {
    const uint16_t chunk = r.u16();
    if (!r.ok()) return false;
    const size_t left = count - symbols.size();
    if ((chunk & 0x8000) == 0) {
      const size_t run = std::min<size_t>(chunk & 0x1FFF, left);
      if (run == 0) return false;
      symbols.insert(symbols.end(), run, static_cast<uint8_t>((chunk >> 13) & 3));
      continue;
    }
    const bool narrow = (chunk & 0x4000) == 0;
    const size_t width = narrow ? 1 : 2;
    for (size_t k = 0; k < std::min<size_t>(narrow ? 14 : 7, left); k++) {
      symbols.push_back(static_cast<uint8_t>((chunk >> (14 - width * (k + 1))) & (narrow ? 1 : 3)));
    }
  }
  Micros arrival = 0;
  feedback.statuses.reserve(count);
  for (size_t i = 0; i < count; i++) {
    TransportCcStatus status;
    status.sequence_number = static_cast<uint16_t>(feedback.base_sequence + i);
    if (symbols[i] == 3) return false;
    if (symbols[i] != kNotReceived) {
      const int delta = symbols[i] == kSmallDelta ? r.u8() : static_cast<int16_t>(r.u16());
      arrival += delta * kTransportCcTick;
      status.received = true;
      status.arrival_offset = arrival;
    }
    feedback.statuses.push_back(status);
  }
  return r.ok();
}

}  // namespace parley
