#include "engine/layer_check.h"

#include "core/sequence.h"

namespace parley {

void LayerCheck::on_packet(const RtpPacket& packet, uint64_t sequence, Micros now) {
  if (descriptor_id_ == 0) return;
  Stream& stream = streams_[packet.ssrc];
  const LayerPacket layer = stream.reader.read(packet, sequence, now, VideoCodec::Unknown, descriptor_id_);
  if (!layer.dependency || !layer.starts_frame) return;
  const DependencyFrame& frame = *layer.dependency;
  bool broken = !layer.readable;
  for (size_t i = 0; i < frame.frame_diffs.count; ++i) {
    if (!stream.come[static_cast<uint16_t>(frame.frame_number - frame.frame_diffs.values[i])]) broken = true;
  }
  if (broken) ++broken_;
  // What was half the number space ago is another frame.
  if (sequence_newer(frame.frame_number, stream.newest)) {
    while (stream.newest != frame.frame_number) stream.come[static_cast<uint16_t>(++stream.newest + 0x8000)] = false;
  }
  stream.come[frame.frame_number] = !broken;
  if (layer.spatial < kLayers && layer.temporal < kLayers) ++frames_[layer.spatial * kLayers + layer.temporal];
}

void LayerCheck::reset_counts() {
  frames_ = {};
  broken_ = 0;
}

}  // namespace parley
