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

SourceConfig source_config(const LoadSenderConfig& config) {
  SourceConfig source;
  source.id = config.id;
  source.transport = config.transport;
  source.kind = config.codec == Codec::opus ? MediaKind::audio : MediaKind::video;
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
    make_frame(parameters);
    next_frame_ += frame_interval_;
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
  if (key) source_.on_key_frame(0);
}

void LoadSender::make_packet(const RtpParameters& parameters, uint32_t position, bool key) {
  std::array<uint8_t, 64 + kMaxLoadPayload> bytes;
  const bool audio = config_.codec == Codec::opus;
  RtpHeader header;
  header.payload_type = config_.payload_type;
  header.marker = !audio && position + 1 == std::max(1u, config_.burst);
  header.sequence_number = static_cast<uint16_t>(sequence_);
  header.ssrc = config_.ssrc;
  header.timestamp = first_timestamp_ + static_cast<uint32_t>((next_frame_ - started_) *
                                                              (audio ? kAudioClockHz : kVideoClockHz) / kSecond);
  const uint8_t level = config_.audio_level;
  const RtpExtension extension{parameters.audio_level_id, ByteSpan(&level, 1)};
  const bool with_level = audio && parameters.audio_level_id != 0;
  const size_t start =
      rtp_write_header(MutableByteSpan(bytes), header, Span<const RtpExtension>(&extension, with_level ? 1 : 0));
  const size_t payload = std::clamp(config_.payload_bytes, kMinLoadPayload, kMaxLoadPayload);
  std::memset(bytes.data() + start, 0x5a, payload);
  write_payload_start(bytes.data() + start, position, key);
  store_u32(bytes.data() + start + payload - kLoadTrailer, kLoadMark);
  store_u64(bytes.data() + start + payload - 8, static_cast<uint64_t>(context_.host.now()));

  ForwardPacket packet;
  packet.packet = PacketRef::copy(ByteSpan(bytes.data(), start + payload), context_.now, sequence_);
  if (!packet.packet) return;
  packet.codec = config_.codec;
  if (!audio) {
    Vp8Descriptor vp8;
    if (vp8_parse(packet.packet->rtp.payload, vp8)) packet.vp8 = vp8;
    packet.starts_key_frame = key && position == 0;
  }
  Encoding& encoding = source_.encodings().front();
  encoding.clock_rate_hz = audio ? kAudioClockHz : kVideoClockHz;
  encoding.last_packet = context_.now;
  encoding.highest = sequence_;
  [[maybe_unused]] const PacketHistory::Insert inserted = encoding.history.insert(packet.packet);
  context_.last_media = context_.now;
  source_.add_packet(std::move(packet), parameters);
  ++sequence_;
  ++packets_;
}

// VP8 (RFC 7741 §4.2): descriptor with a 15-bit picture id, TL0PICIDX and temporal id, then the frame's first bytes.
size_t LoadSender::write_payload_start(uint8_t* payload, uint32_t position, bool key) const {
  if (config_.codec == Codec::opus) {
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
  const uint32_t rate = config_.codec == Codec::opus ? kAudioClockHz : kVideoClockHz;
  clock.rtp_timestamp = first_timestamp_ + static_cast<uint32_t>((context_.now - started_) * rate / kSecond);
  clock.arrived = context_.now;
  source_.on_sender_clock(0, clock);
}

}  // namespace parley
