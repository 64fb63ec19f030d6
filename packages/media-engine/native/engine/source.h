// A track of one sender as it arrives: reception state of every encoding, the history that retransmissions come from, and
// the list of receivers. Packets of one receive batch are collected first and then written receiver by receiver, so that a
// frame's packets to one receiver lie side by side in the send queue (see send_queue.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/key_frame_limiter.h"
#include "core/nack_generator.h"
#include "core/packet_history.h"
#include "core/receive_stats.h"
#include "core/red.h"
#include "core/rtp.h"
#include "engine/audio_levels.h"
#include "engine/context.h"
#include "engine/mirror.h"
#include "engine/parameters.h"
#include "layers/layer_reader.h"
#include "layers/layer_table.h"

namespace parley {

class ForwardStream;

// A packet on its way to the receivers, with everything that is the same for all of them.
struct ForwardPacket {
  PacketRef packet;
  Codec codec = Codec::other;
  LayerPacket layer;
  // Of redundant audio: where the frame is that receivers without RED get.
  std::optional<RedPrimary> red;
  // For receivers that negotiated the same extension ids as the sender, which is nearly all.
  RtpHeaderTemplate header;
};

[[nodiscard]] VideoCodec video_codec(Codec codec);

struct Encoding {
  Encoding(const EncodingConfig& config, MediaKind kind, uint8_t index, uint8_t generation);

  uint32_t ssrc;
  uint32_t rtx_ssrc;
  LayerReader layers;
  std::optional<ReceiveStats> stats;  // from the first packet on, which tells the clock rate
  NackGenerator nack;
  PacketHistory history;
  KeyFrameLimiter key_frames;
  std::optional<SenderClock> clock;
  uint32_t clock_rate_hz = 0;
  uint64_t highest = 0;  // extended sequence number
  Micros last_packet = -1;  // of any kind, padding too
};

class Source {
 public:
  // Sends one key frame request for an encoding towards the sender.
  using KeyFrameRequest = std::function<void(const Encoding&)>;
  // Of a mirror: whether anybody watches it, told when that changes.
  using Watched = std::function<void(bool)>;

  Source(EngineContext& context, const SourceConfig& config, uint8_t generation, KeyFrameRequest ask);
  // A mirror; `original` is its source id on another loop.
  Source(EngineContext& context, const MirrorConfig& config, uint8_t generation, KeyFrameRequest ask, Watched watched);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] MediaKind kind() const { return kind_; }
  // Transport; 0 of a mirror.
  [[nodiscard]] uint32_t sender() const { return sender_; }
  [[nodiscard]] bool is_mirror() const { return watched_ != nullptr; }
  [[nodiscard]] uint32_t room() const { return room_; }
  void set_room(uint32_t room) { room_ = room; }
  // Whose clock the source runs on (RFC 3550 §6.5.1); empty when no peer sends it.
  [[nodiscard]] const std::string& cname() const { return cname_; }
  void set_cname(const std::string& cname) { cname_ = cname; }
  [[nodiscard]] std::vector<Encoding>& encodings() { return encodings_; }
  [[nodiscard]] const std::vector<Encoding>& encodings() const { return encodings_; }
  // Tells sources apart that had the same SSRC one after the other.
  [[nodiscard]] uint8_t generation() const { return generation_; }

  void set_blocked(bool blocked);
  [[nodiscard]] bool blocked() const { return blocked_; }

  void add_receiver(ForwardStream& stream);
  void remove_receiver(ForwardStream& stream);
  [[nodiscard]] bool has_receivers() const { return !receivers_.empty(); }

  // Finds out what there is to know of a packet for choosing layers, once for all receivers. Each new packet once.
  [[nodiscard]] LayerPacket read_layers(size_t encoding, const MediaPacket& packet, Codec codec, uint8_t descriptor_id);
  // Takes a packet for forwarding at the end of the batch. `extensions` are the sender's.
  void add_packet(ForwardPacket packet, const ForwardedExtensions& extensions);
  // What came for this mirror from its original.
  void take_mirrored(MirrorBatch& batch);
  void forward_pending();
  // Source `mirror` of that loop gets what arrives here, as soon as somebody watches it.
  void add_mirror(uint32_t loop, uint32_t mirror) { mirrors_.push_back({loop, mirror}); }
  void set_mirror_watched(uint32_t loop, bool watched);

  void request_key_frame(size_t encoding);
  // Repeats due requests.
  void run_key_frame_requests();
  void on_key_frame(size_t encoding);
  // Bit i: media comes from encoding i. Always 0 for audio.
  [[nodiscard]] uint8_t active_encodings() const { return layers_ ? layers_->active_encodings(context_.now) : uint8_t{0}; }
  // The layers of video that exist now, lowest first.
  [[nodiscard]] std::vector<LayerTable::Layer> layers() const;
  // Lets go of packets that are too old to be sent again; for encodings that fell silent.
  void expire_histories();
  void on_sender_clock(size_t encoding, const SenderClock& clock);

  // RFC 6464 level of a packet; returns whether it is worth telling.
  bool update_level(uint8_t level);

  // Header extension ids of the sender, as of the last packet.
  [[nodiscard]] uint8_t audio_level_id() const { return extensions_.audio_level_id; }
  [[nodiscard]] uint8_t dependency_descriptor_id() const { return extensions_.dependency_descriptor_id; }
  [[nodiscard]] uint8_t transport_cc_id() const { return extensions_.transport_cc_id; }

 private:
  struct Mirror {
    uint32_t loop;
    uint32_t id;
    bool watched = false;
  };

  void make_encodings(const std::vector<EncodingConfig>& encodings);
  [[nodiscard]] bool is_watched() const;
  void mirror_pending();
  [[nodiscard]] MirrorBatch mirror_batch(const Mirror& mirror) const;

  // given
  EngineContext& context_;
  const uint32_t id_;
  const uint32_t sender_;
  const MediaKind kind_;
  const uint8_t generation_;
  const KeyFrameRequest ask_;
  const Watched watched_;  // of a mirror
  // owned
  std::vector<Encoding> encodings_;
  std::optional<LayerTable> layers_;  // of video
  std::vector<ForwardPacket> pending_;
  // state
  std::string cname_;
  uint32_t room_ = 0;
  std::vector<ForwardStream*> receivers_;
  std::vector<Mirror> mirrors_;
  bool blocked_ = false;
  uint8_t level_ = 127;
  ForwardedExtensions extensions_;
};

}  // namespace parley
