#include "engine/load_sender.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/rtcp.h"
#include "engine/host.h"

namespace parley {
namespace {

constexpr uint32_t kVideoClockHz = 90000;
constexpr uint32_t kAudioClockHz = 48000;
// A generator that fell behind catches up by this much at once, then skips: it must not flood after a pause.
constexpr int kMaxFramesPerRun = 20;
// From a recording's last frame to its first one again.
constexpr Micros kRecordedFrame = 33 * kMillisecond;

bool is_audio(const LoadSenderConfig& config) { return config.codec == Codec::opus || config.codec == Codec::red; }
uint32_t clock_hz(const LoadSenderConfig& config) { return is_audio(config) ? kAudioClockHz : kVideoClockHz; }

SourceConfig source_config(const LoadSenderConfig& config) {
  SourceConfig source;
  source.id = config.id;
  source.transport = config.transport;
  source.kind = is_audio(config) ? MediaKind::audio : MediaKind::video;
  source.encodings.push_back({config.ssrc, config.rtx_ssrc});
  return source;
}

}  // namespace

LoadSender::LoadSender(EngineContext& context, const LoadSenderConfig& config)
    : context_(context),
      config_(config),
      source_(context, source_config(config), 0, [this](const Encoding&) { key_frame_wanted_ = true; }),
      next_frame_(context.now),
      frame_interval_(kSecond * std::max(1u, config.burst) / std::max(1u, config.packets_per_second)),
      next_key_frame_(config.key_frame_every_ms == 0 ? kNever : context.now + config.key_frame_every_ms * kMillisecond),
      sequence_(context.random.u32() & 0x7fff),
      first_timestamp_(context.random.u32()),
      started_(context.now) {
  // An encoder answers every request; limiting them is the business of those who ask.
  KeyFrameLimiter::Config unlimited;
  unlimited.min_interval = 0;
  source_.encodings().front().key_frames = KeyFrameLimiter(unlimited);
}

void LoadSender::run(const RtpParameters& parameters) {
  for (int frames = 0; next_frame_ <= context_.now; ++frames) {
    if (frames == kMaxFramesPerRun) {
      next_frame_ = context_.now + frame_interval_;
      return;
    }
    if (config_.recording.empty()) {
      make_frame(parameters);
      next_frame_ += frame_interval_;
    } else {
      play(parameters);
    }
  }
}

void LoadSender::make_frame(const RtpParameters& parameters) {
  if (context_.now >= next_clock_) make_sender_clock();
  if (context_.now >= next_key_frame_) {
    key_frame_wanted_ = true;
    next_key_frame_ = context_.now + config_.key_frame_every_ms * kMillisecond;
  }
  const bool key = key_frame_wanted_;
  key_frame_wanted_ = false;
  picture_id_ = static_cast<uint16_t>((picture_id_ + 1) & 0x7fff);
  ++tl0_pic_idx_;
  for (uint32_t position = 0; position < std::max(1u, config_.burst); ++position) make_packet(parameters, position, key);
}

void LoadSender::make_packet(const RtpParameters& parameters, uint32_t position, bool key) {
  std::array<uint8_t, 64 + kMaxLoadPayload> bytes;
  const bool audio = is_audio(config_);
  RtpHeader header;
  header.payload_type = config_.payload_type;
  header.marker = !audio && position + 1 == std::max(1u, config_.burst);
  header.sequence_number = static_cast<uint16_t>(sequence_);
  header.ssrc = config_.ssrc;
  header.timestamp = first_timestamp_ + static_cast<uint32_t>((next_frame_ - started_) * clock_hz(config_) / kSecond);
  const uint8_t level = config_.audio_level;
  const RtpExtension extension{parameters.audio_level_id, ByteSpan(&level, 1)};
  const bool with_level = audio && parameters.audio_level_id != 0;
  const size_t start =
      rtp_write_header(MutableByteSpan(bytes), header, Span<const RtpExtension>(&extension, with_level ? 1 : 0));
  const size_t payload = std::clamp(config_.payload_bytes, kMinLoadPayload, kMaxLoadPayload);
  std::memset(bytes.data() + start, 0x5a, payload);
  write_payload_start(bytes.data() + start, position, key);
  write_mark(MutableByteSpan(bytes).from(start).first(payload));
  add(ByteSpan(bytes.data(), start + payload), 0, parameters);
}

void LoadSender::add(ByteSpan bytes, uint8_t descriptor_id, const RtpParameters& parameters) {
  ForwardPacket packet;
  packet.packet = PacketRef::copy(bytes, context_.now, sequence_);
  if (!packet.packet) return;
  packet.codec = config_.codec;
  packet.layer = source_.read_layers(0, *packet.packet, config_.codec, descriptor_id);
  // An encoder sends all its layers.
  if (!config_.recording.empty()) packet.layer.scheme = LayerScheme::Whole;
  Encoding& encoding = source_.encodings().front();
  encoding.clock_rate_hz = clock_hz(config_);
  encoding.last_packet = context_.now;
  encoding.highest = sequence_;
  if (packet.layer.starts_key_frame) source_.on_key_frame(0);
  [[maybe_unused]] const PacketHistory::Insert inserted = encoding.history.insert(packet.packet);
  context_.last_media = context_.now;
  source_.add_packet(std::move(packet), ForwardedExtensions::of(parameters));
  ++sequence_;
  ++packets_;
}

void LoadSender::write_mark(MutableByteSpan payload) const {
  if (payload.size() < kLoadTrailer) return;
  uint8_t* trailer = payload.data() + payload.size() - kLoadTrailer;
  store_u32(trailer, kLoadMark);
  store_u64(trailer + 4, static_cast<uint64_t>(context_.host.now()));
}

// One frame of the recording: the packets of one timestamp.
void LoadSender::play(const RtpParameters& parameters) {
  if (context_.now >= next_clock_) make_sender_clock();
  if (played_ == config_.recording.size() || key_frame_wanted_) {
    played_ = 0;
    playing_since_ = next_frame_;
  }
  key_frame_wanted_ = false;
  const uint32_t ticks = config_.recording[played_].ticks;
  while (played_ < config_.recording.size() && config_.recording[played_].ticks == ticks) {
    play_packet(config_.recording[played_++], parameters);
  }
  if (played_ == config_.recording.size()) {
    next_frame_ += kRecordedFrame;
  } else {
    next_frame_ = playing_since_ + Micros{config_.recording[played_].ticks} * kSecond / clock_hz(config_);
  }
}

void LoadSender::play_packet(const RecordedPacket& recorded, const RtpParameters& parameters) {
  std::array<uint8_t, 300 + kMaxLoadPayload> bytes;
  RtpHeader header;
  header.payload_type = config_.payload_type;
  header.marker = recorded.marker;
  header.sequence_number = static_cast<uint16_t>(sequence_);
  header.ssrc = config_.ssrc;
  header.timestamp = first_timestamp_ + static_cast<uint32_t>((next_frame_ - started_) * clock_hz(config_) / kSecond);
  const uint8_t id = recorded.descriptor.empty() ? uint8_t{0} : parameters.dependency_descriptor_id;
  const RtpExtension extension{id, ByteSpan(recorded.descriptor)};
  const size_t start =
      rtp_write_header(MutableByteSpan(bytes), header, Span<const RtpExtension>(&extension, id != 0 ? 1 : 0));
  const size_t payload = std::clamp<size_t>(recorded.payload.size() + kLoadTrailer, config_.payload_bytes, kMaxLoadPayload);
  if (start == 0 || recorded.payload.size() > payload) return;
  std::memset(bytes.data() + start, 0x5a, payload);
  std::memcpy(bytes.data() + start, recorded.payload.data(), recorded.payload.size());
  write_mark(MutableByteSpan(bytes).from(start).first(payload));
  add(ByteSpan(bytes.data(), start + payload), id, parameters);
}

// VP8 (RFC 7741 §4.2): descriptor with a 15-bit picture id, TL0PICIDX and temporal id, then the frame's first bytes.
size_t LoadSender::write_payload_start(uint8_t* payload, uint32_t position, bool key) const {
  if (is_audio(config_)) {
    payload[0] = 0x78;  // CELT fullband, 20 ms, mono, one frame (RFC 6716 §3.1)
    return 1;
  }
  size_t at = 0;
  payload[at++] = static_cast<uint8_t>(0x80 | (position == 0 ? 0x10 : 0x00));
  payload[at++] = 0x80 | 0x40 | 0x20;
  store_u16(payload + at, static_cast<uint16_t>(0x8000 | picture_id_));
  at += 2;
  payload[at++] = tl0_pic_idx_;
  payload[at++] = 0x20;  // temporal layer 0, layer sync
  if (position != 0) return at;
  payload[at++] = key ? 0x10 : 0x11;  // shown; lowest bit clear = key frame (RFC 6386 §9.1)
  payload[at++] = 0;
  payload[at++] = 0;
  if (!key) return at;
  const std::array<uint8_t, 7> start{0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01};  // 640 x 360
  std::memcpy(payload + at, start.data(), start.size());
  return at + start.size();
}

void LoadSender::make_sender_clock() {
  next_clock_ = context_.now + kSecond;
  SenderClock clock;
  clock.ntp_time = ntp_from_unix_us(context_.host.unix_us());
  const uint32_t rate = clock_hz(config_);
  clock.rtp_timestamp = first_timestamp_ + static_cast<uint32_t>((context_.now - started_) * rate / kSecond);
  clock.arrived = context_.now;
  source_.on_sender_clock(0, clock);
}

}  // namespace parley
