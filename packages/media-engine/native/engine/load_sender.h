// A synthetic sender for load generators and tests: makes frames at a steady rate and gives them to the ordinary
// forwarding path of a client transport, which answers NACKs, sends reports and encrypts as for real media. Every payload
// ends in a mark and the time of its making, which LoadSink reads.
//
//   payload | codec's first bytes … filling … | mark (4) | CLOCK_MONOTONIC microseconds (8) |
//
// Or plays a recording again and again, from its begin when a key frame is asked for: real descriptors of any codec.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/context.h"
#include "engine/parameters.h"
#include "engine/source.h"

namespace parley {

// The beginning of a payload, filled up as all others.
struct RecordedPacket {
  uint32_t ticks = 0;  // time of the codec's clock since the first packet; ascending
  bool marker = false;
  std::vector<uint8_t> descriptor;  // dependency descriptor; may be empty
  std::vector<uint8_t> payload;
};

struct LoadSenderConfig {
  uint32_t id = 0;
  uint32_t transport = 0;
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;
  uint8_t payload_type = 0;
  Codec codec = Codec::vp8;  // without recording vp8 or opus
  uint32_t packets_per_second = 50;
  uint32_t payload_bytes = 1000;
  // Packets of one frame, sent together.
  uint32_t burst = 1;
  // 0 = only when asked.
  uint32_t key_frame_every_ms = 0;
  // RFC 6464 level of Opus packets.
  uint8_t audio_level = 30;
  // Played instead of making frames, whose rate and size then count for nothing. Begins with a key frame.
  std::vector<RecordedPacket> recording;
};

// Smallest payload that holds a descriptor, a frame header and the mark.
inline constexpr uint32_t kMinLoadPayload = 32;
inline constexpr uint32_t kMaxLoadPayload = 1300;
inline constexpr uint32_t kLoadMark = 0x9A71E75Cu;
inline constexpr size_t kLoadTrailer = 12;

class LoadSender {
 public:
  LoadSender(EngineContext& context, const LoadSenderConfig& config);
  LoadSender(const LoadSender&) = delete;
  LoadSender& operator=(const LoadSender&) = delete;

  [[nodiscard]] const LoadSenderConfig& config() const { return config_; }
  [[nodiscard]] Source& source() { return source_; }
  [[nodiscard]] Micros next_deadline() const { return next_frame_; }
  // Makes the frames that are due. `parameters` are the transport's; it carries the audio level if it has an id for it.
  void run(const RtpParameters& parameters);
  [[nodiscard]] uint64_t packets() const { return packets_; }

 private:
  void make_frame(const RtpParameters& parameters);
  void make_packet(const RtpParameters& parameters, uint32_t position, bool key);
  void play(const RtpParameters& parameters);
  void play_packet(const RecordedPacket& recorded, const RtpParameters& parameters);
  // Takes a packet with its own number, header and payload.
  void add(ByteSpan bytes, uint8_t descriptor_id, const RtpParameters& parameters);
  void write_mark(MutableByteSpan payload) const;
  size_t write_payload_start(uint8_t* payload, uint32_t position, bool key) const;
  void make_sender_clock();

  EngineContext& context_;
  const LoadSenderConfig config_;
  Source source_;
  Micros next_frame_;
  Micros frame_interval_;
  Micros next_key_frame_;
  bool key_frame_wanted_ = true;
  uint64_t sequence_;
  uint32_t first_timestamp_;
  Micros started_;
  uint16_t picture_id_ = 0;
  uint8_t tl0_pic_idx_ = 0;
  uint64_t packets_ = 0;
  size_t played_ = 0;          // of the recording
  Micros playing_since_ = 0;  // its first packet
  Micros next_clock_ = 0;
};

}  // namespace parley
