// Sources, forwarding lists and incoming RTP. RTCP is in media_session_rtcp.cc.
#include "engine/media_session.h"

#include <algorithm>
#include <cstring>

#include "core/rtx.h"
#include "core/srtp.h"
#include "engine/transport.h"

namespace parley {
namespace {

// Retransmissions to one receiver: a NACK of a few bytes must not become unbounded traffic.
constexpr int64_t kResendsPerSecond = 1500;
constexpr int64_t kResendBurst = 300;
constexpr int64_t kKeyFrameRequestsPerSecond = 5;
constexpr int64_t kKeyFrameRequestBurst = 20;
// Packets that transport-wide feedback tells of: more than any receiver is sent, repetitions included.
constexpr int64_t kStatusesPerSecond = 50'000;
constexpr int64_t kStatusBurst = 10'000;
// Streams that are out of the list are kept for their numbers, up to this many SSRCs a receiver.
constexpr size_t kMaxStreams = 4096;

// 96 random bits (RFC 7022 §4.2), in a form that fits every parser.
std::string random_cname(RandomSource& random) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string cname(kCnameBytes, ' ');
  for (char& digit : cname) digit = kDigits[random.u32() % 64];
  return cname;
}

}  // namespace

MediaSession::MediaSession(EngineContext& context, Transport& transport)
    : context_(context),
      transport_(transport),
      local_ssrc_(context.random.u32() | 1),
      peer_cname_(random_cname(context.random)),
      resend_budget_(kResendsPerSecond, kResendBurst),
      key_frame_budget_(kKeyFrameRequestsPerSecond, kKeyFrameRequestBurst),
      status_budget_(kStatusesPerSecond, kStatusBurst) {}

MediaSession::~MediaSession() = default;

void MediaSession::close() { streams_.clear(); }

void MediaSession::set_parameters(const RtpParameters& parameters) { parameters_ = parameters; }

void MediaSession::add_source(Source& source) {
  source.set_cname(peer_cname_);
  sources_.push_back(&source);
  uint8_t index = 0;
  for (const Encoding& encoding : source.encodings()) {
    routes_[encoding.ssrc] = {&source, index, false};
    if (encoding.rtx_ssrc != 0) routes_[encoding.rtx_ssrc] = {&source, index, true};
    ++index;
  }
}

void MediaSession::remove_source(Source& source) {
  sources_.erase(std::remove(sources_.begin(), sources_.end(), &source), sources_.end());
  for (auto route = routes_.begin(); route != routes_.end();) {
    route = route->second.source == &source ? routes_.erase(route) : std::next(route);
  }
}

ForwardStream& MediaSession::stream_for(const Source& source) {
  // Receivers know a source by its lowest encoding's SSRC, whichever is forwarded.
  const uint32_t ssrc = source.encodings().front().ssrc;
  const auto found = streams_.find(ssrc);
  if (found != streams_.end()) return *found->second;
  if (streams_.size() >= kMaxStreams) {
    const auto idle = std::find_if(streams_.begin(), streams_.end(),
                                   [](const auto& entry) { return entry.second->source() == nullptr; });
    if (idle != streams_.end()) streams_.erase(idle);
  }
  return *streams_.emplace(ssrc, std::make_unique<ForwardStream>(context_, transport_, ssrc, source.kind())).first->second;
}

void MediaSession::forward(Source& source, const LayerId& limit) { stream_for(source).attach(source, limit); }

void MediaSession::set_forwarding(const std::vector<ForwardingTarget>& targets) {
  for (auto& [ssrc, stream] : streams_) {
    const Source* source = stream->source();
    const bool kept = std::any_of(targets.begin(), targets.end(),
                                  [source](const ForwardingTarget& target) { return target.source == source; });
    if (source != nullptr && !kept) stream->detach();
  }
  for (const ForwardingTarget& target : targets) forward(*target.source, target.limit);
}

void MediaSession::on_connected() {
  for (auto& [ssrc, stream] : streams_) stream->restart();
}

void MediaSession::ask_for_key_frames() {
  for (auto& [ssrc, stream] : streams_) stream->ask_for_key_frame();
}

// The stream that was sent last has the newest packet to repeat.
bool MediaSession::pad() {
  ForwardStream* best = nullptr;
  for (auto& [ssrc, stream] : streams_) {
    if (stream->can_pad() && (best == nullptr || stream->last_sent() > best->last_sent())) best = stream.get();
  }
  return best != nullptr && best->pad();
}

void MediaSession::handle_rtp(MutableByteSpan packet, uint64_t index) {
  RtpPacket rtp;
  if (!rtp_parse(packet, rtp)) {
    context_.drops.add(Drop::malformed_rtp);
    return;
  }
  if (observer_ != nullptr && observer_->loses(rtp)) return;
  context_.last_media = context_.now;
  if (parameters_.transport_cc_id != 0) {
    const auto extension = rtp_find_extension(rtp, parameters_.transport_cc_id);
    const auto number = extension ? read_transport_sequence(*extension) : std::nullopt;
    // When it came, not when there was time for it: a probe that is read as one burst says nothing of the path, and its
    // sender would stay at its first 300 kbit/s.
    if (number) transport_cc_.on_packet(context_.now - context_.waited, *number, packet.size());
  }
  const auto route = routes_.find(rtp.ssrc);
  if (route == routes_.end()) {
    context_.drops.add(Drop::unknown_ssrc);
    return;
  }
  // Chromium takes transport-cc feedback only when it names an SSRC of its own.
  last_media_ssrc_ = rtp.ssrc;
  if (parameters_.transport_cc_id == 0) {
    const bool is_video = route->second.source->kind() == MediaKind::video;
    if (is_video && receive_side_ == nullptr) receive_side_ = std::make_unique<ReceiveSideEstimator>();
    if (receive_side_ != nullptr) estimate_from(rtp, is_video && !route->second.rtx);
  }
  if (route->second.rtx) {
    handle_rtx(route->second, packet, rtp);
  } else {
    handle_media(route->second, packet, index, false);
  }
}

// RFC 4588 §4: the payload begins with the original sequence number; the payload type tells the original one.
void MediaSession::handle_rtx(const Route& route, MutableByteSpan packet, const RtpPacket& rtx) {
  const CodecParameters& codec = parameters_.by_payload_type[rtx.payload_type & 0x7f];
  Encoding& encoding = route.source->encodings()[route.encoding];
  // An empty one is padding, which Chromium sends on the RTX stream to probe for bandwidth.
  if (rtx.payload.size() <= 2) {
    context_.drops.add(Drop::padding_only);
    return;
  }
  if (!codec.known || codec.codec != Codec::rtx || encoding.highest == 0) {
    context_.drops.add(Drop::malformed_rtx);
    return;
  }
  const uint16_t original = load_u16(rtx.payload.data());
  const std::optional<uint64_t> sequence = srtp_guess_index(encoding.highest, original);
  if (!sequence) {
    context_.drops.add(Drop::malformed_rtx);
    return;
  }
  const auto unwrapped = rtx_unwrap(packet, encoding.ssrc, codec.associated_payload_type);
  if (!unwrapped) {
    context_.drops.add(Drop::malformed_rtx);
    return;
  }
  handle_media(route, *unwrapped, *sequence, true);
}

void MediaSession::handle_media(const Route& route, ByteSpan packet, uint64_t index, bool repaired) {
  Source& source = *route.source;
  Encoding& encoding = source.encodings()[route.encoding];
  ForwardPacket forward;
  forward.packet = PacketRef::copy(packet, context_.now, index);
  if (!forward.packet) {
    context_.drops.add(Drop::malformed_rtp);
    return;
  }
  const RtpPacket& rtp = forward.packet->rtp;
  const CodecParameters& codec = parameters_.by_payload_type[rtp.payload_type & 0x7f];
  if (!codec.known || codec.codec == Codec::rtx) {
    context_.drops.add(Drop::unknown_payload_type);
    return;
  }
  if (!repaired) {
    if (!encoding.stats) encoding.stats.emplace(encoding.ssrc, codec.clock_rate_hz);
    encoding.stats->on_packet(context_.now, index, rtp.timestamp, packet.size());
    encoding.clock_rate_hz = codec.clock_rate_hz;
  }
  // Received all the same: else its sender would be told of a great loss when it is heard again, and slow down.
  if (source.blocked()) {
    context_.drops.add(Drop::blocked_source);
    return;
  }
  switch (encoding.history.insert(forward.packet)) {
    case PacketHistory::Insert::Duplicate:
      context_.drops.add(Drop::duplicate);
      return;
    case PacketHistory::Insert::TooOld:
      context_.drops.add(Drop::too_old);
      return;
    case PacketHistory::Insert::Added:
      break;
  }
  encoding.highest = std::max(encoding.highest, index);
  encoding.last_packet = context_.now;
  forward.codec = codec.codec;
  forward.layer = source.read_layers(route.encoding, *forward.packet, codec.codec, parameters_.dependency_descriptor_id);
  if (source.kind() == MediaKind::video) {
    encoding.nack.on_packet(context_.now, index, forward.layer.starts_key_frame, forward.layer.lead);
    if (forward.layer.starts_key_frame) source.on_key_frame(route.encoding);
  } else {
    handle_audio_level(rtp, source);
    if (codec.codec == Codec::red) forward.red = red_find_primary(rtp.payload);
  }
  if (forward.layer.padding_only) context_.drops.add(Drop::padding_only);
  if (observer_ != nullptr && !forward.layer.padding_only) observer_->on_media(rtp, index, context_.now);
  source.add_packet(std::move(forward), ForwardedExtensions::of(parameters_));
}

void MediaSession::handle_audio_level(const RtpPacket& rtp, Source& source) {
  if (parameters_.audio_level_id == 0 || levels_ == nullptr) return;
  const auto extension = rtp_find_extension(rtp, parameters_.audio_level_id);
  const auto level = extension ? read_audio_level(*extension) : std::nullopt;
  if (level && source.update_level(level->level)) levels_->add(source.id(), level->level);
}

}  // namespace parley
