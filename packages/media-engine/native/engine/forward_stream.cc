#include "engine/forward_stream.h"

#include <algorithm>
#include <cstring>

#include "engine/transport.h"

namespace parley {
namespace {

constexpr size_t kMaxSegments = 16;
constexpr Micros kReportInterval = kSecond;
constexpr Micros kClockLife = 60 * kSecond;
// Histories keep packets for longer.
constexpr Micros kPaddingLife = 500 * kMillisecond;
// The most that the count in the last byte can say, in words.
constexpr uint8_t kPaddingBytes = 252;
constexpr uint32_t kVideoClockHz = 90000;
constexpr uint32_t kFrameTicks = 3000;  // a thirtieth of a second
constexpr uint8_t kEncodings = 8;       // per generation, see tag()

// First numbers are random (RFC 3550 §5.1) and in the lower half (RFC 3711 §3.3.1).
uint16_t first_number(RandomSource& random) { return static_cast<uint16_t>(random.u32() & 0x7fff); }

// NTP time of a timestamp of the same encoding. Unsigned, since the sender's clock may say anything.
uint64_t ntp_of(const SenderClock& clock, uint32_t timestamp) {
  const auto ticks = static_cast<int32_t>(timestamp - clock.rtp_timestamp);
  return clock.ntp_time + static_cast<uint64_t>(int64_t{ticks} * 65536 / kVideoClockHz * 65536);
}

}  // namespace

ForwardStream::ForwardStream(EngineContext& context, Transport& receiver, uint32_t ssrc)
    : context_(context),
      receiver_(receiver),
      ssrc_(ssrc),
      mapper_(first_number(context.random)),
      next_rtx_(first_number(context.random)) {}

ForwardStream::~ForwardStream() { detach(); }

void ForwardStream::attach(Source& source, size_t max_encoding) {
  const size_t limit = std::min(max_encoding, source.encodings().size() - 1);
  if (source_ == &source) {
    if (limit == max_encoding_) return;
    max_encoding_ = limit;
    update_target();
    return;
  }
  detach();
  source_ = &source;
  max_encoding_ = limit;
  source.add_receiver(*this);
  restart();
}

void ForwardStream::detach() {
  if (source_ != nullptr) source_->remove_receiver(*this);
  source_ = nullptr;
  current_.reset();
}

void ForwardStream::on_source_closed() {
  source_ = nullptr;
  rtx_ssrc_ = 0;
  current_.reset();
}

void ForwardStream::restart() {
  current_.reset();
  if (source_ == nullptr) return;
  target_ = source_->active_encoding(max_encoding_).value_or(max_encoding_);
  if (receiver_.can_send()) source_->request_key_frame(target_);
}

void ForwardStream::request_key_frame() {
  if (source_ != nullptr) source_->request_key_frame(current_ ? *current_ : target_);
}

void ForwardStream::update_target() {
  if (source_ == nullptr || source_->encodings().size() < 2) return;
  const std::optional<size_t> active = source_->active_encoding(max_encoding_);
  if (!active) return;
  target_ = *active;
  if (current_ && *current_ == target_) return;
  if (!source_->encodings()[target_].key_frames.waiting()) source_->request_key_frame(target_);
}

// The mapper tells packets of different origins apart by a number: which encoding, and of which of the sources that used
// this SSRC one after the other.
uint8_t ForwardStream::tag(uint8_t encoding) const {
  return static_cast<uint8_t>(source_->generation() * kEncodings + encoding % kEncodings);
}

bool ForwardStream::may_start_with(const ForwardPacket& packet) const {
  if (source_->kind() == MediaKind::audio || packet.codec == Codec::other) return true;
  if (!packet.starts_key_frame || packet.encoding > max_encoding_) return false;
  // Anything is better than nothing; later only the wanted encoding.
  return !current_ || packet.encoding == target_;
}

// What to add to this packet's timestamps so that they go on from what the receiver has seen. Encodings of one track
// count from different random values; sender reports relate them exactly, else time since the last packet must do.
uint32_t ForwardStream::timestamp_offset_for(const ForwardPacket& packet) const {
  if (segments_.empty()) return 0;
  const Segment& last = segments_.back();
  const uint32_t timestamp = packet.packet->rtp.timestamp;
  if (last_tag_ && *last_tag_ == tag(packet.encoding)) return last.timestamp_offset;
  if (source_->kind() == MediaKind::audio) return 0;
  const Micros passed = std::clamp<Micros>(context_.now - last_sent_, 0, 3600 * kSecond);
  const auto ticks = static_cast<uint32_t>(passed * 9 / 100);
  const uint8_t before = *last_tag_ % kEncodings;
  if (*last_tag_ / kEncodings == source_->generation() && before < source_->encodings().size()) {
    const auto& from = source_->encodings()[before].clock;
    const auto& to = source_->encodings()[packet.encoding].clock;
    if (from && to) {
      const auto since_from = static_cast<int64_t>(ntp_of(*to, timestamp) - from->ntp_time) >> 16;  // 1/65536 s
      // Multiplied in halves: the whole would not fit for clocks that are decades apart.
      const int64_t between = (since_from >> 16) * kVideoClockHz + ((since_from & 0xffff) * kVideoClockHz >> 16);
      const auto wanted = from->rtp_timestamp + static_cast<uint32_t>(between) + last.timestamp_offset;
      // A report from before the encoder was set up anew can be far off; a leap ahead would freeze the receiver for as long.
      const auto ahead = static_cast<int32_t>(wanted - last_timestamp_);
      if (ahead > 0 && ahead <= static_cast<int64_t>(ticks) + kVideoClockHz) return wanted - timestamp;
    }
  }
  return last_timestamp_ + std::max(ticks, kFrameTicks) - timestamp;
}

void ForwardStream::start_with(const ForwardPacket& packet) {
  Segment segment;
  segment.timestamp_offset = timestamp_offset_for(packet);
  const bool same_origin = last_tag_ && *last_tag_ == tag(packet.encoding);
  if (!segments_.empty() && same_origin) {
    segment = segments_.back();
  } else if (!segments_.empty() && packet.vp8) {
    if (packet.vp8->picture_id) {
      segment.picture_id_offset = static_cast<uint16_t>(last_picture_id_ + 1 - *packet.vp8->picture_id);
    }
    if (packet.vp8->tl0_pic_idx) {
      segment.tl0_pic_idx_offset = static_cast<uint8_t>(last_tl0_pic_idx_ + 1 - *packet.vp8->tl0_pic_idx);
    }
  }
  // The SSRC may have been another source's retransmission stream.
  mapper_.skip_to(receiver_.next_index(ssrc_));
  segment.first_out = mapper_.next_out();
  segments_.push_back(segment);
  if (segments_.size() > kMaxSegments) segments_.pop_front();
  current_ = packet.encoding;
  last_tag_ = tag(packet.encoding);
  mapper_.restart(*last_tag_, packet.packet->sequence);
  if (packets_ == 0) report_soon();
}

const ForwardStream::Segment& ForwardStream::segment_of(uint64_t out) const {
  for (size_t i = segments_.size(); i-- > 1;) {
    if (out >= segments_[i].first_out) return segments_[i];
  }
  return segments_.front();
}

RtpHeaderTemplate ForwardStream::make_header(const RtpPacket& rtp) const {
  RtpExtensionMap kept;
  const RtpParameters& parameters = receiver_.media().parameters();
  kept.keep(source_->audio_level_id(), parameters.audio_level_id);
  kept.keep(source_->dependency_descriptor_id(), parameters.dependency_descriptor_id);
  return rtp_make_template(rtp, kept, parameters.transport_cc_id);
}

// Copies the descriptor with continued numbers; returns its size, 0 when the payload may stay as it is.
size_t ForwardStream::write_vp8(MutableByteSpan out, ByteSpan payload, const Vp8Descriptor& vp8,
                                const Segment& segment) const {
  if ((segment.picture_id_offset == 0 && segment.tl0_pic_idx_offset == 0) || vp8.size > payload.size()) return 0;
  std::memcpy(out.data(), payload.data(), vp8.size);
  const uint16_t mask = vp8.picture_id_long ? 0x7fff : 0x7f;
  const auto picture_id = static_cast<uint16_t>((vp8.picture_id.value_or(0) + segment.picture_id_offset) & mask);
  const auto tl0 = static_cast<uint8_t>(vp8.tl0_pic_idx.value_or(0) + segment.tl0_pic_idx_offset);
  vp8_rewrite(out.first(vp8.size), vp8, picture_id, tl0);
  return vp8.size;
}

void ForwardStream::forward(const ForwardPacket& packet) {
  if (!receiver_.can_send()) {
    current_.reset();
    return;
  }
  if (!current_ || *current_ != packet.encoding) {
    if (packet.padding_only || !may_start_with(packet)) return;
    start_with(packet);
  }
  const uint8_t origin = tag(packet.encoding);
  if (packet.padding_only) {
    mapper_.drop(origin, packet.packet->sequence);
    return;
  }
  const std::optional<uint64_t> out = mapper_.map(origin, packet.packet->sequence);
  // Too late even for its timestamp's offset to be known.
  if (!out || *out < segments_.front().first_out) return;

  const RtpParameters& parameters = receiver_.media().parameters();
  const bool same_ids = parameters.audio_level_id == source_->audio_level_id() &&
                        parameters.dependency_descriptor_id == source_->dependency_descriptor_id() &&
                        parameters.transport_cc_id == source_->transport_cc_id();
  const Segment& segment = segment_of(*out);
  const MutableByteSpan slot = context_.send.reserve();
  size_t header = packet.header.size;
  size_t transport_sequence_at = packet.header.transport_sequence_at;
  if (same_ids) {
    std::memcpy(slot.data(), packet.header.bytes.data(), header);
  } else {
    const RtpHeaderTemplate own = make_header(packet.packet->rtp);
    header = own.size;
    transport_sequence_at = own.transport_sequence_at;
    std::memcpy(slot.data(), own.bytes.data(), header);
  }
  const uint32_t timestamp = packet.packet->rtp.timestamp + segment.timestamp_offset;
  rtp_set_sequence_number(slot.data(), static_cast<uint16_t>(*out));
  rtp_set_timestamp(slot.data(), timestamp);
  rtp_set_ssrc(slot.data(), ssrc_);
  const ByteSpan payload = packet.packet->rtp.payload;
  const size_t prefix = packet.vp8 ? write_vp8(slot.from(header), payload, *packet.vp8, segment) : 0;
  const PacketClass kind = source_->kind() == MediaKind::audio ? PacketClass::Audio : PacketClass::Video;
  if (!receiver_.send_rtp(
          {kind, slot, header, prefix, payload.from(prefix), packet.packet, transport_sequence_at, *out})) {
    return;
  }

  ++context_.forwarded;
  ++packets_;
  octets_ += static_cast<uint32_t>(payload.size());
  last_sent_ = context_.now;
  last_number_ = static_cast<uint16_t>(*out);
  if (kind == PacketClass::Video) {
    rtx_payload_type_ = parameters.rtx_payload_type[packet.packet->rtp.payload_type & 0x7f];
    rtx_ssrc_ = rtx_payload_type_ == 0 ? 0 : source_->encodings().front().rtx_ssrc;
  }
  if (packets_ == 1 || static_cast<int32_t>(timestamp - last_timestamp_) > 0) last_timestamp_ = timestamp;
  if (packet.vp8 && packet.vp8->starts_frame()) {
    last_picture_id_ = static_cast<uint16_t>(packet.vp8->picture_id.value_or(0) + segment.picture_id_offset);
    last_tl0_pic_idx_ = static_cast<uint8_t>(packet.vp8->tl0_pic_idx.value_or(0) + segment.tl0_pic_idx_offset);
  }
}

bool ForwardStream::pad() {
  const bool is_recent = source_ != nullptr && last_sent_ >= 0 && context_.now - last_sent_ < kPaddingLife;
  return (is_recent && resend(last_number_, PacketClass::Padding)) || pad_without_media();
}

// A receiver whose path became too narrow for any video has nothing to repeat, and must be able to find out that it is
// wide again: padding alone, which the receiver of a retransmission stream takes for what it is (RFC 3550 §5.1).
bool ForwardStream::pad_without_media() {
  if (rtx_ssrc_ == 0 || !receiver_.can_send()) return false;
  RtpHeader header;
  header.payload_type = rtx_payload_type_;
  header.ssrc = rtx_ssrc_;
  header.timestamp = last_timestamp_;
  next_rtx_ = std::max(next_rtx_, receiver_.next_index(rtx_ssrc_));
  header.sequence_number = static_cast<uint16_t>(next_rtx_);
  const uint8_t number[2] = {};
  const RtpExtension extension{receiver_.media().parameters().transport_cc_id, ByteSpan(number, sizeof number)};
  const MutableByteSpan slot = context_.send.reserve();
  const bool is_numbered = extension.id != 0;
  const size_t size = rtp_write_header(slot, header, Span<const RtpExtension>(&extension, is_numbered ? 1 : 0));
  slot[0] |= 0x20;
  std::memset(slot.data() + size, 0, kPaddingBytes);
  slot[size + kPaddingBytes - 1] = kPaddingBytes;
  // After the fixed header, the block's own four bytes and the element's one.
  const size_t number_at = is_numbered ? kRtpHeaderSize + 5 : 0;
  return receiver_.send_rtp({PacketClass::Padding, slot, size, kPaddingBytes, {}, {}, number_at, next_rtx_++});
}

bool ForwardStream::resend(uint16_t sequence_number, PacketClass kind) {
  if (source_ == nullptr || segments_.empty() || !receiver_.can_send()) return false;
  const std::optional<SequenceMapper::Origin> origin = mapper_.unmap(sequence_number);
  if (!origin || origin->stream / kEncodings != source_->generation()) return false;
  const size_t index = origin->stream % kEncodings;
  if (index >= source_->encodings().size()) return false;
  const PacketRef* found = source_->encodings()[index].history.find(origin->in);
  if (found == nullptr) return false;
  const PacketRef original = *found;
  const MediaPacket& packet = *original;

  const RtpParameters& parameters = receiver_.media().parameters();
  const uint8_t rtx_payload_type = parameters.rtx_payload_type[packet.rtp.payload_type & 0x7f];
  const uint32_t rtx_ssrc = source_->encodings().front().rtx_ssrc;
  if (rtx_payload_type == 0 || rtx_ssrc == 0) return false;
  // What was added to its numbers is forgotten.
  if (origin->out < segments_.front().first_out) return false;

  const Segment& segment = segment_of(origin->out);
  const MutableByteSpan slot = context_.send.reserve();
  const RtpHeaderTemplate header = make_header(packet.rtp);
  std::memcpy(slot.data(), header.bytes.data(), header.size);
  rtp_set_timestamp(slot.data(), packet.rtp.timestamp + segment.timestamp_offset);
  // Sources may use one retransmission SSRC one after the other.
  next_rtx_ = std::max(next_rtx_, receiver_.next_index(rtx_ssrc));
  rtp_set_payload_type(slot.data(), rtx_payload_type);
  rtp_set_sequence_number(slot.data(), static_cast<uint16_t>(next_rtx_));
  rtp_set_ssrc(slot.data(), rtx_ssrc);
  // RFC 4588 §4: the original sequence number goes before the payload.
  store_u16(slot.data() + header.size, static_cast<uint16_t>(origin->out));
  constexpr size_t prefix = 2;
  size_t descriptor = 0;
  Vp8Descriptor vp8;
  const CodecParameters& codec = parameters.by_payload_type[packet.rtp.payload_type & 0x7f];
  if (codec.codec == Codec::vp8 && vp8_parse(packet.rtp.payload, vp8)) {
    descriptor = write_vp8(slot.from(header.size + prefix), packet.rtp.payload, vp8, segment);
  }
  return receiver_.send_rtp({kind, slot, header.size, prefix + descriptor, packet.rtp.payload.from(descriptor), original,
                             header.transport_sequence_at, next_rtx_++});
}

std::optional<RtcpSenderInfo> ForwardStream::take_report(Micros now) {
  if (source_ == nullptr || !current_ || packets_ == 0 || now < next_report_) return std::nullopt;
  const Encoding& encoding = source_->encodings()[*current_];
  if (!encoding.clock || encoding.clock_rate_hz == 0) return std::nullopt;
  const Micros passed = now - encoding.clock->arrived;
  // Senders report every few seconds; an old mapping has drifted and is worse than none.
  if (passed < 0 || passed > kClockLife) return std::nullopt;
  next_report_ = now + kReportInterval;
  // The sender's own mapping of its clock, carried forward to now, so that its audio and video stay in step.
  RtcpSenderInfo info;
  info.ssrc = ssrc_;
  info.ntp_time = encoding.clock->ntp_time + (static_cast<uint64_t>(passed) << 32) / kSecond;
  info.rtp_timestamp = encoding.clock->rtp_timestamp + segments_.back().timestamp_offset +
                       static_cast<uint32_t>(static_cast<uint64_t>(passed) * encoding.clock_rate_hz / kSecond);
  info.packet_count = packets_;
  info.octet_count = octets_;
  return info;
}

}  // namespace parley
