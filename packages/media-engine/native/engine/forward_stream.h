// One source as one receiver gets it: always the same SSRC, continuous sequence numbers, timestamps and VP8 picture ids,
// whatever was paused, dropped or switched between simulcast encodings on the way (RFC 7667 §3.7).
//
//   waiting ──key frame──▶ forwarding encoding e ──key frame of the wanted encoding──▶ forwarding that one
//      ▲                        │ left the list, source blocked
//      └────────────────────────┘ numbers go on where they were
//
// The object outlives pauses and even the source: its SSRC must never use a sequence number twice under one SRTP key.
#pragma once

#include <deque>
#include <optional>

#include "bwe/pacer.h"
#include "core/rtcp.h"
#include "core/sequence_mapper.h"
#include "engine/context.h"
#include "engine/parameters.h"
#include "engine/source.h"

namespace parley {

class Transport;

class ForwardStream {
 public:
  ForwardStream(EngineContext& context, Transport& receiver, uint32_t ssrc);
  ~ForwardStream();
  ForwardStream(const ForwardStream&) = delete;
  ForwardStream& operator=(const ForwardStream&) = delete;

  // Puts the stream into, or takes it out of, the receiver's list.
  void attach(Source& source, size_t max_encoding);
  void detach();
  void on_source_closed();
  // Starts again: video on a key frame, which is asked for.
  void restart();

  void forward(const ForwardPacket& packet);
  // A NACK for this outgoing number: sends it again by RTX. False when RTX was not negotiated (a second packet under the
  // old number would be the end of GCM unless every byte is the same, and parameters, segments and extensions change), the
  // packet is not there any more, or there is no way to the receiver.
  bool resend(uint16_t sequence_number) { return resend(sequence_number, PacketClass::Retransmission); }
  // Fills a probe of the path: with the newest packet once more, or with nothing at all where that is too old. False
  // like `resend`.
  bool pad();
  [[nodiscard]] bool can_pad() const { return rtx_ssrc_ != 0; }
  // When the newest packet was sent; -1 = never.
  [[nodiscard]] Micros last_sent() const { return last_sent_; }
  // PLI or FIR from the receiver.
  void request_key_frame();
  // Chooses among the encodings that arrive; called a few times a second.
  void update_target();

  // Sender report for this stream, when one is due (RFC 3550 §6.4.1).
  [[nodiscard]] std::optional<RtcpSenderInfo> take_report(Micros now);
  void report_soon() { next_report_ = 0; }

  [[nodiscard]] uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] Source* source() const { return source_; }

 private:
  // From `first_out` on, this was added to the sender's values.
  struct Segment {
    uint64_t first_out = 0;
    uint32_t timestamp_offset = 0;
    uint16_t picture_id_offset = 0;
    uint8_t tl0_pic_idx_offset = 0;
  };

  bool resend(uint16_t sequence_number, PacketClass kind);
  bool pad_without_media();
  [[nodiscard]] uint8_t tag(uint8_t encoding) const;
  [[nodiscard]] bool may_start_with(const ForwardPacket& packet) const;
  void start_with(const ForwardPacket& packet);
  [[nodiscard]] uint32_t timestamp_offset_for(const ForwardPacket& packet) const;
  [[nodiscard]] const Segment& segment_of(uint64_t out) const;
  [[nodiscard]] RtpHeaderTemplate make_header(const RtpPacket& rtp) const;
  size_t write_vp8(MutableByteSpan out, ByteSpan payload, const Vp8Descriptor& vp8, const Segment& segment) const;

  // given
  EngineContext& context_;
  Transport& receiver_;
  const uint32_t ssrc_;

  // state
  Source* source_ = nullptr;
  size_t max_encoding_ = 0;
  std::optional<uint8_t> current_;  // encoding; empty = waiting
  size_t target_ = 0;
  SequenceMapper mapper_;
  std::deque<Segment> segments_;
  uint64_t next_rtx_;
  uint32_t last_timestamp_ = 0;
  uint16_t last_number_ = 0;
  // Where retransmissions went; 0 once the source is gone.
  uint32_t rtx_ssrc_ = 0;
  uint8_t rtx_payload_type_ = 0;
  uint16_t last_picture_id_ = 0;
  uint8_t last_tl0_pic_idx_ = 0;
  std::optional<uint8_t> last_tag_;
  Micros last_sent_ = -1;
  uint32_t packets_ = 0;
  uint32_t octets_ = 0;
  Micros next_report_ = 0;
};

}  // namespace parley
