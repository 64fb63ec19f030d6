#include "packet_history.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace parley {

namespace {

constexpr size_t kFirstRing = 64;

size_t power_of_two_at_least(size_t n) {
  size_t p = 1;
  while (p < n) p *= 2;
  return p;
}

}  // namespace

// Object and bytes in one allocation, the bytes right behind the object.
PacketRef PacketRef::copy(ByteSpan rtp_bytes, Micros arrived, uint64_t sequence) {
  RtpPacket check;
  if (!rtp_parse(rtp_bytes, check)) return {};
  void* memory = std::malloc(sizeof(MediaPacket) + rtp_bytes.size());
  if (memory == nullptr) return {};
  PacketRef ref;
  ref.packet_ = ::new (memory) MediaPacket();
  ref.packet_->references_ = 1;
  auto* bytes = static_cast<uint8_t*>(memory) + sizeof(MediaPacket);
  std::memcpy(bytes, rtp_bytes.data(), rtp_bytes.size());
  ref.packet_->arrived = arrived;
  ref.packet_->sequence = sequence;
  // Cannot fail: the same bytes parsed a moment ago.
  if (!rtp_parse(ByteSpan(bytes, rtp_bytes.size()), ref.packet_->rtp)) return {};
  return ref;
}

void PacketRef::release() {
  if (packet_ == nullptr || --packet_->references_ > 0) return;
  packet_->~MediaPacket();
  std::free(packet_);
  packet_ = nullptr;
}

PacketHistory::PacketHistory(const Config& config) : config_(config) {
  config_.max_packets = power_of_two_at_least(std::max<size_t>(config.max_packets, 1));
}

PacketHistory::Insert PacketHistory::insert(const PacketRef& packet) {
  const uint64_t sequence = packet->sequence;
  // It was here once. Whoever kept a copy may send it again with other contents, and it must not be forwarded twice.
  if (sequence < floor_) return Insert::TooOld;
  if (packets_ == 0) begin_ = end_ = sequence;
  if (sequence < begin_) {
    // Older than all we have, but still within reach of the ring.
    if (end_ - sequence > config_.max_packets) return Insert::TooOld;
    while (end_ - sequence > ring_.size()) grow();
    begin_ = sequence;
  } else if (sequence >= end_) {
    while (begin_ < end_ && sequence - begin_ >= config_.max_packets) drop_oldest();
    if (begin_ == end_) begin_ = sequence;
    while (sequence - begin_ >= ring_.size()) grow();
    end_ = sequence + 1;
  }
  PacketRef& slot = ring_[sequence % ring_.size()];
  if (slot) return Insert::Duplicate;
  slot = packet;
  packets_++;
  bytes_ += packet->bytes().size();
  trim(packet->arrived);
  return Insert::Added;
}

const PacketRef* PacketHistory::find(uint64_t sequence) const {
  if (sequence < begin_ || sequence >= end_) return nullptr;
  const PacketRef& slot = ring_[sequence % ring_.size()];
  return slot ? &slot : nullptr;
}

void PacketHistory::expire(Micros now) {
  // The last number covered always has a packet, so this ends there at the latest.
  while (packets_ > 0) {
    const PacketRef& oldest = ring_[begin_ % ring_.size()];
    if (oldest && now - oldest->arrived <= config_.max_age) break;
    drop_oldest();
  }
}

void PacketHistory::clear() {
  while (begin_ < end_) drop_oldest();
}

void PacketHistory::grow() {
  std::vector<PacketRef> bigger(ring_.empty() ? std::min(kFirstRing, config_.max_packets) : ring_.size() * 2);
  for (uint64_t n = begin_; n < end_ && !ring_.empty(); n++) {
    bigger[n % bigger.size()] = std::move(ring_[n % ring_.size()]);
  }
  ring_.swap(bigger);
}

void PacketHistory::drop_oldest() {
  PacketRef& slot = ring_[begin_ % ring_.size()];
  if (slot) {
    packets_--;
    bytes_ -= slot->bytes().size();
    slot.reset();
    floor_ = begin_ + 1;
  }
  begin_++;
}

void PacketHistory::trim(Micros now) {
  while (packets_ > 1) {
    const PacketRef& oldest = ring_[begin_ % ring_.size()];
    const bool expired = oldest && now - oldest->arrived > config_.max_age;
    if (oldest && !expired && bytes_ <= config_.max_bytes) break;
    drop_oldest();
  }
}

}  // namespace parley
