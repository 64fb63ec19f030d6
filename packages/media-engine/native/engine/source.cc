#include "engine/source.h"

#include <algorithm>

#include "engine/forward_stream.h"

namespace parley {
namespace {

PacketHistory::Config history_config(MediaKind kind) {
  PacketHistory::Config config;
  // Nobody asks for audio again; what is kept recognises duplicates that come by RTX.
  if (kind == MediaKind::audio) config.max_packets = 16;
  return config;
}

}  // namespace

VideoCodec video_codec(Codec codec) {
  switch (codec) {
    case Codec::vp8:
      return VideoCodec::Vp8;
    case Codec::vp9:
      return VideoCodec::Vp9;
    case Codec::h264:
      return VideoCodec::H264;
    case Codec::av1:
      return VideoCodec::Av1;
    default:
      return VideoCodec::Unknown;
  }
}

Encoding::Encoding(const EncodingConfig& config, MediaKind kind, uint8_t index, uint8_t generation)
    : ssrc(config.ssrc), rtx_ssrc(config.rtx_ssrc), layers(index, generation), history(history_config(kind)) {}

Source::Source(EngineContext& context, const SourceConfig& config, uint8_t generation, KeyFrameRequest ask)
    : context_(context),
      id_(config.id),
      sender_(config.transport),
      kind_(config.kind),
      generation_(generation),
      ask_(std::move(ask)) {
  make_encodings(config.encodings);
}

Source::Source(EngineContext& context, const MirrorConfig& config, uint8_t generation, KeyFrameRequest ask,
               Watched watched)
    : context_(context),
      id_(config.id),
      sender_(0),
      kind_(config.kind),
      generation_(generation),
      ask_(std::move(ask)),
      watched_(std::move(watched)),
      room_(config.room) {
  make_encodings(config.encodings);
}

void Source::make_encodings(const std::vector<EncodingConfig>& encodings) {
  encodings_.reserve(encodings.size());
  for (const EncodingConfig& encoding : encodings) {
    encodings_.emplace_back(encoding, kind_, static_cast<uint8_t>(encodings_.size()), generation_);
  }
  if (kind_ == MediaKind::video) layers_.emplace();
}

Source::~Source() {
  for (ForwardStream* stream : receivers_) stream->on_source_closed();
}

void Source::set_blocked(bool blocked) {
  if (blocked_ == blocked) return;
  blocked_ = blocked;
  pending_.clear();
  for (Encoding& encoding : encodings_) {
    encoding.nack.clear();
    encoding.key_frames.cancel();
  }
  if (blocked) return;
  for (ForwardStream* stream : receivers_) stream->restart();
}

void Source::add_receiver(ForwardStream& stream) {
  receivers_.push_back(&stream);
  if (watched_ && receivers_.size() == 1) watched_(true);
}

bool Source::is_watched() const {
  return !receivers_.empty() ||
         std::any_of(mirrors_.begin(), mirrors_.end(), [](const Mirror& mirror) { return mirror.watched; });
}

void Source::remove_receiver(ForwardStream& stream) {
  receivers_.erase(std::remove(receivers_.begin(), receivers_.end(), &stream), receivers_.end());
  if (!receivers_.empty()) return;
  if (watched_) watched_(false);
  if (is_watched()) return;
  for (Encoding& encoding : encodings_) encoding.key_frames.cancel();
}

LayerPacket Source::read_layers(size_t encoding, const MediaPacket& packet, Codec codec, uint8_t descriptor_id) {
  LayerReader& reader = encodings_[encoding].layers;
  if (!layers_) return reader.read(packet.rtp, packet.sequence, packet.arrived, VideoCodec::Unknown, 0);
  LayerPacket layer = reader.read(packet.rtp, packet.sequence, packet.arrived, video_codec(codec), descriptor_id);
  layers_->on_packet(layer, packet.bytes().size());
  return layer;
}

std::vector<LayerTable::Layer> Source::layers() const {
  return layers_ ? layers_->layers(context_.now) : std::vector<LayerTable::Layer>();
}

void Source::add_packet(ForwardPacket packet, const ForwardedExtensions& extensions) {
  if (!is_watched()) return;
  extensions_ = extensions;
  RtpExtensionMap kept;
  kept.keep(extensions_.audio_level_id);
  kept.keep(extensions_.dependency_descriptor_id);
  kept.located = extensions_.dependency_descriptor_id;
  packet.header = rtp_make_template(packet.packet->rtp, kept, extensions_.transport_cc_id);
  if (pending_.empty()) context_.sources_with_packets.push_back(this);
  pending_.push_back(std::move(packet));
}

void Source::forward_pending() {
  for (ForwardStream* stream : receivers_) {
    for (const ForwardPacket& packet : pending_) stream->forward(packet);
  }
  mirror_pending();
  pending_.clear();
}

void Source::request_key_frame(size_t encoding) {
  if (kind_ != MediaKind::video || blocked_ || encoding >= encodings_.size()) return;
  encodings_[encoding].key_frames.request(context_.now);
  run_key_frame_requests();
}

void Source::run_key_frame_requests() {
  for (Encoding& encoding : encodings_) {
    if (encoding.key_frames.waiting() && encoding.key_frames.take_due(context_.now)) ask_(encoding);
  }
}

void Source::on_key_frame(size_t encoding) { encodings_[encoding].key_frames.on_key_frame(context_.now); }

void Source::expire_histories() {
  for (Encoding& encoding : encodings_) encoding.history.expire(context_.now);
}

void Source::on_sender_clock(size_t encoding, const SenderClock& clock) {
  const bool first = !encodings_[encoding].clock.has_value();
  encodings_[encoding].clock = clock;
  encodings_[encoding].layers.on_sender_report(clock.ntp_time, clock.rtp_timestamp, encodings_[encoding].clock_rate_hz);
  for (const Mirror& mirror : mirrors_) {
    if (!mirror.watched) continue;
    MirrorBatch batch = mirror_batch(mirror);
    batch.clocks.push_back({static_cast<uint8_t>(encoding), encodings_[encoding].clock_rate_hz, clock});
    context_.mirrored.push_back({mirror.loop, std::move(batch)});
  }
  if (!first) return;
  for (ForwardStream* stream : receivers_) stream->report_soon();
}

bool Source::update_level(uint8_t level) {
  const bool worth = level < 127 || level_ < 127;
  level_ = level;
  return worth;
}

}  // namespace parley
