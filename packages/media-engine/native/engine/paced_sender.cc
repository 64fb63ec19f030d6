#include "engine/paced_sender.h"

#include <algorithm>
#include <cstring>

#include "engine/transport.h"

namespace parley {
namespace {

// IPv6 and UDP headers, and the longest tag: what a path carries beside the packet itself.
constexpr size_t kWireOverhead = 48 + 16;
// Receivers whose paths are full wake up together, so that their packets share system calls.
constexpr Micros kGrid = 2 * kMillisecond;
// Losses come together, and so do their repairs.
constexpr Micros kRepairBurst = 500 * kMillisecond;
// Estimates waver; what is told goes into the choice of layers.
constexpr double kWorthTelling = 0.03;
// As a browser begins its calls: below what most paths carry, and the first probes find the rest within a second.
constexpr BitRate kStart = kMbps;
// Until somebody says what could be used.
constexpr BitRate kDefaultDemand = 10 * kMbps;

// Retransmissions and padding are as old as what they repeat.
bool is_media(PacketClass kind) { return kind == PacketClass::Audio || kind == PacketClass::Video; }

BandwidthEstimator::Config estimator_config() {
  BandwidthEstimator::Config config;
  config.limits.start = kStart;
  return config;
}

}  // namespace

PacedSender::PacedSender(EngineContext& context, Transport& transport, bool paced)
    : context_(context),
      transport_(transport),
      paced_(paced),
      estimator_(context.now, estimator_config(), context.feedback_scratch) {
  if (paced_) set_demand(kDefaultDemand);
}

size_t PacedSender::wire_bytes(const OutgoingRtp& packet) const {
  return packet.header_bytes + packet.prefix_bytes + packet.payload.size() + kWireOverhead;
}

bool PacedSender::send(const OutgoingRtp& packet) {
  if (!paced_) {
    if (packet.transport_sequence_at != 0) store_u16(packet.slot.data() + packet.transport_sequence_at, next_number_++);
    return count_passed(packet.kind, transport_.write_rtp(packet.slot, packet.header_bytes, packet.prefix_bytes,
                                                          packet.payload, packet.index));
  }
  if (packet.kind == PacketClass::Padding) return write(packet, padding_probe_);
  if (packet.kind == PacketClass::Retransmission) repair_bytes_ -= static_cast<int64_t>(wire_bytes(packet));
  if (!media_seen_ && packet.kind == PacketClass::Video) {
    media_seen_ = true;
    wake();
  }
  if (pacer_.may_pass(context_.now, packet.kind)) return count_passed(packet.kind, write(packet, 0));
  Waiting waiting{{packet.slot.begin(), packet.slot.begin() + packet.header_bytes + packet.prefix_bytes},
                  packet.header_bytes,
                  packet.transport_sequence_at,
                  packet.packet,
                  packet.payload,
                  packet.index,
                  packet.kind == PacketClass::Audio};
  wake();
  if (pacer_.enqueue(context_.now, packet.kind, wire_bytes(packet), std::move(waiting))) return true;
  context_.drops.add(Drop::pacer_full);
  return false;
}

bool PacedSender::count_passed(PacketClass kind, bool sent) {
  if (sent && is_media(kind)) ++context_.in_hand;
  return sent;
}

void PacedSender::clear() {
  context_.drops.add(Drop::transport_closed, pacer_.queued_packets());
  pacer_.clear();
}

bool PacedSender::may_repair() {
  if (!paced_) return true;
  const BitRate rate = estimator_.target_bps();
  const int64_t more = bytes_in(rate, std::min(context_.now - repair_counted_, kRepairBurst));
  // Parts of a byte are not lost, however often this is asked.
  if (more > 0) repair_counted_ = context_.now;
  repair_bytes_ = std::min(repair_bytes_ + more, bytes_in(rate, kRepairBurst));
  return repair_bytes_ > 0;
}

bool PacedSender::write(const OutgoingRtp& packet, uint8_t probe) {
  const size_t bytes = wire_bytes(packet);
  pacer_.on_packet_sent(context_.now, bytes, probe);
  const bool padding = packet.kind == PacketClass::Padding;
  if (padding) padding_bytes_ += bytes;
  // Without a number nobody can tell what became of it; receiver reports must do.
  if (packet.transport_sequence_at != 0) {
    const uint16_t number = estimator_.on_packet_sent(context_.now, bytes, probe, padding);
    store_u16(packet.slot.data() + packet.transport_sequence_at, number);
  }
  return transport_.write_rtp(packet.slot, packet.header_bytes, packet.prefix_bytes, packet.payload, packet.index);
}

void PacedSender::write(const Waiting& waiting, PacketClass kind, uint8_t probe) {
  const MutableByteSpan slot = context_.send.reserve();
  std::memcpy(slot.data(), waiting.start.data(), waiting.start.size());
  OutgoingRtp packet{kind,
                     slot,
                     waiting.header_bytes,
                     waiting.start.size() - waiting.header_bytes,
                     waiting.payload,
                     waiting.packet,
                     waiting.transport_sequence_at,
                     waiting.index};
  if (write(packet, probe) && is_media(kind)) {
    context_.transit.add(static_cast<uint64_t>(std::max<Micros>(context_.now - waiting.packet->arrived, 0)));
  }
}

void PacedSender::run() {
  listed_ = false;
  if (!paced_ || pacer_.idle()) return;
  // Before there is any media there is nothing to pad with either.
  if (!media_seen_ && pacer_.queued_packets() == 0) return;
  while (const auto next = pacer_.poll(context_.now)) {
    if (next->item) {
      write(*next->item, next->kind, next->probe);
      continue;
    }
    padding_probe_ = next->probe;
    if (!transport_.media().pad()) pacer_.on_not_sent(next->probe);
  }
  for (; expired_ < pacer_.expired(); ++expired_) context_.drops.add(Drop::pacer_expired);
}

Micros PacedSender::next_deadline() const {
  if (!paced_ || pacer_.idle()) return kNever;
  if (!media_seen_ && pacer_.queued_packets() == 0) return kNever;
  const Micros at = pacer_.next_send_time(context_.now);
  return at == kNever ? kNever : (at + kGrid - 1) / kGrid * kGrid;
}

void PacedSender::wake() {
  if (listed_) return;
  listed_ = true;
  context_.to_run.push_back(transport_.id());
}

void PacedSender::rates_changed() {
  pacer_.set_pacing_rate(context_.now, estimator_.pacing_bps());
  pacer_.set_burst(estimator_.burst());
  // What waits may leave sooner now.
  if (!pacer_.idle()) wake();
  while (const auto probe = estimator_.take_probe()) {
    pacer_.add_probe(*probe);
    wake();
  }
}

void PacedSender::tick() {
  if (!paced_ || estimator_.next_deadline() > context_.now) return;
  estimator_.on_timer(context_.now);
  rates_changed();
}

void PacedSender::on_feedback(const TransportCcFeedback& feedback) {
  if (!paced_) return;
  reported_ = true;
  estimator_.on_feedback(context_.now, feedback);
  rates_changed();
}

void PacedSender::on_receiver_report(uint8_t fraction_lost, Micros round_trip) {
  if (!paced_) return;
  estimator_.on_receiver_report(context_.now, fraction_lost, round_trip);
  rates_changed();
}

void PacedSender::on_remb(BitRate rate) {
  if (!paced_) return;
  reported_ = true;
  estimator_.on_remb(context_.now, rate);
  rates_changed();
}

void PacedSender::on_route_change() {
  if (!paced_) return;
  estimator_.on_route_change(context_.now);
  rates_changed();
}

void PacedSender::set_demand(BitRate demand) {
  if (!paced_) return;
  estimator_.set_demand(context_.now, demand);
  rates_changed();
}

std::optional<BitRate> PacedSender::take_news() {
  const BitRate target = estimator_.target_bps();
  // Where it began is no finding, and a receiver that got no video for it could never be probed.
  if (estimator_.probe_results() != 0 || target < kStart) found_ = true;
  if (!reported_ || !found_ || std::abs(target - told_) <= scale_rate(told_, kWorthTelling)) return std::nullopt;
  told_ = target;
  return target;
}

PacedSender::Snapshot PacedSender::snapshot() const {
  Snapshot snapshot;
  snapshot.path = estimator_.stats();
  snapshot.target = estimator_.target_bps();
  snapshot.queued_bytes = pacer_.queued_bytes();
  snapshot.queue_age = pacer_.queue_age(context_.now);
  snapshot.expired = pacer_.expired();
  snapshot.refused = pacer_.refused();
  snapshot.padding_bytes = padding_bytes_;
  return snapshot;
}

}  // namespace parley
