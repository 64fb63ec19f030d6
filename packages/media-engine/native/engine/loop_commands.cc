// What the loop does when JavaScript says so. Ids were checked there; here unknown ones are ignored, since what they named
// may have gone in between.
#include <time.h>

#include <algorithm>

#include "engine/loop.h"

namespace parley {
namespace {

// Remembered SSRCs; forgetting them all only costs retransmissions of packets from before a source was replaced.
constexpr size_t kMaxGenerations = 65536;

uint64_t thread_cpu_us() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<uint64_t>(used.tv_sec) * 1'000'000u + static_cast<uint64_t>(used.tv_nsec) / 1000u;
}

void erase(std::vector<uint32_t>& list, uint32_t id) { list.erase(std::remove(list.begin(), list.end(), id), list.end()); }

}  // namespace

void Loop::create_room(uint32_t id) { rooms_.emplace(id, std::make_unique<Room>()); }

void Loop::close_room(uint32_t id) {
  Room* room = find_room(id);
  if (room == nullptr) return;
  const std::vector<uint32_t> transports = room->transports;
  for (const uint32_t transport : transports) close_transport(transport);
  const std::vector<uint32_t> sources = room->sources;
  for (const uint32_t source : sources) close_source(source);
  rooms_.erase(id);
}

void Loop::create_transport(const TransportConfig& config) {
  Room* room = find_room(config.room);
  if (room == nullptr || transports_.count(config.id) != 0) return;
  std::unique_ptr<UdpSocket> own_socket;
  if (!config.remote_candidates.empty()) {
    // Many client transports speak to one address; only ports of their own tell them apart.
    own_socket = host_->open_socket();
    // Without one the transport says what it can from the shared port.
    if (own_socket && !poller_.add(*own_socket)) own_socket.reset();
  }
  auto transport = std::make_unique<Transport>(context_, config, *socket_, std::move(own_socket));
  transport->media().set_audio_levels(&room->levels);
  by_ufrag_[config.ice_ufrag] = transport.get();
  room->transports.push_back(config.id);
  schedule(*transport);
  transports_.emplace(config.id, std::move(transport));
}

void Loop::create_plain_transport(const PlainTransportConfig& config, std::unique_ptr<UdpSocket> socket) {
  Room* room = find_room(config.room);
  if (room == nullptr || transports_.count(config.id) != 0 || !poller_.add(*socket)) return;
  auto transport = std::make_unique<Transport>(context_, config, std::move(socket));
  transport->media().set_audio_levels(&room->levels);
  room->transports.push_back(config.id);
  transports_.emplace(config.id, std::move(transport));
}

void Loop::connect_transport(uint32_t id, const RemoteTransport& remote) {
  Transport* transport = find_transport(id);
  if (transport == nullptr) return;
  static_cast<void>(transport->connect(remote));  // lengths were checked by the caller
  schedule(*transport);
}

void Loop::restart_ice(uint32_t id, const std::string& ufrag, const std::string& pwd) {
  Transport* transport = find_transport(id);
  if (transport == nullptr) return;
  by_ufrag_.erase(transport->restart_ice(ufrag, pwd));
  by_ufrag_[ufrag] = transport;
}

void Loop::set_rtp_parameters(uint32_t id, const RtpParameters& parameters) {
  if (Transport* transport = find_transport(id)) transport->media().set_parameters(parameters);
  if (LoadSink* sink = load_sink(id)) sink->set_parameters(parameters);
}

void Loop::close_transport(uint32_t id) {
  Transport* transport = find_transport(id);
  if (transport == nullptr) return;
  std::vector<uint32_t> owned;
  for (const auto& [source_id, source] : sources_) {
    if (source->sender() == id) owned.push_back(source_id);
  }
  for (const uint32_t source : owned) close_source(source);
  std::vector<uint32_t> senders;
  for (const auto& [sender_id, sender] : load_senders_) {
    if (sender->config().transport == id) senders.push_back(sender_id);
  }
  for (const uint32_t sender : senders) close_load_sender(sender);
  transport->close();
  // The goodbye waits in the send queue, which points to the transport's socket.
  context_.send.flush();
  streams_.close_all_of(id);
  if (UdpSocket* own = transport->own_socket()) poller_.remove(*own);
  for (const std::string& ufrag : transport->local_ufrags()) {
    const auto named = by_ufrag_.find(ufrag);
    if (named != by_ufrag_.end() && named->second == transport) by_ufrag_.erase(named);
  }
  if (Room* room = find_room(transport->room())) erase(room->transports, id);
  transports_.erase(id);
  load_sinks_.erase(id);
}

uint8_t Loop::next_generation(uint32_t ssrc) {
  if (generations_.size() >= kMaxGenerations) generations_.clear();
  return generations_[ssrc]++ % 32;
}

void Loop::create_source(const SourceConfig& config) {
  Transport* transport = find_transport(config.transport);
  if (transport == nullptr || config.encodings.empty() || sources_.count(config.id) != 0) return;
  MediaSession& media = transport->media();
  const uint8_t generation = next_generation(config.encodings.front().ssrc);
  auto source = std::make_unique<Source>(context_, config, generation, [&media](const Encoding& encoding) {
    media.send_key_frame_request(encoding);
  });
  source->set_room(transport->room());
  media.add_source(*source);
  if (Room* room = find_room(transport->room())) room->sources.push_back(config.id);
  sources_.emplace(config.id, std::move(source));
}

void Loop::set_source_blocked(uint32_t id, bool blocked) {
  const auto found = sources_.find(id);
  if (found != sources_.end()) found->second->set_blocked(blocked);
}

void Loop::close_source(uint32_t id) {
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  if (Transport* transport = find_transport(found->second->sender())) transport->media().remove_source(*found->second);
  if (Room* room = find_room(found->second->room())) erase(room->sources, id);
  sources_.erase(found);
}

void Loop::set_forwarding(uint32_t receiver, const std::vector<ForwardingEntry>& entries) {
  Transport* transport = find_transport(receiver);
  if (transport == nullptr) return;
  std::vector<ForwardingTarget> targets;
  for (const ForwardingEntry& entry : entries) {
    const auto found = sources_.find(entry.source);
    if (found == sources_.end()) continue;
    // Rooms never mix, whatever a caller says.
    if (found->second->room() != transport->room()) continue;
    targets.push_back({found->second.get(), entry.limit});
  }
  transport->media().set_forwarding(targets);
}

void Loop::request_key_frame(uint32_t source) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  size_t highest = 0;
  for (unsigned active = found->second->active_encodings(); active > 1; active >>= 1) ++highest;
  found->second->request_key_frame(highest);
}

void Loop::set_demand(uint32_t receiver, int64_t bps) {
  if (Transport* transport = find_transport(receiver)) transport->paced().set_demand(bps);
}

EngineSnapshot Loop::snapshot() const {
  EngineSnapshot snapshot;
  sample(snapshot);
  return snapshot;
}

void Loop::sample(EngineSnapshot& snapshot) const {
  snapshot.clear();
  snapshot.cpu_us = thread_cpu_us();
  snapshot.packets_received = context_.packets_received;
  snapshot.forwarded = context_.forwarded;
  snapshot.threads.push_back({snapshot.cpu_us, snapshot.packets_received, snapshot.forwarded, handed_over_,
                              static_cast<uint32_t>(rooms_.size())});
  snapshot.sent = context_.send.counters();
  snapshot.drops = context_.drops;
  snapshot.drops.add(Drop::send_failed, snapshot.sent.dropped);
  snapshot.drops.add(Drop::events_overflow, events_.dropped());
  if (socket_) snapshot.drops.add(Drop::receive_buffer, socket_->dropped_by_kernel());
  snapshot.transit = context_.transit;
  snapshot.receive_wait = receive_wait_;
  snapshot.receive_batch = receive_batch_sizes_;
  for (const auto& [id, transport] : transports_) {
    TransportSnapshot entry;
    entry.id = id;
    entry.state = transport->state();
    entry.traffic = transport->counters();
    entry.media = transport->media().counters();
    entry.paced = transport->paced().snapshot();
    if (transport->last_heard() >= 0) entry.idle_ms = (context_.now - transport->last_heard()) / kMillisecond;
    if (transport->rtt() >= 0) entry.rtt_ms = static_cast<double>(transport->rtt()) / 1000.0;
    entry.srtp_profile = transport->srtp_profile();
    entry.over_tcp = transport->is_over_tcp();
    snapshot.transports.push_back(entry);
  }
  for (const auto& [id, source] : sources_) {
    if (source->is_mirror()) continue;
    for (const LayerTable::Layer& layer : source->layers()) snapshot.layers.push_back({id, layer});
  }
}

LoopTables Loop::tables() const {
  return {rooms_.size(),   transports_.size(),        sources_.size(),      by_ufrag_.size(), context_.addresses.size(),
          timers_.size(), load_senders_.size(), load_sinks_.size()};
}

void Loop::create_load_sender(const LoadSenderConfig& config) {
  Transport* transport = find_transport(config.transport);
  if (transport == nullptr || load_senders_.count(config.id) != 0) return;
  auto sender = std::make_unique<LoadSender>(context_, config);
  transport->media().forward(sender->source(), {0, kEveryLayer, kEveryLayer});
  load_senders_.emplace(config.id, std::move(sender));
}

void Loop::close_load_sender(uint32_t id) { load_senders_.erase(id); }

void Loop::create_load_sink(uint32_t transport, uint32_t lose_every) {
  Transport* found = find_transport(transport);
  if (found == nullptr) return;
  auto sink = std::make_unique<LoadSink>(lose_every);
  sink->set_parameters(found->media().parameters());
  found->media().set_observer(sink.get());
  load_sinks_[transport] = std::move(sink);
}

LoadSink* Loop::load_sink(uint32_t transport) {
  const auto found = load_sinks_.find(transport);
  return found == load_sinks_.end() ? nullptr : found->second.get();
}

const LoadSender* Loop::load_sender(uint32_t id) const {
  const auto found = load_senders_.find(id);
  return found == load_senders_.end() ? nullptr : found->second.get();
}

}  // namespace parley
