#include "engine/load_sink.h"

#include <algorithm>

#include "engine/load_sender.h"

namespace parley {

void LatencyHistogram::add(uint64_t micros) {
  size_t bucket = static_cast<size_t>(micros);
  if (micros >= 16) {
    int shift = 0;
    while ((micros >> shift) >= 32) ++shift;
    bucket = static_cast<size_t>(shift + 1) * 16 + static_cast<size_t>((micros >> shift) - 16);
  }
  ++counts_[std::min(bucket, kBuckets - 1)];
}

void LoadSink::set_parameters(const RtpParameters& parameters) {
  layers_.set_descriptor_id(parameters.dependency_descriptor_id);
  for (size_t i = 0; i < is_rtx_.size(); ++i) {
    is_rtx_[i] = parameters.by_payload_type[i].codec == Codec::rtx;
    is_vp8_[i] = parameters.by_payload_type[i].codec == Codec::vp8;
  }
}

bool LoadSink::loses(const RtpPacket& packet) {
  if (lose_every_ == 0 || is_rtx_[packet.payload_type & 0x7f]) return false;
  if (++seen_ % lose_every_ != 0) return false;
  ++lost_;
  return true;
}

void LoadSink::on_media(const RtpPacket& packet, uint64_t sequence, Micros now) {
  const auto [entry, fresh] = streams_.try_emplace(packet.ssrc, Stream{sequence, sequence, 0, 0, 0, {}});
  Stream& stream = entry->second;
  stream.first = std::min(stream.first, sequence);
  stream.highest = std::max(stream.highest, sequence);
  ++stream.packets;
  if (is_vp8_[packet.payload_type & 0x7f]) check_continuity(stream, packet, sequence);
  layers_.on_packet(packet, sequence, now);
  ++packets_;
  bytes_ += packet.packet.size();
  const ByteSpan payload = packet.payload;
  if (payload.size() < kLoadTrailer) return;
  const uint8_t* trailer = payload.data() + payload.size() - kLoadTrailer;
  if (load_u32(trailer) != kLoadMark) return;
  const auto sent = static_cast<Micros>(load_u64(trailer + 4));
  if (sent <= now) latency_.add(static_cast<uint64_t>(now - sent));
}

void LoadSink::check_continuity(Stream& stream, const RtpPacket& packet, uint64_t sequence) {
  Vp8Descriptor vp8;
  if (!vp8_parse(packet.payload, vp8) || !vp8.picture_id) return;
  if (stream.last_picture_id && sequence == stream.last + 1) {
    const auto step = static_cast<uint16_t>((*vp8.picture_id - *stream.last_picture_id) & 0x7fff);
    const auto ticks = static_cast<int32_t>(packet.timestamp - stream.last_timestamp);
    if (step > 1 || (step == 0 ? ticks != 0 : ticks <= 0)) ++discontinuities_;
  }
  stream.last = sequence;
  stream.last_timestamp = packet.timestamp;
  stream.last_picture_id = vp8.picture_id;
}

uint64_t LoadSink::missing() const {
  uint64_t missing = 0;
  for (const auto& [ssrc, stream] : streams_) missing += stream.highest - stream.first + 1 - stream.packets;
  return missing;
}

void LoadSink::reset() {
  streams_.clear();
  packets_ = bytes_ = seen_ = lost_ = discontinuities_ = 0;
  latency_ = LatencyHistogram();
  layers_.reset_counts();
}

}  // namespace parley
