#include "engine/forward_stream.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/transport.h"

namespace parley {
namespace {

constexpr Micros kReportInterval = kSecond;
constexpr Micros kClockLife = 60 * kSecond;
constexpr uint8_t kPaddingBit = 0x20;
// Histories keep packets for longer.
constexpr Micros kPaddingLife = 500 * kMillisecond;
// The most that the count in the last byte can say, in words.
constexpr uint8_t kPaddingBytes = 252;

// First numbers are random (RFC 3550 §5.1) and in the lower half (RFC 3711 §3.3.1).
uint16_t first_number(RandomSource& random) { return static_cast<uint16_t>(random.u32() & 0x7fff); }

ReceiverNumbers::Config numbers_config(RandomSource& random, MediaKind kind) {
  ReceiverNumbers::Config config;
  config.first_sequence = first_number(random);
  config.clock_rate_hz = kind == MediaKind::audio ? 48000 : 90000;
  return config;
}

}  // namespace

ForwardStream::ForwardStream(EngineContext& context, Transport& receiver, uint32_t ssrc, MediaKind kind)
    : context_(context),
      receiver_(receiver),
      ssrc_(ssrc),
      projection_(numbers_config(context.random, kind), LayerId{}),
      next_rtx_(first_number(context.random)) {}

ForwardStream::~ForwardStream() { detach(); }

void ForwardStream::attach(Source& source, LayerId limit) {
  limit.encoding = static_cast<uint8_t>(std::min<size_t>(limit.encoding, source.encodings().size() - 1));
  const bool changed = !(limit == projection_.target());
  projection_.set_target(limit);
  if (source_ == &source) {
    if (changed) ask_for_key_frame();
    return;
  }
  detach();
  source_ = &source;
  source.add_receiver(*this);
  restart();
}

void ForwardStream::detach() {
  if (source_ != nullptr) source_->remove_receiver(*this);
  source_ = nullptr;
  projection_.restart();
}

void ForwardStream::on_source_closed() {
  source_ = nullptr;
  rtx_ssrc_ = 0;
  projection_.restart();
}

void ForwardStream::restart() {
  projection_.restart();
  if (source_ == nullptr || !receiver_.can_send()) return;
  // Also of a source that has sent nothing yet, whose first key frame may be lost.
  const auto encoding = projection_.key_frame_needed(source_->active_encodings(), context_.now);
  if (encoding) source_->request_key_frame(*encoding);
}

void ForwardStream::request_key_frame() {
  if (source_ == nullptr) return;
  const auto wanted = projection_.key_frame_needed(source_->active_encodings(), context_.now);
  const auto current = projection_.current();
  if (current) source_->request_key_frame(current->encoding);
  if (wanted && (!current || *wanted != current->encoding)) source_->request_key_frame(*wanted);
}

void ForwardStream::ask_for_key_frame() {
  if (source_ == nullptr || source_->kind() != MediaKind::video || !receiver_.can_send()) return;
  const uint8_t active = source_->active_encodings();
  // Who sends nothing has no key frame either.
  if (active == 0) return;
  const auto encoding = projection_.key_frame_needed(active, context_.now);
  if (encoding) source_->request_key_frame(*encoding);
}

RtpHeaderTemplate ForwardStream::make_header(const RtpPacket& rtp, const LayerPacket& layer,
                                             const Projected& projected) const {
  RtpExtensionMap kept;
  const RtpParameters& parameters = receiver_.media().parameters();
  if (projected.action == Projected::Action::Blank) return rtp_make_template(rtp, kept, parameters.transport_cc_id);
  kept.keep(source_->audio_level_id(), parameters.audio_level_id);
  kept.keep(source_->dependency_descriptor_id(), parameters.dependency_descriptor_id);
  kept.located = source_->dependency_descriptor_id();
  std::array<uint8_t, 256> rewritten;
  if (projected.descriptor == Projected::Descriptor::Rewrite) {
    const auto extension = rtp_find_extension(rtp, kept.located);
    const size_t size =
        extension ? write_dependency_descriptor(MutableByteSpan(rewritten), *extension, layer, projected) : 0;
    kept.replacement = ByteSpan(rewritten.data(), size);
  }
  return rtp_make_template(rtp, kept, parameters.transport_cc_id);
}

ForwardStream::WrittenHeader ForwardStream::write_header(MutableByteSpan slot, const RtpPacket& rtp,
                                                         const LayerPacket& layer, const Projected& projected,
                                                         const RtpHeaderTemplate* ready) const {
  const auto copy = [slot](const RtpHeaderTemplate& header) {
    std::memcpy(slot.data(), header.bytes.data(), header.size);
    return std::pair(WrittenHeader{header.size, header.transport_sequence_at}, header.located_at);
  };
  const auto [written, descriptor_at] = ready != nullptr ? copy(*ready) : copy(make_header(rtp, layer, projected));
  rtp_set_timestamp(slot.data(), projected.timestamp);
  rtp_set_marker(slot.data(), projected.marker);
  if (projected.descriptor != Projected::Descriptor::Same && descriptor_at != 0) {
    dependency_set_frame_number(slot.data() + descriptor_at, projected.frame_number);
  }
  return written;
}

void ForwardStream::forward(const ForwardPacket& packet) {
  if (!receiver_.can_send()) {
    projection_.restart();
    return;
  }
  // The SSRC may have been another source's retransmission stream.
  if (projection_.waiting()) projection_.skip_to(receiver_.next_index(ssrc_));
  const Projected projected = projection_.project(packet.layer);
  if (projected.is_lost) context_.drops.add(Drop::layers_unknown);
  if (projected.action == Projected::Action::Drop) return;

  const RtpPacket& rtp = packet.packet->rtp;
  const RtpParameters& parameters = receiver_.media().parameters();
  const bool is_blank = projected.action == Projected::Action::Blank;
  const bool same_header = !is_blank && projected.descriptor != Projected::Descriptor::Rewrite &&
                           parameters.audio_level_id == source_->audio_level_id() &&
                           parameters.dependency_descriptor_id == source_->dependency_descriptor_id() &&
                           parameters.transport_cc_id == source_->transport_cc_id();
  const MutableByteSpan slot = context_.send.reserve();
  const auto [header, transport_sequence_at] = write_header(slot, rtp, packet.layer, projected, same_header ? &packet.header : nullptr);
  rtp_set_sequence_number(slot.data(), static_cast<uint16_t>(projected.sequence));
  rtp_set_ssrc(slot.data(), ssrc_);
  ByteSpan payload = rtp.payload;
  if (is_blank) {
    slot[0] |= kPaddingBit;
    payload = ByteSpan(kBlankPadding);
  } else if (packet.red && parameters.by_payload_type[rtp.payload_type & 0x7f].codec != Codec::red) {
    rtp_set_payload_type(slot.data(), packet.red->payload_type);
    payload = payload.from(packet.red->at);
  }
  const size_t prefix =
      is_blank ? 0 : write_payload_descriptor(slot.from(header), payload, packet.layer, projected);
  const PacketClass kind = source_->kind() == MediaKind::audio ? PacketClass::Audio : PacketClass::Video;
  if (!receiver_.send_rtp({kind, slot, header, prefix, payload.from(prefix), packet.packet, transport_sequence_at,
                           projected.sequence})) {
    return;
  }
  if (is_blank) return;
  last_sent_ = context_.now;
  last_timestamp_ = projected.timestamp;
  last_number_ = static_cast<uint16_t>(projected.sequence);
  if (kind == PacketClass::Video) {
    rtx_payload_type_ = parameters.rtx_payload_type[rtp.payload_type & 0x7f];
    rtx_ssrc_ = rtx_payload_type_ == 0 ? 0 : source_->encodings().front().rtx_ssrc;
  }
  ++context_.forwarded;
  ++packets_;
  octets_ += static_cast<uint32_t>(payload.size());
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
  slot[0] |= kPaddingBit;
  std::memset(slot.data() + size, 0, kPaddingBytes);
  slot[size + kPaddingBytes - 1] = kPaddingBytes;
  // After the fixed header, the block's own four bytes and the element's one.
  const size_t number_at = is_numbered ? kRtpHeaderSize + 5 : 0;
  return receiver_.send_rtp({PacketClass::Padding, slot, size, kPaddingBytes, {}, {}, number_at, next_rtx_++});
}

bool ForwardStream::resend(uint16_t sequence_number, PacketClass kind) {
  if (source_ == nullptr || !receiver_.can_send()) return false;
  const auto origin = projection_.origin_of(sequence_number);
  if (!origin || origin->generation != source_->generation() || origin->encoding >= source_->encodings().size()) {
    return false;
  }
  const Encoding& encoding = source_->encodings()[origin->encoding];
  const PacketRef* found = encoding.history.find(origin->sequence);
  if (found == nullptr) return false;
  const PacketRef original = *found;
  const MediaPacket& packet = *original;

  const RtpParameters& parameters = receiver_.media().parameters();
  const uint8_t payload_type = packet.rtp.payload_type & 0x7f;
  const uint8_t rtx_payload_type = parameters.rtx_payload_type[payload_type];
  const uint32_t rtx_ssrc = source_->encodings().front().rtx_ssrc;
  if (rtx_payload_type == 0 || rtx_ssrc == 0) return false;
  const VideoCodec codec = video_codec(parameters.by_payload_type[payload_type].codec);
  const LayerPacket layer = encoding.layers.read_again(packet.rtp, origin->sequence, packet.arrived, codec,
                                                       source_->dependency_descriptor_id());
  const Projected projected = projection_.project_again(layer, origin->out);
  if (projected.action == Projected::Action::Drop) return false;

  const MutableByteSpan slot = context_.send.reserve();
  const auto [header, transport_sequence_at] = write_header(slot, packet.rtp, layer, projected, nullptr);
  // Sources may use one retransmission SSRC one after the other.
  next_rtx_ = std::max(next_rtx_, receiver_.next_index(rtx_ssrc));
  rtp_set_payload_type(slot.data(), rtx_payload_type);
  rtp_set_sequence_number(slot.data(), static_cast<uint16_t>(next_rtx_));
  rtp_set_ssrc(slot.data(), rtx_ssrc);
  // RFC 4588 §4: the original sequence number goes before the payload.
  store_u16(slot.data() + header, static_cast<uint16_t>(origin->out));
  constexpr size_t prefix = 2;
  // Of a packet that is to be blank nothing follows: so the receiver knows that there was nothing.
  const ByteSpan payload = projected.action == Projected::Action::Blank ? ByteSpan() : packet.rtp.payload;
  const size_t descriptor = write_payload_descriptor(slot.from(header + prefix), payload, layer, projected);
  return receiver_.send_rtp({kind, slot, header, prefix + descriptor, payload.from(descriptor), original,
                             transport_sequence_at, next_rtx_++});
}

std::optional<RtcpSenderInfo> ForwardStream::take_report(Micros now) {
  const auto current = projection_.current();
  if (source_ == nullptr || !current || packets_ == 0 || now < next_report_) return std::nullopt;
  const Encoding& encoding = source_->encodings()[current->encoding];
  if (!encoding.clock || encoding.clock_rate_hz == 0) return std::nullopt;
  const Micros passed = now - encoding.clock->arrived;
  // Senders report every few seconds; an old mapping has drifted and is worse than none.
  if (passed < 0 || passed > kClockLife) return std::nullopt;
  next_report_ = now + kReportInterval;
  // The sender's own mapping of its clock, carried forward to now, so that its audio and video stay in step.
  RtcpSenderInfo info;
  info.ssrc = ssrc_;
  info.ntp_time = encoding.clock->ntp_time + (static_cast<uint64_t>(passed) << 32) / kSecond;
  info.rtp_timestamp = encoding.clock->rtp_timestamp + projection_.timestamp_offset() +
                       static_cast<uint32_t>(static_cast<uint64_t>(passed) * encoding.clock_rate_hz / kSecond);
  info.packet_count = packets_;
  info.octet_count = octets_;
  return info;
}

}  // namespace parley
