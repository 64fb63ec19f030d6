#include "layer_reader.h"

#include <algorithm>

namespace parley {

namespace {

// Packets before an H264 key frame's first slice that may be its parameter sets.
constexpr uint8_t kMaxLead = 4;

bool agrees(const Vp9Descriptor& vp9, const DependencyFrame& frame) {
  return vp9.starts_frame == frame.start_of_frame && vp9.ends_frame == frame.end_of_frame &&
         vp9.spatial_id == frame.spatial && vp9.temporal_id == frame.temporal;
}

bool agrees(const Vp8Descriptor& vp8, const DependencyFrame& frame) {
  return vp8.starts_frame() == frame.start_of_frame && vp8.temporal_id.value_or(frame.temporal) == frame.temporal;
}

}  // namespace

LayerPacket LayerReader::read(const RtpPacket& rtp, uint64_t sequence, Micros arrived, VideoCodec codec,
                              uint8_t descriptor_id) {
  LayerPacket packet = read_again(rtp, sequence, arrived, codec, descriptor_id);
  if (started_ && sequence > highest_) {
    packet.missing_before = static_cast<uint8_t>(std::min<uint64_t>(sequence - highest_ - 1, 255));
  }
  if (packet.codec == VideoCodec::H264 && packet.scheme == LayerScheme::Simulcast) find_h264_start(rtp.payload, packet);
  if (!started_ || sequence > highest_) highest_ = sequence;
  started_ = true;
  remember(packet);
  return packet;
}

LayerPacket LayerReader::read_again(const RtpPacket& rtp, uint64_t sequence, Micros arrived, VideoCodec codec,
                                    uint8_t descriptor_id) const {
  LayerPacket packet;
  packet.codec = codec;
  packet.encoding = encoding_;
  packet.generation = generation_;
  packet.sequence = sequence;
  packet.timestamp = rtp.timestamp;
  packet.arrived = arrived;
  packet.marker = rtp.marker;
  packet.padding_only = rtp.payload.empty();
  if (clock_ && clock_->rate_hz != 0) {
    // Seconds in 32.32: a tick is 2^32 / rate. Within hours of the report the product fits 63 bits.
    const int64_t ticks = static_cast<int32_t>(rtp.timestamp - clock_->rtp_timestamp);
    packet.ntp_time = clock_->ntp_time + static_cast<uint64_t>(ticks * (int64_t{1} << 32) / clock_->rate_hz);
  }
  if (packet.padding_only) return packet;
  read_payload(rtp.payload, packet);
  if (const auto extension = rtp_find_extension(rtp, descriptor_id)) read_descriptor(*extension, packet);
  return packet;
}

void LayerReader::read_payload(ByteSpan payload, LayerPacket& packet) const {
  packet.starts_key_frame = parley::starts_key_frame(packet.codec, payload);
  packet.ends_frame = packet.marker;
  switch (packet.codec) {
    case VideoCodec::Vp8: {
      packet.scheme = LayerScheme::Simulcast;
      Vp8Descriptor vp8;
      if (!vp8_parse(payload, vp8)) break;
      packet.starts_frame = vp8.starts_frame();
      packet.temporal = vp8.temporal_id.value_or(0);
      packet.vp8 = vp8;
      break;
    }
    case VideoCodec::Vp9: {
      packet.scheme = LayerScheme::Svc;
      Vp9Descriptor vp9;
      if (!vp9_parse(payload, vp9)) break;
      packet.starts_frame = vp9.starts_frame;
      packet.ends_frame = vp9.ends_frame;
      packet.starts_key_frame = vp9.starts_key_picture();
      packet.spatial = vp9.spatial_id;
      packet.temporal = vp9.temporal_id;
      packet.vp9 = vp9;
      break;
    }
    case VideoCodec::H264:
    case VideoCodec::Av1: packet.scheme = LayerScheme::Simulcast; break;
    case VideoCodec::Unknown: break;
  }
}

// Parameter sets and slices of a key frame come in packets of their own, any of which can be the first to arrive: a picture
// starts once, and where its parameter sets are still on their way, room is left for them.
void LayerReader::find_h264_start(ByteSpan payload, LayerPacket& packet) {
  const bool is_late = started_ && packet.sequence <= highest_;
  if (!is_late && !(h264_.is_open && h264_.timestamp == packet.timestamp)) h264_ = {packet.timestamp, 0, true, false};
  if (!is_late && packet.missing_before != 0 && h264_.gap == 0) {
    h264_.gap = packet.sequence - std::min(packet.missing_before, kMaxLead);
  }
  if (!is_late && packet.marker) h264_.is_open = false;
  const bool is_newest_picture = h264_.timestamp == packet.timestamp;
  const H264KeyFrame found = h264_key_frame(payload);
  const bool misses_some = is_newest_picture && h264_.gap != 0 && h264_.gap < packet.sequence;
  if (found == H264KeyFrame::PictureParameters) packet.starts_key_frame = misses_some;
  if (is_newest_picture && h264_.has_started) packet.starts_key_frame = false;
  if (!packet.starts_key_frame) return;
  if (is_newest_picture) h264_.has_started = true;
  if (found == H264KeyFrame::SequenceParameters) return;
  // Of an older picture nobody remembers what came of it.
  const uint64_t lead = misses_some ? packet.sequence - h264_.gap : is_newest_picture ? 0 : kMaxLead;
  packet.lead = static_cast<uint8_t>(std::min<uint64_t>(lead, kMaxLead));
}

// A sender whose structure never came, or whose extension is no descriptor, is judged by its payload.
void LayerReader::read_descriptor(ByteSpan extension, LayerPacket& packet) const {
  const Structure* known = structure_at(packet.sequence);
  DependencyFrame frame;
  const DependencyParse parsed = dependency_parse(extension, known != nullptr ? known->structure : nullptr, frame);
  if (parsed == DependencyParse::Malformed || (parsed != DependencyParse::Ok && structures_[0].structure == nullptr)) {
    return;
  }
  packet.scheme = LayerScheme::Descriptor;
  packet.readable = parsed == DependencyParse::Ok;
  packet.starts_frame = frame.start_of_frame;
  packet.ends_frame = frame.end_of_frame;
  packet.starts_key_frame = packet.readable && frame.start_of_frame && frame.has_structure;
  packet.spatial = frame.spatial;
  packet.temporal = frame.temporal;
  if (frame.has_structure) {
    packet.structure_sequence = packet.sequence;
  } else if (known != nullptr) {
    packet.structure_sequence = known->sequence;
    if (!frame.has_active && active_sequence_ >= known->sequence && packet.sequence >= active_sequence_) {
      frame.active = active_;
    }
  }
  // Payload numbers are rewritten only where the payload agrees: encrypted bytes must pass as they are.
  if (packet.vp9 && !(packet.readable && agrees(*packet.vp9, frame))) packet.vp9.reset();
  if (packet.vp8 && !(packet.readable && agrees(*packet.vp8, frame))) packet.vp8.reset();
  packet.dependency = std::move(frame);
}

const LayerReader::Structure* LayerReader::structure_at(uint64_t sequence) const {
  for (const Structure& entry : structures_) {
    if (entry.structure != nullptr && entry.sequence <= sequence) return &entry;
  }
  return nullptr;
}

void LayerReader::remember(const LayerPacket& packet) {
  if (!packet.dependency || !packet.readable) return;
  const DependencyFrame& frame = *packet.dependency;
  if ((frame.has_active || frame.has_structure) && packet.sequence >= active_sequence_) {
    active_sequence_ = packet.sequence;
    active_ = frame.active;
  }
  if (!frame.has_structure) return;
  auto at = std::find_if(structures_.begin(), structures_.end(), [&](const Structure& entry) {
    return entry.structure == nullptr || entry.sequence <= packet.sequence;
  });
  if (at == structures_.end() || (at->structure != nullptr && at->sequence == packet.sequence)) return;
  std::move_backward(at, structures_.end() - 1, structures_.end());
  *at = Structure{packet.sequence, frame.structure};
}

void LayerReader::on_sender_report(uint64_t ntp_time, uint32_t rtp_timestamp, uint32_t clock_rate_hz) {
  clock_ = Clock{ntp_time, rtp_timestamp, clock_rate_hz};
}

}  // namespace parley
