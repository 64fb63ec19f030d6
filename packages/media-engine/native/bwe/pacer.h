// Media waiting to be sent to one receiver, at an even rate. Audio leaves at once and only adds to the debt;
// retransmissions go before video, since a gap in what was sent stops the picture for longer than a late frame.
//
//   enqueue ─▶ audio │ retransmission │ video ──▶ poll(now) ─▶ media, or padding for a burst
//                          paced: debt ≤ burst      └ on_packet_sent(now, …): what it really was, on the wire
//
// Bounded in bytes and in time: a full queue refuses (the packet is lost here as it would be in the network, and is
// asked for again by NACK), and what waits longer than Config::max_age is dropped. Driver: after enqueue() or any
// change of rate, poll() until empty at next_send_time(). What may_pass() need not come here at all.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "pacing_budget.h"

namespace parley {

enum class PacketClass : uint8_t { Audio, Retransmission, Video, Padding };

/// `Item` is whatever the owner needs to write the packet when its time has come; movable.
template <typename Item>
class Pacer {
 public:
  struct Config {
    /// All queues together.
    size_t max_bytes = 2'000'000;
    /// Longer ago than this nobody plays it any more.
    Micros max_age = kSecond;
    /// The rate is raised as needed to empty the queue within this time: late media is worth less than a short queue in
    /// the network.
    Micros drain_within = 500 * kMillisecond;
  };
  /// What to send now: an item, or padding of about `bytes` when there is none.
  struct Send {
    std::optional<Item> item;
    PacketClass kind = PacketClass::Padding;
    size_t bytes = 0;
    uint8_t probe = 0;  // cluster, 0 = none
  };

  Pacer() : Pacer(Config{}) {}
  explicit Pacer(const Config& config) : config_(config) {}

  void set_pacing_rate(Micros now, BitRate rate);
  void set_burst(Micros burst) { budget_.set_burst(burst); }
  void add_probe(const ProbeCluster& cluster) { budget_.add_probe(cluster); }
  /// False: full, and the item is not taken.
  [[nodiscard]] bool enqueue(Micros now, PacketClass kind, size_t bytes, Item item);

  /// A packet of this kind would leave at once and overtake nothing: it may be sent without being queued, followed by
  /// on_packet_sent() with no probe.
  [[nodiscard]] bool may_pass(Micros now, PacketClass kind) const;

  /// When poll() will have something; `now` at the earliest, kNever when there is nothing to do.
  [[nodiscard]] Micros next_send_time(Micros now) const;
  /// The next packet that may leave. Each must be followed by on_packet_sent() or by on_not_sent().
  std::optional<Send> poll(Micros now);
  void on_packet_sent(Micros now, size_t bytes, uint8_t probe) { budget_.on_sent(now, bytes, probe); }
  /// There was nothing to pad with (or the item is not wanted any more): a running burst ends.
  void on_not_sent(uint8_t probe) {
    if (probe != 0 && probe == budget_.probe()) budget_.abandon_probe();
  }
  void clear();
  /// Nothing waits, and no burst wants to be sent.
  [[nodiscard]] bool idle() const { return bytes_ == 0 && budget_.probe() == 0; }

  [[nodiscard]] size_t queued_bytes() const { return bytes_; }
  [[nodiscard]] size_t queued_packets() const;
  /// Age of the oldest paced packet.
  [[nodiscard]] Micros queue_age(Micros now) const;
  /// Time that what is queued takes at the pacing rate.
  [[nodiscard]] Micros queue_time() const { return bytes_ == 0 ? 0 : time_for(static_cast<int64_t>(bytes_), rate_); }
  /// Dropped for their age, ever.
  [[nodiscard]] uint64_t expired() const { return expired_; }
  /// Refused for lack of room, ever.
  [[nodiscard]] uint64_t refused() const { return refused_; }

 private:
  struct Waiting {
    Item item;
    size_t bytes;
    Micros since;
  };
  using Queue = std::deque<Waiting>;
  static constexpr size_t kQueues = 3;

  [[nodiscard]] const Queue* first_paced() const;
  [[nodiscard]] BitRate drain_rate(Micros now) const;
  void drop_aged(Micros now);
  Send take(PacketClass kind);

  Config config_;
  PacingBudget budget_;
  BitRate rate_ = 0;
  std::array<Queue, kQueues> queues_;  // by PacketClass
  size_t bytes_ = 0;
  uint64_t expired_ = 0;
  uint64_t refused_ = 0;
};

template <typename Item>
bool Pacer<Item>::enqueue(Micros now, PacketClass kind, size_t bytes, Item item) {
  if (kind == PacketClass::Padding || bytes_ + bytes > config_.max_bytes) {
    refused_++;
    return false;
  }
  queues_[static_cast<size_t>(kind)].push_back({std::move(item), bytes, now});
  bytes_ += bytes;
  budget_.set_rate(now, drain_rate(now));
  return true;
}

template <typename Item>
const typename Pacer<Item>::Queue* Pacer<Item>::first_paced() const {
  for (const PacketClass kind : {PacketClass::Retransmission, PacketClass::Video}) {
    const Queue& queue = queues_[static_cast<size_t>(kind)];
    if (!queue.empty()) return &queue;
  }
  return nullptr;
}

template <typename Item>
Micros Pacer<Item>::queue_age(Micros now) const {
  Micros oldest = now;
  for (const PacketClass kind : {PacketClass::Retransmission, PacketClass::Video}) {
    const Queue& queue = queues_[static_cast<size_t>(kind)];
    if (!queue.empty()) oldest = std::min(oldest, queue.front().since);
  }
  return now - oldest;
}

// What is needed to have sent everything drain_within after the oldest came.
template <typename Item>
BitRate Pacer<Item>::drain_rate(Micros now) const {
  const Micros left = std::max(config_.drain_within - queue_age(now), PacingBudget::kGranularity);
  return std::max(rate_, rate_of(static_cast<int64_t>(bytes_), left));
}

template <typename Item>
Micros Pacer<Item>::next_send_time(Micros now) const {
  if (!queues_[static_cast<size_t>(PacketClass::Audio)].empty()) return now;
  const Micros probe = budget_.next_probe(now);
  if (first_paced() == nullptr || probe != kNever) return probe;
  return budget_.next_paced(now);
}

template <typename Item>
bool Pacer<Item>::may_pass(Micros now, PacketClass kind) const {
  if (kind == PacketClass::Audio) return queues_[static_cast<size_t>(PacketClass::Audio)].empty();
  return first_paced() == nullptr && budget_.probe() == 0 && budget_.next_paced(now) <= now;
}

template <typename Item>
void Pacer<Item>::set_pacing_rate(Micros now, BitRate rate) {
  rate_ = rate;
  budget_.set_rate(now, drain_rate(now));
}

template <typename Item>
typename Pacer<Item>::Send Pacer<Item>::take(PacketClass kind) {
  Queue& queue = queues_[static_cast<size_t>(kind)];
  Send send{std::move(queue.front().item), kind, queue.front().bytes, budget_.probe()};
  bytes_ -= send.bytes;
  queue.pop_front();
  return send;
}

template <typename Item>
void Pacer<Item>::drop_aged(Micros now) {
  for (Queue& queue : queues_) {
    while (!queue.empty() && now - queue.front().since > config_.max_age) {
      bytes_ -= queue.front().bytes;
      queue.pop_front();
      expired_++;
    }
  }
}

template <typename Item>
std::optional<typename Pacer<Item>::Send> Pacer<Item>::poll(Micros now) {
  drop_aged(now);
  budget_.expire(now);
  budget_.set_rate(now, drain_rate(now));
  if (next_send_time(now) > now) return std::nullopt;
  for (const PacketClass kind : {PacketClass::Audio, PacketClass::Retransmission, PacketClass::Video}) {
    if (!queues_[static_cast<size_t>(kind)].empty()) return take(kind);
  }
  return Send{std::nullopt, PacketClass::Padding, budget_.probe_missing(), budget_.probe()};
}

template <typename Item>
void Pacer<Item>::clear() {
  for (Queue& queue : queues_) queue.clear();
  bytes_ = 0;
}

template <typename Item>
size_t Pacer<Item>::queued_packets() const {
  size_t n = 0;
  for (const Queue& queue : queues_) n += queue.size();
  return n;
}

}  // namespace parley
