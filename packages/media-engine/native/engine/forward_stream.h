// One source as one receiver gets it: always the same SSRC and continuous numbers, whatever was paused, dropped or switched
// between encodings and layers on the way (RFC 7667 §3.7). StreamProjection decides which packets and which numbers; this
// writes and sends them, asks for the key frames that are needed, answers NACKs and reports.
//
// The object outlives pauses and even the source: its SSRC must never use a sequence number twice under one SRTP key.
#pragma once

#include <optional>

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
  bool resend(uint16_t sequence_number);
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
  [[nodiscard]] RtpHeaderTemplate make_header(const RtpPacket& rtp, const LayerPacket& layer,
                                              const Projected& projected) const;
  // Writes a header into the slot, all but the number and the SSRC of the stream; returns its size. `ready` is what
  // `make_header` would return if nothing were rewritten, may be null.
  size_t write_header(MutableByteSpan slot, const RtpPacket& rtp, const LayerPacket& layer, const Projected& projected,
                      const RtpHeaderTemplate* ready) const;

  // given
  EngineContext& context_;
  Transport& receiver_;
  const uint32_t ssrc_;

  // state
  Source* source_ = nullptr;
  StreamProjection projection_;
  uint64_t next_rtx_;
  uint32_t packets_ = 0;
  uint32_t octets_ = 0;
  Micros next_report_ = 0;
};

}  // namespace parley
