#include "stream_projection.h"

#include <algorithm>

namespace parley {

namespace {

// With nothing from the current encoding for so long, another one is taken as soon as it has a key frame.
constexpr Micros kSilent = 300 * kMillisecond;

}  // namespace

size_t write_payload_descriptor(MutableByteSpan out, ByteSpan payload, const LayerPacket& packet,
                                const Projected& projected) {
  if (!projected.payload_changes) return 0;
  const size_t size = packet.vp8 ? packet.vp8->size : packet.vp9 ? packet.vp9->size : 0;
  if (size == 0 || size > payload.size() || size > out.size()) return 0;
  std::memcpy(out.data(), payload.data(), size);
  if (packet.vp8) {
    vp8_rewrite(out.first(size), *packet.vp8, projected.picture_id, projected.tl0_pic_idx);
  } else {
    vp9_rewrite(out.first(size), *packet.vp9, projected.picture_id, projected.tl0_pic_idx);
  }
  return size;
}

size_t write_dependency_descriptor(MutableByteSpan out, ByteSpan extension, const LayerPacket& packet,
                                   const Projected& projected) {
  if (!packet.dependency) return 0;
  return dependency_rewrite(out, extension, *packet.dependency, projected.frame_number, projected.active);
}

StreamProjection::StreamProjection(const ReceiverNumbers::Config& config, const LayerId& target)
    : target_(target), numbers_(config) {}

LayerScheme StreamProjection::scheme() const {
  return std::visit([](const auto& rules) { return std::decay_t<decltype(rules)>::kScheme; }, rules_);
}

const Selection& StreamProjection::selection() const {
  return std::visit([](const auto& rules) -> const Selection& { return rules.selection(); }, rules_);
}

bool StreamProjection::may_start_with(const LayerPacket& packet) const {
  if (packet.padding_only || !packet.readable) return false;
  const bool can_begin = packet.scheme == LayerScheme::Whole || packet.starts_key_frame;
  if (!can_begin || packet.encoding > target_.encoding) return false;
  if (!current_ || generation_ != packet.generation) return true;
  if (*current_ == packet.encoding) return packet.sequence > numbers_.highest();
  // Of opaque streams every packet could begin; a whole picture at least.
  if (packet.scheme == LayerScheme::Whole && last_ && packet.timestamp == last_->timestamp) return false;
  const bool nearer = *current_ > target_.encoding || packet.encoding > *current_;
  return nearer || packet.arrived - last_arrived_ > kSilent;
}

void StreamProjection::start_with(const LayerPacket& packet) {
  switch (packet.scheme) {
    case LayerScheme::Whole: rules_.emplace<WholeProjection>(); break;
    case LayerScheme::Simulcast: rules_.emplace<SimulcastProjection>(); break;
    case LayerScheme::Svc: rules_.emplace<SvcProjection>(); break;
    case LayerScheme::Descriptor: rules_.emplace<DependencyDescriptorProjection>(); break;
  }
  std::visit([&](auto& rules) { rules.start(packet, target_); }, rules_);
  numbers_.begin(packet, selection(), packet.lead);
  current_ = packet.encoding;
  generation_ = packet.generation;
  other_scheme_ = false;
  last_.reset();
}

Projected StreamProjection::project(const LayerPacket& packet) {
  const bool ours = current_ && *current_ == packet.encoding && generation_ == packet.generation;
  const bool newest = ours && packet.sequence > numbers_.highest();
  if (newest && (packet.scheme == scheme() || packet.padding_only)) return project_newest(packet);
  if ((!ours || newest) && may_start_with(packet)) {
    start_with(packet);
    return project_newest(packet);
  }
  if (newest) {
    // Another codec, or descriptors have come or gone; its key frame is awaited.
    other_scheme_ = true;
    drop(packet, false);
    return {};
  }
  return project_late(packet);
}

Projected StreamProjection::project_newest(const LayerPacket& packet) {
  const uint64_t missing = packet.sequence - numbers_.highest() - 1;
  if (packet.padding_only) {
    numbers_.drop(packet, false);
    return {};
  }
  last_arrived_ = packet.arrived;
  if (!packet.readable) {
    // Its number is kept: when the structure has come, the receiver will ask for it.
    (void)numbers_.take(packet);
    last_.reset();
    return lost();
  }
  if (packet.starts_key_frame && numbers_.jumped(packet)) numbers_.anchor(packet);
  std::visit([&](auto& rules) { rules.update(packet, target_); }, rules_);
  const bool selected = selects(selection(), packet);
  std::visit([&](auto& rules) { rules.on_decided(packet, selected, missing != 0); }, rules_);
  const bool lost_too = missing != 0 && lost_left_out(packet);
  if (!selected) {
    drop(packet, lost_too);
    return {};
  }
  if (lost_too) numbers_.close_before(packet);
  const auto out = numbers_.take(packet);
  remember(packet);
  if (!out) return lost();
  apply_selection(*out);
  numbers_.on_forwarded(packet, numbers_.newest());
  return rewrite(packet, *out, numbers_.newest());
}

void StreamProjection::apply_selection(uint64_t out) {
  const Selection& now = selection();
  const Selection& before = numbers_.newest().selection;
  if (now == before) return;
  numbers_.select(out, now, now.structure_sequence == before.structure_sequence && now.active != before.active);
}

// Would all packets that are missing between the newest one and this one have been left out? Then nobody should ask for
// them. They are the rest of the last picture, whole pictures, and the begin of this one.
bool StreamProjection::lost_left_out(const LayerPacket& packet) const {
  if (!last_) return false;
  const Excess excess = excess_of(selection(), packet);
  const bool begin_left_out = excess == Excess::Whole || excess == Excess::Below;
  if (packet.timestamp == last_->timestamp) return last_->rest_left_out || begin_left_out;
  const auto picture_id = picture_id_of(packet);
  const bool next_picture =
      picture_id && last_->picture_id && ((*picture_id - *last_->picture_id) & picture_id_mask(packet)) == 1;
  const bool next_frame = packet.dependency && last_->frame_number &&
                          packet.dependency->frame_number == static_cast<uint16_t>(*last_->frame_number + 1);
  if (!next_picture && !next_frame) return false;
  return last_->rest_left_out && (begin_left_out || (packet.starts_frame && packet.spatial == 0));
}

void StreamProjection::drop(const LayerPacket& packet, bool lost_too) {
  numbers_.drop(packet, lost_too);
  // Packets that are missing before this one keep what was selected for them.
  apply_selection(numbers_.next_out());
  remember(packet);
}

void StreamProjection::remember(const LayerPacket& packet) {
  Last last;
  last.timestamp = packet.timestamp;
  const Excess excess = excess_of(selection(), packet);
  last.rest_left_out = excess == Excess::Whole || excess == Excess::Above || packet.marker ||
                       (excess == Excess::None && marker_of(selection(), packet));
  last.picture_id = picture_id_of(packet);
  if (packet.dependency) last.frame_number = packet.dependency->frame_number;
  last_ = last;
}

Projected StreamProjection::project_late(const LayerPacket& packet) {
  if (!numbers_.started()) return {};
  const auto out = numbers_.find(packet);
  const ReceiverNumbers::Segment* segment = out ? numbers_.segment_of(*out) : nullptr;
  if (!out) return {};
  if (segment == nullptr || !packet.readable) return lost();
  if (!belongs(packet, *out, *segment)) return blank(packet, *out, *segment);
  if (current_ && *current_ == packet.encoding && generation_ == packet.generation) {
    std::visit([&](auto& rules) { rules.on_late(packet); }, rules_);
  }
  numbers_.on_forwarded(packet, *segment);
  return rewrite(packet, *out, *segment);
}

std::optional<StreamProjection::Origin> StreamProjection::origin_of(uint16_t sequence_number) const {
  const auto origin = numbers_.origin_of(sequence_number);
  if (!origin) return std::nullopt;
  return Origin{ReceiverNumbers::generation_of(origin->stream), ReceiverNumbers::encoding_of(origin->stream),
                origin->in, origin->out};
}

Projected StreamProjection::project_again(const LayerPacket& packet, uint64_t out) const {
  const ReceiverNumbers::Segment* segment = numbers_.segment_of(out);
  if (segment == nullptr || !packet.readable) return {};
  if (!belongs(packet, out, *segment)) return blank(packet, out, *segment);
  return rewrite(packet, out, *segment);
}

bool StreamProjection::belongs(const LayerPacket& packet, uint64_t out, const ReceiverNumbers::Segment& segment) {
  if (packet.padding_only || !selects(segment.selection, packet)) return false;
  return out - segment.first_out >= segment.lead || packet.timestamp == segment.lead_timestamp;
}

Projected StreamProjection::lost() {
  Projected projected;
  projected.is_lost = true;
  return projected;
}

Projected StreamProjection::blank(const LayerPacket& packet, uint64_t out, const ReceiverNumbers::Segment& segment) {
  Projected projected;
  projected.action = Projected::Action::Blank;
  projected.sequence = out;
  projected.timestamp = packet.timestamp + segment.offsets.timestamp;
  return projected;
}

Projected StreamProjection::rewrite(const LayerPacket& packet, uint64_t out, const ReceiverNumbers::Segment& segment) {
  const ReceiverNumbers::Offsets& offsets = segment.offsets;
  Projected projected;
  projected.action = Projected::Action::Forward;
  projected.sequence = out;
  projected.timestamp = packet.timestamp + offsets.timestamp;
  projected.marker = marker_of(segment.selection, packet);
  if (const auto id = picture_id_of(packet)) {
    projected.picture_id = static_cast<uint16_t>((*id + offsets.picture_id) & picture_id_mask(packet));
    if (projected.picture_id != *id) projected.payload_changes = true;
  }
  if (const auto index = tl0_pic_idx_of(packet)) {
    projected.tl0_pic_idx = static_cast<uint8_t>(*index + offsets.tl0_pic_idx);
    if (projected.tl0_pic_idx != *index) projected.payload_changes = true;
  }
  if (!packet.dependency) return projected;
  const DependencyFrame& frame = *packet.dependency;
  projected.frame_number = static_cast<uint16_t>(frame.frame_number + offsets.frame_number);
  if (projected.frame_number != frame.frame_number) projected.descriptor = Projected::Descriptor::FrameNumber;
  if (segment.selection.structure_sequence != static_cast<uint32_t>(packet.structure_sequence)) return projected;
  if (frame.has_structure || frame.has_active) {
    projected.active = frame.active & frame.structure->targets_within(segment.selection.target);
    if (*projected.active == frame.active) projected.active.reset();
  } else if (out - segment.first_out < segment.announce) {
    projected.active = segment.selection.active;
  }
  if (projected.active) projected.descriptor = Projected::Descriptor::Rewrite;
  return projected;
}

std::optional<uint8_t> StreamProjection::key_frame_needed(uint8_t active_encodings, Micros now) const {
  uint8_t wanted = std::min<uint8_t>(target_.encoding, ReceiverNumbers::kEncodings - 1);
  for (int i = wanted; i >= 0; i--) {
    if ((active_encodings >> i & 1u) == 0) continue;
    wanted = static_cast<uint8_t>(i);
    break;
  }
  if (scheme() == LayerScheme::Whole && current_ && !other_scheme_) return std::nullopt;
  if (!current_ || *current_ != wanted || other_scheme_) return wanted;
  const bool needed = std::visit([&](const auto& rules) { return rules.needs_key_frame(target_, now); }, rules_);
  return needed ? std::optional(wanted) : std::nullopt;
}

std::optional<LayerId> StreamProjection::current() const {
  if (!current_) return std::nullopt;
  return LayerId{*current_, selection().spatial, selection().temporal};
}

uint32_t StreamProjection::timestamp_offset() const {
  return numbers_.started() ? numbers_.newest().offsets.timestamp : 0;
}

}  // namespace parley
