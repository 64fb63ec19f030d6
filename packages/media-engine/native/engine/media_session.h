// The media of one transport, in clear: packets of its sources come in here and go to their sources; what other sources
// send to it goes out through ForwardStreams; RTCP of both directions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bwe/receive_side_estimator.h"
#include "core/resend_log.h"
#include "core/rtcp.h"
#include "core/twcc.h"
#include "core/receiver_losses.h"
#include "engine/audio_levels.h"
#include "engine/context.h"
#include "engine/forward_stream.h"
#include "engine/parameters.h"
#include "engine/source.h"
#include "engine/token_bucket.h"

namespace parley {

class Transport;

// Length of the CNAMEs that stand for our peers.
inline constexpr size_t kCnameBytes = 16;

// Sees the media that arrives on a transport; the load generator's sink.
class MediaObserver {
 public:
  virtual ~MediaObserver() = default;
  // True to lose this packet on purpose, before anything else sees it.
  virtual bool loses(const RtpPacket& packet) = 0;
  // A new packet, decrypted, unwrapped from RTX, and no duplicate.
  virtual void on_media(const RtpPacket& packet, uint64_t sequence, Micros now) = 0;
};

struct MediaCounters {
  uint64_t nacks_received = 0;  // packets asked for
  uint64_t nacks_sent = 0;
  uint64_t retransmitted = 0;
  uint64_t plis_received = 0;
  uint64_t plis_sent = 0;
};

struct ForwardingTarget {
  Source* source = nullptr;
  LayerId limit;  // the highest layers it may have
};

class MediaSession {
 public:
  MediaSession(EngineContext& context, Transport& transport);
  ~MediaSession();
  MediaSession(const MediaSession&) = delete;
  MediaSession& operator=(const MediaSession&) = delete;

  void set_parameters(const RtpParameters& parameters);
  [[nodiscard]] const RtpParameters& parameters() const { return parameters_; }
  // Where levels of this transport's sources go; may be null.
  void set_audio_levels(AudioLevels* levels) { levels_ = levels; }
  void set_observer(MediaObserver* observer) { observer_ = observer; }

  // Sources that this peer sends.
  void add_source(Source& source);
  void remove_source(Source& source);
  void send_key_frame_request(const Encoding& encoding);
  // Sources that this peer gets; replaces the list.
  void set_forwarding(const std::vector<ForwardingTarget>& targets);
  // One more, without replacing.
  void forward(Source& source, const LayerId& limit);

  // Authentic and decrypted; `index` is the extended sequence number.
  void handle_rtp(MutableByteSpan packet, uint64_t index);
  void handle_rtcp(ByteSpan packet);
  void on_connected();
  void close();

  // Every few milliseconds while media flows: feedback, repeated requests, reports.
  void run_feedback();
  // A recent packet once more, for a probe; false when there is nothing to repeat.
  bool pad();
  // A few times a second: for streams that cannot reach what they should have without one.
  void ask_for_key_frames();

  [[nodiscard]] const MediaCounters& counters() const { return counters_; }

 private:
  struct Route {
    Source* source = nullptr;
    uint8_t encoding = 0;
    bool rtx = false;
  };

  void handle_media(const Route& route, ByteSpan packet, uint64_t index, bool repaired);
  void handle_rtx(const Route& route, MutableByteSpan packet, const RtpPacket& rtx);
  void handle_audio_level(const RtpPacket& rtp, Source& source);
  void handle_report_blocks(const RtcpPart& part);
  void handle_sender_report(const RtcpSenderInfo& info);
  // False when it cannot be read.
  [[nodiscard]] bool handle_transport_feedback(const RtcpPart& part);
  [[nodiscard]] bool handle_payload_feedback(const RtcpPart& part);
  void handle_nack(const RtcpFeedback& feedback);
  void handle_key_frame_request(uint32_t ssrc);
  void send_transport_cc();
  // For REMB, of a sender without transport-cc. `is_media` = neither a retransmission nor padding.
  void estimate_from(const RtpPacket& rtp, bool is_media);
  void send_remb();
  void send_nacks();
  void send_reports();
  [[nodiscard]] std::vector<RtcpReportBlock> report_blocks();
  [[nodiscard]] ForwardStream& stream_for(const Source& source);

  // given
  EngineContext& context_;
  Transport& transport_;
  AudioLevels* levels_ = nullptr;
  MediaObserver* observer_ = nullptr;

  // owned
  std::unordered_map<uint32_t, std::unique_ptr<ForwardStream>> streams_;  // by outgoing SSRC

  // state
  RtpParameters parameters_;
  std::vector<Source*> sources_;
  std::unordered_map<uint32_t, Route> routes_;  // by incoming SSRC
  TransportCcReceiver transport_cc_;
  // Of a sender of video without transport-cc, from its first packet on.
  std::unique_ptr<ReceiveSideEstimator> receive_side_;
  uint32_t local_ssrc_;
  const std::string peer_cname_;
  uint32_t last_media_ssrc_ = 0;
  Micros next_report_ = 0;
  Micros next_report_scan_ = 0;
  TokenBucket resend_budget_;
  ResendLog resent_;
  ReceiverLosses losses_;
  TransportCcFeedback transport_cc_feedback_;  // kept to save allocations
  TokenBucket key_frame_budget_;
  TokenBucket status_budget_;
  MediaCounters counters_;
  std::vector<uint16_t> nack_numbers_;
};

}  // namespace parley
