// Sources on several loops: the original's side and the mirror's.
#include <algorithm>

#include "engine/source.h"

namespace parley {

MirrorBatch Source::mirror_batch(const Mirror& mirror) const {
  MirrorBatch batch;
  batch.mirror = mirror.id;
  batch.extensions = extensions_;
  batch.cname = cname_;
  return batch;
}

void Source::mirror_pending() {
  for (const Mirror& mirror : mirrors_) {
    if (!mirror.watched) continue;
    MirrorBatch batch = mirror_batch(mirror);
    batch.packets.reserve(pending_.size());
    for (const ForwardPacket& packet : pending_) {
      const uint8_t encoding = packet.layer.encoding;
      PacketRef copy = PacketRef::copy(packet.packet->bytes(), packet.packet->arrived, packet.packet->sequence);
      batch.packets.push_back({std::move(copy), encoding, packet.codec, encodings_[encoding].clock_rate_hz});
    }
    context_.mirrored.push_back({mirror.loop, std::move(batch)});
  }
}

void Source::set_mirror_watched(uint32_t loop, bool watched) {
  const auto found =
      std::find_if(mirrors_.begin(), mirrors_.end(), [loop](const Mirror& mirror) { return mirror.loop == loop; });
  if (found == mirrors_.end() || found->watched == watched) return;
  found->watched = watched;
  if (!watched) return;
  // So that reports to its receivers need not wait for the sender's next one.
  for (size_t i = 0; i < encodings_.size(); ++i) {
    if (!encodings_[i].clock) continue;
    MirrorBatch batch = mirror_batch(*found);
    batch.clocks.push_back({static_cast<uint8_t>(i), encodings_[i].clock_rate_hz, *encodings_[i].clock});
    context_.mirrored.push_back({loop, std::move(batch)});
  }
}

void Source::take_mirrored(MirrorBatch& batch) {
  cname_ = batch.cname;
  for (const MirroredClock& clock : batch.clocks) {
    if (clock.encoding >= encodings_.size()) continue;
    encodings_[clock.encoding].clock_rate_hz = clock.clock_rate_hz;
    on_sender_clock(clock.encoding, clock.clock);
  }
  for (MirroredPacket& mirrored : batch.packets) {
    if (mirrored.encoding >= encodings_.size() || blocked_) continue;
    Encoding& encoding = encodings_[mirrored.encoding];
    ForwardPacket packet;
    packet.packet = std::move(mirrored.packet);
    packet.codec = mirrored.codec;
    // The original has sorted out duplicates; what comes after a pause in watching may leave gaps, which is no matter.
    if (encoding.history.insert(packet.packet) != PacketHistory::Insert::Added) continue;
    encoding.highest = std::max(encoding.highest, packet.packet->sequence);
    encoding.last_packet = context_.now;
    encoding.clock_rate_hz = mirrored.clock_rate_hz;
    packet.layer = read_layers(mirrored.encoding, *packet.packet, packet.codec, batch.extensions.dependency_descriptor_id);
    if (packet.layer.starts_key_frame) on_key_frame(mirrored.encoding);
    if (packet.codec == Codec::red) packet.red = red_find_primary(packet.packet->rtp.payload);
    add_packet(std::move(packet), batch.extensions);
  }
}

}  // namespace parley
