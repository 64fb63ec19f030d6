#include "rtcp.h"

namespace parley {

namespace {

constexpr size_t kReportBlockSize = 24;
constexpr size_t kSenderInfoSize = 24;      // SSRC included
constexpr uint32_t kRembName = 0x52454D42;  // "REMB"
constexpr uint8_t kCname = 1;

void write_report_blocks(Writer& w, Span<const RtcpReportBlock> blocks) {
  for (const RtcpReportBlock& b : blocks.first(31)) {
    w.u32(b.ssrc);
    w.u8(b.fraction_lost);
    w.u24(static_cast<uint32_t>(b.cumulative_lost) & 0xFFFFFF);
    w.u32(b.highest_sequence);
    w.u32(b.jitter);
    w.u32(b.last_sr);
    w.u32(b.delay_since_last_sr);
  }
}

uint8_t block_count(Span<const RtcpReportBlock> blocks) { return static_cast<uint8_t>(blocks.first(31).size()); }

}  // namespace

bool RtcpIterator::next(RtcpPart& part) {
  if (rest_.empty() || malformed_) return false;
  malformed_ = true;
  if (rest_.size() < 4 || (rest_[0] >> 6) != 2) return false;
  const size_t size = (size_t{load_u16(rest_.data() + 2)} + 1) * 4;
  if (size > rest_.size()) return false;
  ByteSpan body = rest_.first(size).from(4);
  if ((rest_[0] & 0x20) != 0) {
    if (body.empty()) return false;
    const size_t padding = body[body.size() - 1];
    if (padding == 0 || padding > body.size()) return false;
    body = body.first(body.size() - padding);
  }
  part.type = static_cast<RtcpType>(rest_[1]);
  part.count = rest_[0] & 0x1F;
  part.body = body;
  rest_ = rest_.from(size);
  malformed_ = false;
  return true;
}

std::optional<RtcpSenderInfo> rtcp_read_sender_info(const RtcpPart& part) {
  if (part.type != RtcpType::SenderReport) return std::nullopt;
  Reader r(part.body);
  RtcpSenderInfo info;
  info.ssrc = r.u32();
  info.ntp_time = r.u64();
  info.rtp_timestamp = r.u32();
  info.packet_count = r.u32();
  info.octet_count = r.u32();
  if (!r.ok()) return std::nullopt;
  return info;
}

std::optional<RtcpReportBlock> rtcp_read_report_block(const RtcpPart& part, size_t i) {
  size_t start;
  if (part.type == RtcpType::SenderReport) {
    start = kSenderInfoSize;
  } else if (part.type == RtcpType::ReceiverReport) {
    start = 4;
  } else {
    return std::nullopt;
  }
  if (i >= part.count) return std::nullopt;
  Reader r(part.body);
  r.skip(start + i * kReportBlockSize);
  RtcpReportBlock b;
  b.ssrc = r.u32();
  b.fraction_lost = r.u8();
  const uint32_t lost = r.u24();
  b.cumulative_lost = static_cast<int32_t>(lost) - ((lost & 0x800000) != 0 ? 0x1000000 : 0);
  b.highest_sequence = r.u32();
  b.jitter = r.u32();
  b.last_sr = r.u32();
  b.delay_since_last_sr = r.u32();
  if (!r.ok()) return std::nullopt;
  return b;
}

std::optional<uint32_t> rtcp_read_sender_ssrc(const RtcpPart& part) {
  if (part.type == RtcpType::SourceDescription || part.type == RtcpType::Bye || part.body.size() < 4) {
    return std::nullopt;
  }
  return load_u32(part.body.data());
}

std::optional<uint32_t> rtcp_read_bye(const RtcpPart& part, size_t i) {
  if (part.type != RtcpType::Bye || i >= part.count || part.body.size() < 4 * (i + 1)) return std::nullopt;
  return load_u32(part.body.data() + 4 * i);
}

std::optional<RtcpCname> rtcp_read_cname(const RtcpPart& part) {
  if (part.type != RtcpType::SourceDescription || part.count == 0) return std::nullopt;
  Reader r(part.body);
  RtcpCname result;
  result.ssrc = r.u32();
  while (r.ok() && r.remaining() > 0) {
    const uint8_t type = r.u8();
    if (type == 0) break;
    const ByteSpan value = r.bytes(r.u8());
    if (type != kCname) continue;
    if (!r.ok()) break;
    result.cname = as_text(value);
    return result;
  }
  return std::nullopt;
}

std::optional<RtcpFeedback> rtcp_read_feedback(const RtcpPart& part) {
  if (part.type != RtcpType::TransportFeedback && part.type != RtcpType::PayloadFeedback) return std::nullopt;
  Reader r(part.body);
  RtcpFeedback feedback;
  feedback.sender_ssrc = r.u32();
  feedback.media_ssrc = r.u32();
  if (!r.ok()) return std::nullopt;
  feedback.fci = r.rest();
  return feedback;
}

// |PID|BLP|: the number itself and a bit mask of the sixteen after it.
bool RtcpNackIterator::next(uint16_t& sequence_number) {
  if (mask_ == 0) {
    if (reader_.remaining() < 4) return false;
    pid_ = reader_.u16();
    mask_ = reader_.u16();
    offset_ = 0;
    sequence_number = pid_;
    return true;
  }
  while ((mask_ & 1) == 0) {
    mask_ = static_cast<uint16_t>(mask_ >> 1);
    offset_++;
  }
  mask_ = static_cast<uint16_t>(mask_ >> 1);
  offset_++;
  sequence_number = static_cast<uint16_t>(pid_ + offset_);
  return true;
}

std::optional<RtcpFirEntry> rtcp_read_fir(ByteSpan fci, size_t i) {
  const ByteSpan entry = fci.from(8 * i);
  if (entry.size() < 8) return std::nullopt;
  return RtcpFirEntry{load_u32(entry.data()), entry[4]};
}

// |'R' 'E' 'M' 'B'| number of SSRCs | exponent (6), mantissa (18) | SSRCs …
std::optional<RtcpRemb> rtcp_read_remb(ByteSpan fci) {
  Reader r(fci);
  if (r.u32() != kRembName) return std::nullopt;
  const size_t count = r.u8();
  const uint32_t rate = r.u24();
  RtcpRemb remb;
  const uint32_t exponent = rate >> 18;
  const uint64_t mantissa = rate & 0x3FFFF;
  // Beyond 2^64 the sender only means "no limit".
  remb.bitrate_bps = exponent > 46 ? UINT64_MAX : mantissa << exponent;
  if (!r.ok() || r.remaining() < count * 4) return std::nullopt;
  for (size_t i = 0; i < count; i++) remb.ssrcs.push_back(r.u32());
  return remb;
}

Writer RtcpWriter::begin(RtcpType type, uint8_t count) {
  Writer w(out_.from(size_));
  w.u8(static_cast<uint8_t>(0x80 | count));
  w.u8(static_cast<uint8_t>(type));
  w.u16(0);
  return w;
}

void RtcpWriter::end(Writer& w) {
  if (!w.ok()) {
    ok_ = false;
    return;
  }
  w.patch_u16(2, static_cast<uint16_t>(w.position() / 4 - 1));
  size_ += w.position();
}

void RtcpWriter::sender_report(const RtcpSenderInfo& info, Span<const RtcpReportBlock> blocks) {
  Writer w = begin(RtcpType::SenderReport, block_count(blocks));
  w.u32(info.ssrc);
  w.u64(info.ntp_time);
  w.u32(info.rtp_timestamp);
  w.u32(info.packet_count);
  w.u32(info.octet_count);
  write_report_blocks(w, blocks);
  end(w);
}

void RtcpWriter::receiver_report(uint32_t sender_ssrc, Span<const RtcpReportBlock> blocks) {
  Writer w = begin(RtcpType::ReceiverReport, block_count(blocks));
  w.u32(sender_ssrc);
  write_report_blocks(w, blocks);
  end(w);
}

void RtcpWriter::cname(uint32_t ssrc, std::string_view cname) {
  const ByteSpan text = as_bytes(cname).first(255);
  Writer w = begin(RtcpType::SourceDescription, 1);
  w.u32(ssrc);
  w.u8(kCname);
  w.u8(static_cast<uint8_t>(text.size()));
  w.bytes(text);
  // A chunk ends with at least one zero and at a word boundary.
  w.zeros(4 - w.position() % 4);
  end(w);
}

void RtcpWriter::bye(uint32_t ssrc) {
  Writer w = begin(RtcpType::Bye, 1);
  w.u32(ssrc);
  end(w);
}

size_t RtcpWriter::nack(uint32_t sender_ssrc, uint32_t media_ssrc, Span<const uint16_t> sequence_numbers) {
  if (sequence_numbers.empty()) return 0;
  Writer w = begin(RtcpType::TransportFeedback, kFmtNack);
  w.u32(sender_ssrc);
  w.u32(media_ssrc);
  size_t done = 0;
  while (done < sequence_numbers.size() && w.room() >= 4) {
    const uint16_t pid = sequence_numbers[done++];
    uint16_t mask = 0;
    for (; done < sequence_numbers.size(); done++) {
      const auto after = static_cast<uint16_t>(sequence_numbers[done] - pid);
      if (after == 0 || after > 16) break;
      mask = static_cast<uint16_t>(mask | (1u << (after - 1)));
    }
    w.u16(pid);
    w.u16(mask);
  }
  if (done == 0) {
    ok_ = false;
    return 0;
  }
  if (done < sequence_numbers.size()) ok_ = false;
  const bool complete = w.ok();
  end(w);
  return complete ? done : 0;
}

void RtcpWriter::pli(uint32_t sender_ssrc, uint32_t media_ssrc) {
  feedback(RtcpType::PayloadFeedback, kFmtPli, sender_ssrc, media_ssrc, {});
}

// The common media SSRC field is unused and zero (RFC 5104 §4.3.1.2).
void RtcpWriter::fir(uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t command_number) {
  uint8_t entry[8] = {};
  store_u32(entry, media_ssrc);
  entry[4] = command_number;
  feedback(RtcpType::PayloadFeedback, kFmtFir, sender_ssrc, 0, entry);
}

void RtcpWriter::remb(uint32_t sender_ssrc, uint64_t bitrate_bps, Span<const uint32_t> ssrcs) {
  uint32_t exponent = 0;
  while (bitrate_bps > 0x3FFFF) {
    bitrate_bps >>= 1;
    exponent++;
  }
  const Span<const uint32_t> list = ssrcs.first(255);
  Writer w = begin(RtcpType::PayloadFeedback, kFmtAfb);
  w.u32(sender_ssrc);
  w.u32(0);
  w.u32(kRembName);
  w.u8(static_cast<uint8_t>(list.size()));
  w.u24((exponent << 18) | static_cast<uint32_t>(bitrate_bps));
  for (const uint32_t ssrc : list) w.u32(ssrc);
  end(w);
}

void RtcpWriter::feedback(RtcpType type, uint8_t fmt, uint32_t sender_ssrc, uint32_t media_ssrc, ByteSpan fci) {
  Writer w = begin(type, fmt);
  w.u32(sender_ssrc);
  w.u32(media_ssrc);
  w.bytes(fci);
  w.zeros((4 - w.position() % 4) % 4);
  end(w);
}

uint64_t ntp_from_unix_us(int64_t unix_us) {
  constexpr uint64_t kUnixEpoch = 2'208'988'800u;  // seconds from 1900 to 1970
  const auto us = static_cast<uint64_t>(unix_us);
  const uint64_t seconds = us / 1'000'000 + kUnixEpoch;
  const uint64_t fraction = ((us % 1'000'000) << 32) / 1'000'000;
  return (seconds << 32) | fraction;
}

}  // namespace parley
