#include "dependency_descriptor_projection.h"

#include <algorithm>

#include "../core/sequence.h"

namespace parley {

namespace {

// A frame of our chain is missing for so long: retransmission did not bring it.
constexpr Micros kRepairTime = 500 * kMillisecond;

bool bit_of(uint32_t mask, uint8_t n) { return (mask >> n & 1u) != 0; }

}  // namespace

// The highest active target within the wanted layers, or the lowest one when all are above them.
std::optional<uint8_t> DependencyDescriptorProjection::choose(const LayerPacket& packet, const LayerId& wanted) {
  const DependencyFrame& frame = *packet.dependency;
  const auto& targets = frame.structure->targets;
  std::optional<uint8_t> best, lowest;
  const auto rank = [&](uint8_t i) { return targets[i].spatial * 256 + targets[i].temporal; };
  for (uint8_t i = 0; i < targets.size(); i++) {
    if (!bit_of(frame.active, i)) continue;
    if (!lowest || rank(i) < rank(*lowest)) lowest = i;
    if (targets[i].spatial > wanted.spatial || targets[i].temporal > wanted.temporal) continue;
    if (!best || rank(i) > rank(*best)) best = i;
  }
  return best ? best : lowest;
}

void DependencyDescriptorProjection::select(const LayerPacket& packet, uint8_t target) {
  const DependencyStructure& structure = *packet.dependency->structure;
  selection_.scheme = kScheme;
  selection_.target = target;
  selection_.spatial = structure.targets[target].spatial;
  selection_.temporal = structure.targets[target].temporal;
  selection_.structure_sequence = static_cast<uint32_t>(packet.structure_sequence);
  selection_.active = structure.targets_within(target) & packet.dependency->active;
}

void DependencyDescriptorProjection::start(const LayerPacket& packet, const LayerId& wanted) {
  const DependencyFrame& frame = *packet.dependency;
  select(packet, choose(packet, wanted).value_or(0));
  forwarded_.reset();
  newest_ = static_cast<uint16_t>(frame.frame_number - 1);
  timestamp_ = packet.timestamp;
  ready_ = 0;
  waiting_ = false;
  chain_broken_at_ = 0;
}

void DependencyDescriptorProjection::update(const LayerPacket& packet, const LayerId& wanted) {
  const DependencyFrame& frame = *packet.dependency;
  if (packet.starts_key_frame) {
    start(packet, wanted);
    return;
  }
  const bool starts_picture = packet.timestamp != timestamp_;
  timestamp_ = packet.timestamp;
  // A picture whose first packet is missing goes on as the one before: that packet may still come.
  if (!starts_picture || !frame.start_of_frame || packet.missing_before != 0) return;
  if (static_cast<uint32_t>(packet.structure_sequence) != selection_.structure_sequence) {
    // The key frame that brought the structure came late; by then it was forwarded by the layers that were selected
    // (see selects()), so these it must stay for now.
    select(packet, choose(packet, {0, selection_.spatial, selection_.temporal}).value_or(0));
    ready_ = 0;
  }
  const std::optional<uint8_t> target = choose(packet, wanted);
  if (!target || *target == selection_.target) {
    waiting_ = false;
    const uint32_t active = frame.structure->targets_within(selection_.target) & frame.active;
    selection_.active = active;
    return;
  }
  const bool switch_point = bit_of(frame.indications.switchable, *target) && references_forwarded(packet);
  if (bit_of(ready_, *target) || switch_point) {
    select(packet, *target);
    waiting_ = false;
  } else {
    waiting_ = frame.structure->targets[*target].spatial != selection_.spatial;
  }
}

void DependencyDescriptorProjection::on_decided(const LayerPacket& packet, bool forwarded, bool gap) {
  const DependencyFrame& frame = *packet.dependency;
  // What was lost may have belonged to any other target.
  if (gap) ready_ &= uint32_t{1} << selection_.target;
  if (!sequence_newer(frame.frame_number, newest_)) return;
  // Targets and chains of another structure, whose key frame has not come, are other ones.
  const bool known = static_cast<uint32_t>(packet.structure_sequence) == selection_.structure_sequence;
  if (known && forwarded) watch_chain(packet);
  const bool complete = known && forwarded && references_forwarded(packet);
  advance(frame.frame_number);
  forwarded_[frame.frame_number % kWindow] = forwarded;
  if (complete) ready_ |= frame.indications.switchable;
  if (known && !forwarded) ready_ &= ~(frame.indications.present & ~frame.indications.discardable);
}

void DependencyDescriptorProjection::on_late(const LayerPacket& packet) {
  if (!packet.dependency) return;
  const uint16_t number = packet.dependency->frame_number;
  if (static_cast<uint16_t>(newest_ - number) < kWindow) forwarded_[number % kWindow] = true;
}

bool DependencyDescriptorProjection::was_forwarded(uint16_t frame_number) const {
  return static_cast<uint16_t>(newest_ - frame_number) < kWindow && forwarded_[frame_number % kWindow];
}

bool DependencyDescriptorProjection::references_forwarded(const LayerPacket& packet) const {
  const DependencyFrame& frame = *packet.dependency;
  for (size_t i = 0; i < frame.frame_diffs.count; i++) {
    if (!was_forwarded(static_cast<uint16_t>(frame.frame_number - frame.frame_diffs.values[i]))) return false;
  }
  return true;
}

void DependencyDescriptorProjection::advance(uint16_t frame_number) {
  const auto steps = static_cast<uint16_t>(frame_number - newest_);
  if (steps >= kWindow) {
    forwarded_.reset();
  } else {
    for (uint16_t i = 1; i <= steps; i++) forwarded_[static_cast<uint16_t>(newest_ + i) % kWindow] = false;
  }
  newest_ = frame_number;
}

void DependencyDescriptorProjection::watch_chain(const LayerPacket& packet) {
  const DependencyFrame& frame = *packet.dependency;
  if (frame.structure->chain_count == 0 || selection_.target >= frame.structure->targets.size()) return;
  const uint8_t back = frame.chain_diffs[frame.structure->targets[selection_.target].chain];
  if (back == 0 || was_forwarded(static_cast<uint16_t>(frame.frame_number - back))) {
    chain_broken_at_ = 0;
  } else if (chain_broken_at_ == 0) {
    chain_broken_at_ = std::max<Micros>(packet.arrived, 1);
  }
}

bool DependencyDescriptorProjection::needs_key_frame(const LayerId&, Micros now) const {
  return waiting_ || (chain_broken_at_ != 0 && now - chain_broken_at_ > kRepairTime);
}

}  // namespace parley
