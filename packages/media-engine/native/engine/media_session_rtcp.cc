// RTCP of one transport: what its peer reports and asks, and what we report and ask. Feedback goes out in reduced-size
// packets (RFC 5506); reports carry a CNAME.
#include <algorithm>
#include <array>

#include "engine/media_session.h"
#include "engine/transport.h"

namespace parley {
namespace {

constexpr size_t kRtcpBytes = 1200;
constexpr Micros kReportInterval = kSecond;
// How late a sender report may be; looking at every stream of a large room costs time.
constexpr Micros kReportScan = 50 * kMillisecond;
constexpr size_t kMaxReportBlocks = 31;
// REMB does not name what has rested for so long.
constexpr Micros kRembSilence = 5 * kSecond;
// Ours, as a receiver. What is forwarded goes by its sender's: one for all tracks of a peer, which share a clock, and
// another one for each peer, whose clocks have nothing to do with each other (RFC 3550 §6.5.1).
constexpr char kCname[] = "parley";
// With its CNAME chunk, ended by at least one zero and padded.
constexpr size_t kSenderReportBytes = 28 + 8 + (2 + kCnameBytes + 4) / 4 * 4;
// However far away a receiver seems to be.
constexpr Micros kMaxResendPause = 200 * kMillisecond;

// How many packets a part tells of, when it is transport-wide feedback: its status count, before it is parsed.
size_t announced_statuses(const RtcpPart& part) {
  if (part.type != RtcpType::TransportFeedback || part.count != kFmtTransportCc) return 0;
  const auto feedback = rtcp_read_feedback(part);
  return feedback && feedback->fci.size() >= 4 ? load_u16(feedback->fci.data() + 2) : 0;
}

}  // namespace

void MediaSession::handle_rtcp(ByteSpan packet) {
  RtcpIterator parts(packet);
  RtcpPart part;
  bool is_readable = true;
  while (parts.next(part)) {
    // Twelve bytes can announce thousands of packets, and a few such parts a second would keep the loop from everything
    // else.
    if (!status_budget_.take(context_.now, static_cast<int64_t>(announced_statuses(part)))) {
      context_.drops.add(Drop::rate_limited);
      return;
    }
    switch (part.type) {
      case RtcpType::SenderReport:
        if (const auto info = rtcp_read_sender_info(part)) handle_sender_report(*info);
        handle_report_blocks(part);
        break;
      case RtcpType::ReceiverReport:
        handle_report_blocks(part);
        break;
      case RtcpType::TransportFeedback:
        is_readable &= handle_transport_feedback(part);
        break;
      case RtcpType::PayloadFeedback:
        is_readable &= handle_payload_feedback(part);
        break;
      default:
        break;  // BYE asks nothing of us
    }
  }
  if (parts.malformed() || !is_readable) context_.drops.add(Drop::malformed_rtcp);
}

void MediaSession::handle_sender_report(const RtcpSenderInfo& info) {
  const auto route = routes_.find(info.ssrc);
  if (route == routes_.end() || route->second.rtx) return;
  Source& source = *route->second.source;
  Encoding& encoding = source.encodings()[route->second.encoding];
  if (encoding.stats) encoding.stats->on_sender_report(context_.now, info.ntp_time);
  source.on_sender_clock(route->second.encoding, {info.ntp_time, info.rtp_timestamp, context_.now});
}

bool MediaSession::handle_transport_feedback(const RtcpPart& part) {
  const auto feedback = rtcp_read_feedback(part);
  if (!feedback) return false;
  if (part.count == kFmtNack) {
    handle_nack(*feedback);
  } else if (part.count == kFmtTransportCc) {
    if (!transport_cc_parse(feedback->fci, transport_cc_feedback_)) return false;
    transport_.paced().on_feedback(transport_cc_feedback_);
  }
  return true;
}

// What the peer did not get of our streams; only those that go out now count.
void MediaSession::handle_report_blocks(const RtcpPart& part) {
  for (size_t i = 0; const auto block = rtcp_read_report_block(part, i); ++i) {
    const auto stream = streams_.find(block->ssrc);
    if (stream != streams_.end() && stream->second->source() != nullptr) losses_.on_block(*block);
  }
  if (const auto lost = losses_.take_fraction()) transport_.paced().on_receiver_report(*lost, transport_.rtt());
}

void MediaSession::handle_nack(const RtcpFeedback& feedback) {
  const auto stream = streams_.find(feedback.media_ssrc);
  if (stream == streams_.end()) return;
  // Whoever asks again sooner cannot know yet that the first answer was lost. The shortest round trip, since the mean may
  // be a stale one from a busy moment, and a repair that is refused wrongly costs more than one that is done twice.
  const Micros pause = std::clamp<Micros>(transport_.min_rtt(), 0, kMaxResendPause);
  RtcpNackIterator numbers(feedback.fci);
  uint16_t number = 0;
  while (numbers.next(number)) {
    ++counters_.nacks_received;
    if (!resent_.allows(context_.now, feedback.media_ssrc, number, pause)) continue;
    const bool may_repair = transport_.paced().may_repair();
    if (!may_repair || !resend_budget_.take(context_.now)) {
      context_.drops.add(may_repair ? Drop::rtcp_limited : Drop::repair_limited);
      return;
    }
    if (!stream->second->resend(number)) continue;
    resent_.add(context_.now, feedback.media_ssrc, number);
    ++counters_.retransmitted;
  }
}

bool MediaSession::handle_payload_feedback(const RtcpPart& part) {
  const auto feedback = rtcp_read_feedback(part);
  if (!feedback) return false;
  if (part.count == kFmtPli) {
    handle_key_frame_request(feedback->media_ssrc);
  } else if (part.count == kFmtFir) {
    for (size_t i = 0; const auto entry = rtcp_read_fir(feedback->fci, i); ++i) handle_key_frame_request(entry->ssrc);
  } else if (part.count == kFmtAfb) {
    if (const auto remb = rtcp_read_remb(feedback->fci)) {
      transport_.paced().on_remb(static_cast<BitRate>(std::min<uint64_t>(remb->bitrate_bps, kUnlimitedRate)));
    }
  }
  return true;
}

void MediaSession::handle_key_frame_request(uint32_t ssrc) {
  const auto stream = streams_.find(ssrc);
  if (stream == streams_.end()) return;
  if (!key_frame_budget_.take(context_.now)) {
    context_.drops.add(Drop::rtcp_limited);
    return;
  }
  ++counters_.plis_received;
  stream->second->request_key_frame();
}

void MediaSession::send_key_frame_request(const Encoding& encoding) {
  std::array<uint8_t, 64> bytes;
  RtcpWriter writer{MutableByteSpan(bytes)};
  writer.pli(local_ssrc_, encoding.ssrc);
  if (transport_.send_rtcp(ByteSpan(bytes.data(), writer.size()))) ++counters_.plis_sent;
}

void MediaSession::run_feedback() {
  if (!transport_.can_send()) return;
  if (transport_cc_.next_deadline() <= context_.now) send_transport_cc();
  if (receive_side_ != nullptr) send_remb();
  send_nacks();
  for (Source* source : sources_) source->run_key_frame_requests();
  send_reports();
}

void MediaSession::send_transport_cc() {
  std::array<uint8_t, 1100> fci;
  std::array<uint8_t, kRtcpBytes> bytes;
  for (size_t size = 0; (size = transport_cc_.write_feedback(context_.now, MutableByteSpan(fci))) != 0;) {
    RtcpWriter writer{MutableByteSpan(bytes)};
    writer.feedback(RtcpType::TransportFeedback, kFmtTransportCc, local_ssrc_, last_media_ssrc_,
                    ByteSpan(fci.data(), size));
    transport_.send_rtcp(ByteSpan(bytes.data(), writer.size()));
  }
}

void MediaSession::estimate_from(const RtpPacket& rtp, bool is_media) {
  ReceiveSideEstimator::Arrival arrival;
  arrival.at = context_.now - context_.waited;
  arrival.bytes = rtp.packet.size();
  if (const auto extension = rtp_find_extension(rtp, parameters_.abs_send_time_id)) {
    arrival.abs_send_time = read_abs_send_time(*extension);
  }
  arrival.ssrc = rtp.ssrc;
  arrival.rtp_timestamp = rtp.timestamp;
  // Sound is sent at its own pace, whatever the path carries.
  arrival.clock_rate_hz = is_media ? parameters_.by_payload_type[rtp.payload_type & 0x7f].clock_rate_hz : 0;
  receive_side_->on_packet(arrival);
}

// draft-alvestrand-rmcat-remb-03 §2: one rate for all video that comes by this transport.
void MediaSession::send_remb() {
  if (parameters_.transport_cc_id != 0) {
    receive_side_.reset();
    return;
  }
  if (transport_.rtt() >= 0) receive_side_->set_round_trip(transport_.rtt());
  const auto rate = receive_side_->take_remb(context_.now);
  if (!rate) return;
  std::vector<uint32_t> ssrcs;
  for (const Source* source : sources_) {
    if (source->kind() != MediaKind::video) continue;
    for (const Encoding& encoding : source->encodings()) {
      const bool is_recent = encoding.last_packet >= 0 && context_.now - encoding.last_packet < kRembSilence;
      if (is_recent && ssrcs.size() < kMaxReportBlocks) ssrcs.push_back(encoding.ssrc);
    }
  }
  std::array<uint8_t, kRtcpBytes> bytes;
  RtcpWriter writer{MutableByteSpan(bytes)};
  writer.remb(local_ssrc_, static_cast<uint64_t>(*rate), ssrcs);
  transport_.send_rtcp(ByteSpan(bytes.data(), writer.size()));
}

void MediaSession::send_nacks() {
  std::array<uint8_t, kRtcpBytes> bytes;
  for (Source* source : sources_) {
    if (source->kind() != MediaKind::video) continue;
    size_t index = 0;
    for (Encoding& encoding : source->encodings()) {
      const size_t current = index++;
      if (encoding.nack.next_deadline() > context_.now) continue;
      encoding.nack.set_rtt(transport_.rtt());
      encoding.nack.take_due(context_.now, nack_numbers_);
      if (!nack_numbers_.empty()) {
        RtcpWriter writer{MutableByteSpan(bytes)};
        counters_.nacks_sent += writer.nack(local_ssrc_, encoding.ssrc, nack_numbers_);
        transport_.send_rtcp(ByteSpan(bytes.data(), writer.size()));
      }
      if (encoding.nack.take_key_frame_needed()) source->request_key_frame(current);
    }
  }
}

std::vector<RtcpReportBlock> MediaSession::report_blocks() {
  std::vector<RtcpReportBlock> blocks;
  for (Source* source : sources_) {
    for (Encoding& encoding : source->encodings()) {
      const bool recent = encoding.last_packet >= 0 && context_.now - encoding.last_packet < 5 * kSecond;
      if (!encoding.stats || !recent || blocks.size() == kMaxReportBlocks) continue;
      blocks.push_back(encoding.stats->make_report_block(context_.now));
    }
  }
  return blocks;
}

// Receiver report once a second; sender reports when each stream says so. Several share a packet.
void MediaSession::send_reports() {
  if (context_.now < next_report_scan_) return;
  next_report_scan_ = context_.now + kReportScan;
  std::array<uint8_t, kRtcpBytes> bytes;
  if (context_.now >= next_report_) {
    next_report_ = context_.now + kReportInterval;
    const std::vector<RtcpReportBlock> blocks = report_blocks();
    if (!blocks.empty()) {
      RtcpWriter writer{MutableByteSpan(bytes)};
      writer.receiver_report(local_ssrc_, blocks);
      writer.cname(local_ssrc_, kCname);
      transport_.send_rtcp(ByteSpan(bytes.data(), writer.size()));
    }
  }
  RtcpWriter writer{MutableByteSpan(bytes)};
  for (auto& [ssrc, stream] : streams_) {
    const auto info = stream->take_report(context_.now);
    if (!info) continue;
    if (writer.room() < kSenderReportBytes) {
      transport_.send_rtcp(ByteSpan(bytes.data(), writer.size()));
      writer = RtcpWriter(MutableByteSpan(bytes));
    }
    writer.sender_report(*info);
    const std::string& cname = stream->source()->cname();
    writer.cname(ssrc, cname.empty() ? std::string_view(kCname) : std::string_view(cname));
  }
  if (writer.size() != 0) transport_.send_rtcp(ByteSpan(bytes.data(), writer.size()));
}

}  // namespace parley
