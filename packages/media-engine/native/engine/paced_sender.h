// What one receiver is sent, at the rate that its path carries: estimator and pacer in front of its SRTP context.
//
//   send ─▶ may it pass? ─yes─▶ transport-wide number ─▶ SRTP ─▶ send queue
//              │no                        ▲
//              └▶ Pacer ──run(), on time──┘      nothing to send for a probe: MediaSession::pad()
//
// On a path with room, packets pass without being copied. Driver: EngineContext::to_run lists the transports whose
// senders have something to do at the end of the batch; next_deadline() says when there will be something again.
#pragma once

#include <vector>

#include "bwe/bandwidth_estimator.h"
#include "bwe/pacer.h"
#include "core/packet.h"
#include "core/rtcp.h"
#include "core/twcc.h"
#include "engine/context.h"

namespace parley {

class Transport;

// A packet that is ready but for its transport-wide number and its encryption.
struct OutgoingRtp {
  PacketClass kind = PacketClass::Video;
  // From the send queue's reserve(); begins with the header and what replaces the payload's first bytes.
  MutableByteSpan slot;
  size_t header_bytes = 0;
  size_t prefix_bytes = 0;
  // The rest of the payload, bytes of `packet`.
  ByteSpan payload;
  const PacketRef& packet;
  // Where the transport-wide number belongs, 0 = nowhere.
  size_t transport_sequence_at = 0;
  uint64_t index = 0;
};

class PacedSender {
 public:
  struct Snapshot {
    // Nothing was estimated for a sender that does not pace.
    BandwidthEstimator::Stats path;
    BitRate target = 0;
    size_t queued_bytes = 0;
    Micros queue_age = 0;
    uint64_t expired = 0;
    uint64_t refused = 0;
    uint64_t padding_bytes = 0;
  };

  // One that is not `paced` sends everything at once and only counts transport-wide numbers: load generators, plain peers.
  PacedSender(EngineContext& context, Transport& transport, bool paced);

  // False when the packet is lost: no room in the queue, or Transport::write_rtp refuses.
  bool send(const OutgoingRtp& packet);
  // Whether a repair may be sent. All of them together get no more than what the path is estimated to carry: packets that
  // were lost because there were too many must not come back as more.
  [[nodiscard]] bool may_repair();
  // Sends what is due.
  void run();
  // When `run` has something to do; kNever while nothing waits.
  [[nodiscard]] Micros next_deadline() const;
  // The estimator's own time, every few milliseconds while media flows.
  void tick();

  void on_feedback(const TransportCcFeedback& feedback);
  void on_receiver_report(uint8_t fraction_lost, Micros round_trip);
  void on_remb(BitRate rate);
  void on_route_change();
  // What could be used if there were no limit.
  void set_demand(BitRate demand);
  // Nothing waits any more; what did is lost.
  void clear();

  // The estimate, when it is worth telling: known, and different from what was told last.
  [[nodiscard]] std::optional<BitRate> take_news();
  [[nodiscard]] Snapshot snapshot() const;

 private:
  struct Waiting {
    std::vector<uint8_t> start;  // header and prefix
    size_t header_bytes;
    size_t transport_sequence_at;
    PacketRef packet;
    ByteSpan payload;
    uint64_t index;
    bool audio;
  };

  bool write(const OutgoingRtp& packet, uint8_t probe);
  void write(const Waiting& waiting, PacketClass kind, uint8_t probe);
  // Media that left without waiting took as long as the rest of its batch.
  bool count_passed(PacketClass kind, bool sent);
  void rates_changed();
  void wake();
  [[nodiscard]] size_t wire_bytes(const OutgoingRtp& packet) const;

  // given
  EngineContext& context_;
  Transport& transport_;
  const bool paced_;
  // owned
  BandwidthEstimator estimator_;
  Pacer<Waiting> pacer_;
  // state
  uint16_t next_number_ = 0;  // of one that is not paced
  uint8_t padding_probe_ = 0;
  bool media_seen_ = false;
  bool listed_ = false;
  bool reported_ = false;  // the peer has told anything about the path
  bool found_ = false;     // and the estimate is more than what it began with
  BitRate told_ = 0;
  uint64_t expired_ = 0;  // counted already
  uint64_t padding_bytes_ = 0;
  int64_t repair_bytes_ = 0;  // what repairs may take now; less than nothing when the last one took more
  Micros repair_counted_ = 0;
};

}  // namespace parley
