// What a simulated participant hears: who sent how much, when each packet was made, and what is missing after repair.
#pragma once

#include <map>

#include "../engine/load_sender.h"
#include "../engine/load_sink.h"

namespace parley::sim {

class HeardMedia final : public MediaObserver {
 public:
  struct Stream {
    uint64_t packets = 0;
    Micros last_arrival = -1;
    Micros last_made = -1;
    Micros longest_gap = 0;
    Micros worst_delay = 0;
  };
  /// A packet of `ssrc` came at `now`; `made` at its sender's, −1 when its payload does not tell.
  using OnPacket = std::function<void(uint32_t ssrc, Micros made, Micros now)>;

  void set_on_packet(OnPacket on_packet) { on_packet_ = std::move(on_packet); }
  bool loses(const RtpPacket&) override { return false; }
  void on_media(const RtpPacket& packet, uint64_t sequence, Micros now) override {
    sink_.on_media(packet, sequence, now);
    Stream& stream = streams_[packet.ssrc];
    const Micros made = made_at(packet.payload);
    if (stream.last_arrival >= 0) stream.longest_gap = std::max(stream.longest_gap, now - stream.last_arrival);
    if (made >= 0) stream.worst_delay = std::max(stream.worst_delay, now - made);
    stream.packets++;
    stream.last_arrival = now;
    stream.last_made = made;
    if (on_packet_) on_packet_(packet.ssrc, made, now);
  }
  [[nodiscard]] LoadSink& sink() { return sink_; }
  [[nodiscard]] const std::map<uint32_t, Stream>& streams() const { return streams_; }
  [[nodiscard]] Stream of(uint32_t ssrc) const {
    const auto found = streams_.find(ssrc);
    return found == streams_.end() ? Stream{} : found->second;
  }
  void reset() {
    sink_.reset();
    streams_.clear();
  }

 private:
  static Micros made_at(ByteSpan payload) {
    if (payload.size() < kLoadTrailer) return -1;
    const uint8_t* trailer = payload.data() + payload.size() - kLoadTrailer;
    return load_u32(trailer) == kLoadMark ? static_cast<Micros>(load_u64(trailer + 4)) : -1;
  }

  LoadSink sink_{0};
  std::map<uint32_t, Stream> streams_;
  OnPacket on_packet_;
};

}  // namespace parley::sim
