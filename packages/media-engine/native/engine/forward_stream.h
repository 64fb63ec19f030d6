// One source as one receiver gets it: always the same SSRC and continuous numbers, whatever was paused, dropped or switched
// between encodings and layers on the way (RFC 7667 §3.7). StreamProjection decides which packets and which numbers; this
// writes and sends them, asks for the key frames that are needed, answers NACKs and reports.
//
// The object outlives pauses and even the source: its SSRC must never use a sequence number twice under one SRTP key.
#pragma once

#include <optional>

#include "bwe/pacer.h"
#include "core/rtcp.h"
#include "engine/context.h"
#include "engine/parameters.h"
#include "engine/source.h"
#include "layers/stream_projection.h"

namespace parley {

class Transport;

class ForwardStream {
 public:
  ForwardStream(EngineContext& context, Transport& receiver, uint32_t ssrc, MediaKind kind);
  ~ForwardStream();
  ForwardStream(const ForwardStream&) = delete;
  ForwardStream& operator=(const ForwardStream&) = delete;

  // Puts the stream into, or takes it out of, the receiver's list. `limit`: the highest layers that it may have.
  void attach(Source& source, LayerId limit);
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
  // Asks for the key frame that the stream needs to reach its layers, if any; called a few times a second, so that a
  // request is repeated for as long as nothing comes of it.
  void ask_for_key_frame();

  // Sender report for this stream, when one is due (RFC 3550 §6.4.1).
  [[nodiscard]] std::optional<RtcpSenderInfo> take_report(Micros now);
  void report_soon() { next_report_ = 0; }

  [[nodiscard]] uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] Source* source() const { return source_; }

 private:
  struct WrittenHeader {
    size_t size = 0;
    size_t transport_sequence_at = 0;
  };

  bool resend(uint16_t sequence_number, PacketClass kind);
  bool pad_without_media();
  [[nodiscard]] RtpHeaderTemplate make_header(const RtpPacket& rtp, const LayerPacket& layer,
                                              const Projected& projected) const;
  // Writes a header into the slot, all but the number and the SSRC of the stream. `ready` is what `make_header` would
  // return if nothing were rewritten, may be null.
  WrittenHeader write_header(MutableByteSpan slot, const RtpPacket& rtp, const LayerPacket& layer,
                             const Projected& projected, const RtpHeaderTemplate* ready) const;

  // given
  EngineContext& context_;
  Transport& receiver_;
  const uint32_t ssrc_;

  // state
  Source* source_ = nullptr;
  StreamProjection projection_;
  uint64_t next_rtx_;
  // What padding goes on from.
  Micros last_sent_ = -1;
  uint32_t last_timestamp_ = 0;
  uint16_t last_number_ = 0;
  // Where retransmissions go; 0 once the source is gone.
  uint32_t rtx_ssrc_ = 0;
  uint8_t rtx_payload_type_ = 0;
  uint32_t packets_ = 0;
  uint32_t octets_ = 0;
  Micros next_report_ = 0;
};

}  // namespace parley
