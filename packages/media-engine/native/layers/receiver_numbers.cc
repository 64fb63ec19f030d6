#include "receiver_numbers.h"

#include <algorithm>

#include "../core/sequence.h"

namespace parley {

namespace {

constexpr uint32_t kFramesPerSecond = 30;
// A time line that disagrees with the time of arrival by more than this is not believed.
constexpr int64_t kMaxDisagreementSeconds = 5;
// The mask of active decode targets is told in this many packets after a change (appendix A.4): some of them arrive.
constexpr uint8_t kAnnouncePackets = 32;

bool newer(uint16_t a, uint16_t b, uint16_t mask) {
  const auto ahead = static_cast<uint16_t>((a - b) & mask);
  return ahead != 0 && ahead <= mask / 2;
}

}  // namespace

std::optional<uint16_t> picture_id_of(const LayerPacket& packet) {
  if (packet.vp8) return packet.vp8->picture_id;
  if (packet.vp9) return packet.vp9->picture_id;
  return std::nullopt;
}

std::optional<uint8_t> tl0_pic_idx_of(const LayerPacket& packet) {
  if (packet.vp8) return packet.vp8->tl0_pic_idx;
  if (packet.vp9) return packet.vp9->tl0_pic_idx;
  return std::nullopt;
}

uint16_t picture_id_mask(const LayerPacket& packet) {
  const bool is_long = packet.vp8 ? packet.vp8->picture_id_long : packet.vp9 && packet.vp9->picture_id_long;
  return is_long ? 0x7FFF : 0x7F;
}

ReceiverNumbers::ReceiverNumbers(const Config& config)
    : config_(config), mapper_(config.first_sequence, std::max<size_t>(config.max_entries, 2)) {}

// Like the newest one, from a later number on.
ReceiverNumbers::Segment ReceiverNumbers::next_segment(uint64_t first_out) const {
  Segment segment = segments_.back();
  const uint64_t passed = first_out - segment.first_out;
  segment.first_out = first_out;
  segment.lead = 0;
  segment.announce = static_cast<uint8_t>(segment.announce - std::min<uint64_t>(passed, segment.announce));
  return segment;
}

void ReceiverNumbers::push(const Segment& segment) {
  // A segment that never covered a number is replaced.
  while (!segments_.empty() && segments_.back().first_out >= segment.first_out) segments_.pop_back();
  if (segments_.size() >= std::max<size_t>(config_.max_entries, 2)) segments_.pop_front();
  segments_.push_back(segment);
}

void ReceiverNumbers::skip_to(uint64_t next_out) {
  if (next_out <= mapper_.next_out()) return;
  mapper_.skip_to(next_out);
  segments_.clear();
}

void ReceiverNumbers::begin(const LayerPacket& first, const Selection& selection, uint8_t lead) {
  // Another source has another clock.
  if (moment_ && moment_->generation != first.generation) moment_.reset();
  Segment segment;
  segment.offsets = continue_from(first);
  // After a pause its clock has gone on: what was added to it stays right to the tick.
  const bool goes_on = started() && newest_ && tag_ == tag(first.generation, first.encoding) && !jumped(first);
  if (goes_on) segment.offsets.timestamp = segments_.back().offsets.timestamp;
  segment.selection = selection;
  segment.first_out = mapper_.next_out();
  segment.lead = lead;
  segment.lead_timestamp = first.timestamp;
  tag_ = tag(first.generation, first.encoding);
  highest_ = first.sequence - 1;
  mapper_.restart(tag_, first.sequence - std::min<uint64_t>(lead, first.sequence));
  push(segment);
  newest_.reset();
}

void ReceiverNumbers::anchor(const LayerPacket& packet) {
  Segment segment = next_segment(mapper_.next_out());
  segment.offsets = continue_from(packet);
  push(segment);
}

bool ReceiverNumbers::jumped(const LayerPacket& packet) const {
  if (!newest_) return false;
  const auto ticks = static_cast<int32_t>(packet.timestamp - newest_->timestamp);
  const int64_t expected = (packet.arrived - newest_->arrived) * config_.clock_rate_hz / kSecond;
  const int64_t tolerance = kMaxDisagreementSeconds * config_.clock_rate_hz;
  if (ticks < 0 || ticks - expected > tolerance) return true;
  // Further packets of the same picture may look like the begin of a key frame too.
  if (ticks == 0) return false;
  const auto picture_id = picture_id_of(packet);
  if (picture_id && newest_->picture_id && !newer(*picture_id, *newest_->picture_id, picture_id_mask(packet)))
    return true;
  return packet.dependency && newest_->frame_number &&
         !sequence_newer(packet.dependency->frame_number, *newest_->frame_number);
}

void ReceiverNumbers::remember(const LayerPacket& packet) {
  highest_ = packet.sequence;
  if (packet.padding_only) return;
  newest_ = Newest{packet.timestamp, packet.arrived, picture_id_of(packet), std::nullopt};
  if (packet.dependency) newest_->frame_number = packet.dependency->frame_number;
}

ReceiverNumbers::Offsets ReceiverNumbers::continue_from(const LayerPacket& packet) const {
  Offsets offsets;
  if (!sent_) return offsets;
  offsets.timestamp = continued_timestamp(packet) - packet.timestamp;
  if (const auto id = picture_id_of(packet); id && sent_->picture_id) {
    offsets.picture_id = static_cast<uint16_t>(*sent_->picture_id + 1 - *id);
  }
  if (const auto index = tl0_pic_idx_of(packet); index && sent_->tl0_pic_idx) {
    offsets.tl0_pic_idx = static_cast<uint8_t>(*sent_->tl0_pic_idx + 1 - *index);
  }
  if (packet.dependency && sent_->frame_number) {
    offsets.frame_number = static_cast<uint16_t>(*sent_->frame_number + 1 - packet.dependency->frame_number);
  }
  return offsets;
}

// Encodings of one track count from different random values. Sender reports place them on one time line exactly;
// without them the time between arrivals must do. It never stands still: a decoder takes an equal timestamp for the
// same picture.
uint32_t ReceiverNumbers::continued_timestamp(const LayerPacket& packet) const {
  const int64_t rate = config_.clock_rate_hz;
  const int64_t passed = std::clamp<int64_t>(packet.arrived - sent_->arrived, 0, 3600 * kSecond) * rate / kSecond;
  if (moment_ && packet.ntp_time) {
    const auto since = static_cast<int64_t>(*packet.ntp_time - moment_->ntp_time);
    const int64_t whole = since >> 32;
    const int64_t part = ((since & 0xFFFFFFFF) * rate) >> 32;
    const auto timestamp = moment_->timestamp + static_cast<uint32_t>(whole * rate + part);
    const int64_t ahead = static_cast<int32_t>(timestamp - sent_->timestamp);
    const int64_t tolerance = kMaxDisagreementSeconds * rate;
    if (ahead - passed < tolerance && passed - ahead < tolerance) {
      return sent_->timestamp + static_cast<uint32_t>(std::max<int64_t>(ahead, 1));
    }
  }
  return sent_->timestamp + static_cast<uint32_t>(std::max<int64_t>(passed, rate / kFramesPerSecond));
}

std::optional<uint64_t> ReceiverNumbers::take(const LayerPacket& packet) {
  const auto out = mapper_.map(tag_, packet.sequence);
  remember(packet);
  return out;
}

std::optional<uint64_t> ReceiverNumbers::find(const LayerPacket& packet) {
  const uint8_t stream = tag(packet.generation, packet.encoding);
  // The last range is open: anything newer would be given a number.
  if (stream == tag_ && packet.sequence > highest_) return std::nullopt;
  return mapper_.map(stream, packet.sequence);
}

void ReceiverNumbers::drop(const LayerPacket& packet, bool lost_too) {
  if (lost_too) {
    mapper_.restart(tag_, packet.sequence + 1);
  } else {
    mapper_.drop(tag_, packet.sequence);
  }
  // VP8 decoders wait for picture ids that are missing, so they close up as sequence numbers do. VP9 tells references
  // by distance (P_DIFF, or the position in a group of pictures): its gaps must stay.
  const auto picture_id = packet.vp8 ? packet.vp8->picture_id : std::nullopt;
  const auto before = newest_ ? newest_->picture_id : std::nullopt;
  if (picture_id && (!before || newer(*picture_id, *before, picture_id_mask(packet)))) {
    Segment segment = next_segment(mapper_.next_out());
    segment.offsets.picture_id--;
    push(segment);
  }
  remember(packet);
}

void ReceiverNumbers::select(uint64_t from_out, const Selection& selection, bool announce) {
  if (segments_.back().selection == selection) return;
  Segment segment = next_segment(from_out);
  segment.selection = selection;
  segment.announce = announce ? kAnnouncePackets : uint8_t{0};
  push(segment);
}

void ReceiverNumbers::on_forwarded(const LayerPacket& packet, const Segment& segment) {
  const Offsets& offsets = segment.offsets;
  const uint32_t timestamp = packet.timestamp + offsets.timestamp;
  if (sent_ && static_cast<int32_t>(timestamp - sent_->timestamp) < 0) return;
  if (!sent_) sent_.emplace();
  sent_->timestamp = timestamp;
  sent_->arrived = packet.arrived;
  if (!moment_ && packet.ntp_time) moment_ = Moment{*packet.ntp_time, timestamp, packet.generation};
  if (const auto id = picture_id_of(packet)) {
    const uint16_t mask = picture_id_mask(packet);
    const auto out = static_cast<uint16_t>((*id + offsets.picture_id) & mask);
    if (!sent_->picture_id || newer(out, *sent_->picture_id, mask)) sent_->picture_id = out;
  }
  if (const auto index = tl0_pic_idx_of(packet)) {
    const auto out = static_cast<uint8_t>(*index + offsets.tl0_pic_idx);
    if (!sent_->tl0_pic_idx || newer(out, *sent_->tl0_pic_idx, 0xFF)) sent_->tl0_pic_idx = out;
  }
  if (packet.dependency) {
    const auto out = static_cast<uint16_t>(packet.dependency->frame_number + offsets.frame_number);
    if (!sent_->frame_number || sequence_newer(out, *sent_->frame_number)) sent_->frame_number = out;
  }
}

const ReceiverNumbers::Segment* ReceiverNumbers::segment_of(uint64_t out) const {
  for (size_t i = segments_.size(); i-- > 0;) {
    if (out >= segments_[i].first_out) return &segments_[i];
  }
  return nullptr;
}

size_t ReceiverNumbers::memory() const {
  return sizeof *this + segments_.size() * sizeof(Segment) + mapper_.range_count() * 3 * sizeof(uint64_t);
}

}  // namespace parley
