#include "layer_table.h"

#include <algorithm>

namespace parley {

namespace {

constexpr Micros kQuickSilence = 300 * kMillisecond;
constexpr uint8_t kQuickFrames = 5;
constexpr Micros kSilence = 1500 * kMillisecond;
constexpr Micros kForgotten = 10 * kSecond;
// A key frame comes first and looks like many times the rate; over this it passes for what it is.
constexpr Micros kLeastMeasured = 500 * kMillisecond;
constexpr uint8_t kMaxSpatial = 8, kMaxTemporal = 8;

bool before(const LayerId& a, const LayerId& b) {
  if (a.encoding != b.encoding) return a.encoding < b.encoding;
  return a.spatial != b.spatial ? a.spatial < b.spatial : a.temporal < b.temporal;
}

}  // namespace

void LayerTable::Row::advance(int64_t to) {
  if (to <= bucket) return;
  const int64_t steps = std::min<int64_t>(to - bucket, kBuckets);
  for (int64_t i = 0; i < steps; i++) {
    const auto slot = static_cast<size_t>((to - i) % static_cast<int64_t>(kBuckets));
    bytes[slot] = 0;
    frames[slot] = 0;
  }
  bucket = to;
}

LayerTable::Row* LayerTable::row(const LayerId& id) {
  const auto at =
      std::lower_bound(rows_.begin(), rows_.end(), id, [](const Row& r, const LayerId& i) { return before(r.id, i); });
  if (at != rows_.end() && at->id == id) return &*at;
  if (rows_.size() == kMaxRows) return nullptr;
  Row added;
  added.id = id;
  return &*rows_.insert(at, added);
}

void LayerTable::add(const LayerId& id, const LayerPacket& packet, size_t bytes, bool frame_begins, bool own) {
  Row* r = row(id);
  if (r == nullptr) return;
  r->advance(packet.arrived / kBucket);
  const auto slot = static_cast<size_t>(r->bucket % static_cast<int64_t>(kBuckets));
  r->bytes[slot] += static_cast<uint32_t>(bytes);
  if (frame_begins) r->frames[slot]++;
  if (own) r->last_frame = packet.arrived;
}

void LayerTable::on_packet(const LayerPacket& packet, size_t bytes) {
  // Padding is no sign of life: it is sent for probing, also for an encoding that rests.
  if (packet.encoding >= kEncodings || packet.arrived < 0 || packet.padding_only) return;
  Encoding& encoding = encodings_[packet.encoding];
  // Codecs that do not mark a frame's first packet begin one with each timestamp.
  const bool frame_begins =
      packet.starts_frame || encoding.last_packet < 0 ||
      (packet.timestamp != encoding.timestamp && !packet.vp8 && !packet.vp9 && !packet.dependency);
  // After a rest the window is as empty as at first: what is in it says nothing of the time before.
  const bool begins = encoding.last_packet < 0 || packet.arrived - encoding.last_packet > kSilence;
  if (begins) encoding.first_packet = packet.arrived;
  encoding.last_packet = std::max(encoding.last_packet, packet.arrived);
  encoding.others_frames = 0;
  encoding.timestamp = packet.timestamp;
  if (frame_begins) {
    for (Encoding& other : encodings_) {
      if (&other != &encoding && other.others_frames < kQuickFrames) other.others_frames++;
    }
  }
  note_sizes(packet, encoding);
  if (packet.scheme == LayerScheme::Descriptor && packet.readable) {
    add_by_descriptor(packet, bytes, frame_begins);
  } else {
    add_by_payload(packet, bytes, frame_begins);
  }
}

void LayerTable::add_by_descriptor(const LayerPacket& packet, size_t bytes, bool frame_begins) {
  const DependencyFrame& frame = *packet.dependency;
  for (size_t i = 0; i < frame.structure->targets.size(); i++) {
    const auto& target = frame.structure->targets[i];
    if (target.spatial >= kMaxSpatial || target.temporal >= kMaxTemporal) continue;
    const LayerId id{packet.encoding, target.spatial, target.temporal};
    const bool produced = (frame.active >> i & 1u) != 0;
    if (produced && (frame.indications.present >> i & 1u) != 0) {
      add(id, packet, bytes, frame_begins && packet.spatial == id.spatial,
          packet.spatial == id.spatial && packet.temporal == id.temporal);
    }
    if (Row* r = row(id)) r->produced = produced;
  }
}

void LayerTable::add_by_payload(const LayerPacket& packet, size_t bytes, bool frame_begins) {
  if (packet.spatial >= kMaxSpatial || packet.temporal >= kMaxTemporal) return;
  const LayerId own{packet.encoding, packet.spatial, packet.temporal};
  add(own, packet, bytes, frame_begins, true);
  const bool only_for_own = packet.vp9 && packet.vp9->not_inter_layer && packet.vp9->inter_picture;
  for (Row& r : rows_) {
    if (r.id == own || r.id.encoding != own.encoding || r.id.temporal < own.temporal) continue;
    if (r.id.spatial < own.spatial || (r.id.spatial > own.spatial && only_for_own)) continue;
    add(r.id, packet, bytes, frame_begins && r.id.spatial == own.spatial, false);
  }
}

void LayerTable::note_sizes(const LayerPacket& packet, Encoding& encoding) {
  if (packet.dependency && packet.dependency->has_structure && packet.readable) {
    const auto& resolutions = packet.dependency->structure->resolutions;
    for (size_t i = 0; i < resolutions.size() && i < encoding.width.size(); i++) {
      encoding.width[i] = resolutions[i].width;
      encoding.height[i] = resolutions[i].height;
    }
  }
  if (packet.vp9) {
    for (size_t i = 0; i < packet.vp9->structure_layers; i++) {
      if (packet.vp9->height[i] == 0) continue;
      encoding.width[i] = packet.vp9->width[i];
      encoding.height[i] = packet.vp9->height[i];
    }
  }
  if (packet.vp8 && packet.vp8->height != 0) {
    encoding.width[0] = packet.vp8->width;
    encoding.height[0] = packet.vp8->height;
  }
}

LayerTable::Layer LayerTable::layer_of(const Row& r, Micros now) const {
  const Encoding& encoding = encodings_[r.id.encoding];
  Layer layer;
  layer.id = r.id;
  layer.width = encoding.width[r.id.spatial];
  layer.height = encoding.height[r.id.spatial];
  Row current = r;
  current.advance(now / kBucket);
  uint64_t bytes = 0, frames = 0;
  for (size_t i = 0; i < kBuckets; i++) {
    bytes += current.bytes[i];
    frames += current.frames[i];
  }
  // The newest bucket is only partly over; and a source that just began has not filled the window.
  const Micros window = static_cast<Micros>(kBuckets - 1) * kBucket + now % kBucket;
  const Micros measured = std::clamp<Micros>(now - encoding.first_packet, kLeastMeasured, window);
  layer.bitrate_bps =
      static_cast<uint32_t>(bytes * 8 * static_cast<uint64_t>(kSecond) / static_cast<uint64_t>(measured));
  layer.frames_per_second = static_cast<double>(frames) * static_cast<double>(kSecond) / static_cast<double>(measured);
  layer.active = r.produced && r.last_frame >= 0 && now - r.last_frame < kSilence &&
                 (active_encodings(now) >> r.id.encoding & 1u) != 0;
  return layer;
}

std::vector<LayerTable::Layer> LayerTable::layers(Micros now) const {
  std::vector<Layer> result;
  for (const Row& r : rows_) {
    if (r.last_frame >= 0 && now - r.last_frame < kForgotten) result.push_back(layer_of(r, now));
  }
  return result;
}

uint8_t LayerTable::active_encodings(Micros now) const {
  unsigned active = 0;
  for (size_t i = 0; i < kEncodings; i++) {
    const Encoding& encoding = encodings_[i];
    if (encoding.last_packet < 0) continue;
    const Micros silent = now - encoding.last_packet;
    if (silent > kSilence || (silent > kQuickSilence && encoding.others_frames >= kQuickFrames)) continue;
    active |= 1u << i;
  }
  return static_cast<uint8_t>(active);
}

}  // namespace parley
