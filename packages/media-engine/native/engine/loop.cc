// The turn: reading, sorting and forwarding packets, and time. Commands are in loop_commands.cc.
#include "engine/loop.h"

#include <algorithm>

#include "core/demux.h"
#include "core/stun.h"

namespace parley {
namespace {

// A flood must not keep commands and timers waiting: after this many batches from one socket the turn goes on.
constexpr int kBatchesPerTurn = 8;
constexpr size_t kMaxCommands = 65536;
constexpr Micros kTick = 10 * kMillisecond;
constexpr Micros kSlowTick = 100 * kMillisecond;
// Without media for this long there is nothing to report. Longer than histories keep packets, so that they are empty then.
constexpr Micros kMediaRest = 2 * kSecond;
// Many join at once; the kernel's filter is made anew for all of them together.
constexpr Micros kSteeringDelay = 50 * kMillisecond;

}  // namespace

Loop::Loop(std::unique_ptr<Host> host, const DtlsContext& dtls, std::unique_ptr<UdpSocket> socket,
           std::function<void()> notify, LoopGroup& group, uint32_t index)
    : group_(group),
      index_(index),
      events_(std::move(notify)),
      host_(std::move(host)),
      socket_(std::move(socket)),
      context_{dtls,
               *host_,
               host_->random(),
               events_,
               {},
               AddressTable(host_->random().u64(),
                            [this](const SocketAddress& address, const AddressTable::Entry* entry) {
                              address_changed(address, entry);
                            }),
               {},
               {},
               host_->now(),
               0,
               0,
               {},
               -kMediaRest},
      streams_(context_, poller_),
      admission_(host_->random().u64()),
      stun_query_(host_->random()) {
  context_.send.set_streams(&streams_);
  context_.send.set_on_flushed([this] { note_transit(); });
  listening_ = poller_.ok() && poller_.add(*socket_);
}

Loop::~Loop() { clear(); }

bool Loop::post(Command command) {
  {
    const std::lock_guard<std::mutex> lock(commands_mutex_);
    if (commands_.size() >= kMaxCommands) return false;
    commands_.push_back(std::move(command));
  }
  poller_.wake();
  return true;
}

void Loop::stop() {
  stopping_.store(true);
  poller_.wake();
}

void Loop::run() {
  while (!stopping_.load()) {
    poller_.wait(next_deadline(), ready_);
    if (moderation_.pause() != 0 && !ready_.sockets.empty()) poller_.rest(moderation_.pause());
    turn(ready_);
    moderation_.on_turn(context_.now, context_.packets_received);
  }
  // What was posted before the stop still happens, and whoever waits for an answer gets it.
  run_commands();
  for (auto& [id, transport] : transports_) transport->close();
  context_.send.flush();
  events_.publish();
  clear();
}

void Loop::turn(const Ready& ready) {
  context_.now = host_->now();
  for (UdpSocket* socket : ready.sockets) read(*socket);
  read_streams(ready);
  read_inbox();
  read_mirrored();
  run_commands();
  run_timers();
  run_streams();
  run_stun_query();
  run_load_senders();
  run_media_tick();
  flush_mirrored();
  run_paced_senders();
  steer();
  context_.send.flush();
  events_.publish();
}

// The port is free again when the loop has ended, whenever its memory goes.
void Loop::clear() {
  load_senders_.clear();
  transports_.clear();
  sources_.clear();
  rooms_.clear();
  streams_.clear();
  listener_.reset();
  socket_.reset();
}

void Loop::read(UdpSocket& socket) {
  for (int batch = 0; batch < kBatchesPerTurn; ++batch) {
    uint64_t truncated = 0;
    const bool more = socket.receive(receive_batch_, datagrams_, truncated);
    for (uint64_t i = 0; i < truncated; ++i) context_.drops.add(Drop::too_long);
    if (datagrams_.empty() && !more) return;
    context_.now = host_->now();
    context_.packets_received += datagrams_.size();
    if (!datagrams_.empty()) {
      receive_batch_sizes_.add(datagrams_.size());
      receive_wait_.add(static_cast<uint64_t>(std::max<Micros>(datagrams_.front().waited, 0)));
    }
    dispatch_batch(socket);
    flush_handed_over();
    forward_batch();
    if (!more) return;
  }
}

size_t Loop::hand_over(const std::vector<Datagram>& batch) {
  const size_t refused = inbox_.push(batch);
  poller_.wake();
  return refused;
}

bool Loop::has_mail() {
  {
    const std::lock_guard<std::mutex> lock(commands_mutex_);
    if (!commands_.empty()) return true;
  }
  return !inbox_.is_empty() || !mirror_inbox_.is_empty();
}

void Loop::read_inbox() {
  if (group_.loops.size() < 2) return;
  inbox_.take(datagrams_);
  if (datagrams_.empty()) return;
  treating_inbox_ = true;
  dispatch_batch(*socket_);
  treating_inbox_ = false;
  forward_batch();
}

// False when the datagram is this loop's business. One that was handed over once is never handed on.
bool Loop::give_away(const Datagram& datagram, std::optional<uint32_t> loop) {
  if (!loop || *loop == index_ || *loop >= group_.loops.size() || treating_inbox_) return false;
  leaving_.resize(group_.loops.size());
  leaving_[*loop].push_back(datagram);
  return true;
}

void Loop::flush_handed_over() {
  for (size_t loop = 0; loop < leaving_.size(); ++loop) {
    if (leaving_[loop].empty()) continue;
    handed_over_ += leaving_[loop].size();
    const size_t refused = group_.loops[loop]->hand_over(leaving_[loop]);
    for (size_t i = 0; i < refused; ++i) context_.drops.add(Drop::hand_over_overflow);
    leaving_[loop].clear();
  }
}

void Loop::address_changed(const SocketAddress& address, const AddressTable::Entry* entry) {
  if (group_.loops.size() < 2) return;
  if (entry == nullptr) {
    group_.steering.remove(address, index_);
  } else if (const auto before = group_.steering.set(address, index_, entry->valid)) {
    static_cast<void>(group_.loops[*before]->post([address](Loop& loop) { loop.context_.addresses.forget(address); }));
  }
  if (next_steering_ == kNever) next_steering_ = context_.now + kSteeringDelay;
}

void Loop::steer() {
  if (context_.now < next_steering_) return;
  next_steering_ = kNever;
  group_.steering.apply(socket_->fd());
}

void Loop::forward_batch() {
  for (Source* source : context_.sources_with_packets) source->forward_pending();
  context_.sources_with_packets.clear();
  flush_mirrored();
  run_paced_senders();
  context_.send.flush();
}

void Loop::note_transit() {
  if (context_.in_hand == 0) return;
  context_.transit.add(static_cast<uint64_t>(std::max<Micros>(host_->now() - context_.now, 0)), context_.in_hand);
  context_.in_hand = 0;
}

void Loop::run_paced_senders() {
  for (size_t i = 0; i < context_.to_run.size(); ++i) {
    Transport* transport = find_transport(context_.to_run[i]);
    if (transport == nullptr) continue;
    transport->paced().run();
    schedule(*transport);
  }
  context_.to_run.clear();
}

void Loop::dispatch_batch(UdpSocket& socket) {
  for (const Datagram& datagram : datagrams_) {
    context_.waited = datagram.waited;
    dispatch(socket, datagram);
  }
  context_.waited = 0;
}

void Loop::dispatch(UdpSocket& socket, const Datagram& datagram) {
  const PacketKind kind = classify_packet(datagram.bytes);
  switch (kind) {
    case PacketKind::Stun:
      dispatch_stun(socket, datagram);
      break;
    case PacketKind::Dtls:
    case PacketKind::Rtp:
    case PacketKind::Rtcp:
      dispatch_peer(socket, datagram, kind);
      break;
    default:
      context_.drops.add(Drop::unknown_protocol);
      break;
  }
}

bool Loop::is_valid_for(const Transport& transport, const SocketAddress& from) const {
  const AddressTable::Entry* known = context_.addresses.find(from);
  return known != nullptr && known->valid && known->transport == &transport;
}

// Requests name their transport by user name, responses by the tag in the transaction id that we chose.
//
// Source addresses are easy to forge, and an office shares one, so what is junk from an address must not shut out what is
// good from it. Whoever knows a user name fragment or a transaction of ours has seen the signalling or a packet: such
// messages are bounded by the transport they name, the rest by where it comes from.
void Loop::dispatch_stun(UdpSocket& socket, const Datagram& datagram) {
  Transport* transport = socket.owner;
  const auto message_class = stun_peek_class(datagram.bytes);
  if (!message_class) {
    context_.drops.add(Drop::malformed_stun);
    return;
  }
  const bool is_request = *message_class == StunClass::Request;
  bool is_named = transport != nullptr;
  if (transport == nullptr) {
    const auto loops = static_cast<uint32_t>(group_.loops.size());
    if (is_request) {
      if (const auto username = stun_peek_username(datagram.bytes)) {
        const std::string_view ufrag = stun_username_local_part(*username);
        if (give_away(datagram, loop_of_ufrag(ufrag, loops))) return;
        const auto found = by_ufrag_.find(std::string(ufrag));
        if (found != by_ufrag_.end()) transport = found->second;
      }
      is_named = transport != nullptr;
    } else if (const auto tag = stun_peek_transaction_tag(datagram.bytes)) {
      if (give_away(datagram, loop_of_id(*tag, loops))) return;
      if (*tag == StunQuery::kTransactionTag && stun_query_.handle_stun(datagram.from, datagram.bytes)) {
        drain_stun_query();
        return;
      }
      transport = find_transport(*tag);
      is_named = transport != nullptr && transport->awaits_stun(datagram.bytes);
    }
    const bool is_valid = transport != nullptr && is_valid_for(*transport, datagram.from);
    const bool is_within = is_named ? transport->admits_stun() : admission_.allows(datagram.from, context_.now);
    if (!is_within && !is_valid) {
      context_.drops.add(Drop::rate_limited);
      return;
    }
  }
  if (transport == nullptr) {
    context_.drops.add(is_request ? Drop::unknown_ufrag : Drop::unknown_transaction);
    admission_.charge(datagram.from, context_.now);
    return;
  }
  const bool is_useful = transport->handle_stun(context_.locals.id_of(datagram.to), datagram.from, datagram.bytes);
  if (!is_useful && is_named) transport->charge_stun();
  if (!is_useful && !is_named) admission_.charge(datagram.from, context_.now);
  schedule(*transport);
}

// DTLS, RTP and RTCP: only from the address of a validated pair. DTLS from an address that ICE has at least authenticated
// is kept by its transport for a moment.
void Loop::dispatch_peer(UdpSocket& socket, const Datagram& datagram, PacketKind kind) {
  Transport* transport = socket.owner;
  bool valid = false;
  if (transport != nullptr) {
    valid = transport->is_own_pair(LocalAddresses::kAny, datagram.from);
  } else if (const AddressTable::Entry* entry = context_.addresses.find(datagram.from)) {
    transport = entry->transport;
    valid = entry->valid;
  }
  // What is not valid here may be so elsewhere: a check alone puts an address into this table, but takes it from nobody.
  const bool ask_others = socket.owner == nullptr && !valid && group_.loops.size() > 1;
  if (ask_others && give_away(datagram, group_.steering.owner(datagram.from))) return;
  if (transport == nullptr || (!valid && kind != PacketKind::Dtls)) {
    context_.drops.add(Drop::unknown_source_address);
    return;
  }
  switch (kind) {
    case PacketKind::Dtls:
      transport->handle_dtls(LocalAddresses::kAny, datagram.from, datagram.bytes, valid);
      schedule(*transport);
      break;
    case PacketKind::Rtp:
      transport->handle_rtp(datagram.from, datagram.bytes);
      break;
    default:
      transport->handle_rtcp(datagram.from, datagram.bytes);
      break;
  }
}

void Loop::run_commands() {
  std::vector<Command> commands;
  {
    const std::lock_guard<std::mutex> lock(commands_mutex_);
    commands.swap(commands_);
  }
  for (const Command& command : commands) command(*this);
}

void Loop::schedule(Transport& transport) {
  const Micros deadline = transport.next_deadline();
  if (deadline >= transport.scheduled_at) return;
  transport.scheduled_at = deadline;
  timers_.emplace(deadline, transport.id());
}

void Loop::run_timers() {
  while (!timers_.empty() && timers_.top().first <= context_.now) {
    const auto [at, id] = timers_.top();
    timers_.pop();
    Transport* transport = find_transport(id);
    // An entry that was overtaken by an earlier one.
    if (transport == nullptr || transport->scheduled_at != at) continue;
    transport->scheduled_at = kNever;
    transport->handle_timeout();
    schedule(*transport);
  }
}

void Loop::run_load_senders() {
  if (load_senders_.empty()) return;
  for (auto& [id, sender] : load_senders_) {
    if (sender->next_deadline() > context_.now) continue;
    if (Transport* transport = find_transport(sender->config().transport)) {
      sender->run(transport->media().parameters());
    }
  }
  forward_batch();
}

void Loop::tell_estimate(uint32_t transport, int64_t bps) {
  EngineEvent event;
  event.type = EngineEvent::Type::bandwidth_estimate;
  event.id = transport;
  event.bps = bps;
  events_.add(std::move(event));
}

void Loop::run_media_tick() {
  if (context_.now - context_.last_media >= kMediaRest) {
    next_tick_ = kNever;
    return;
  }
  if (next_tick_ != kNever && context_.now < next_tick_) return;
  next_tick_ = context_.now + kTick;
  const bool slow = context_.now >= next_slow_tick_;
  if (slow) next_slow_tick_ = context_.now + kSlowTick;
  for (auto& [id, transport] : transports_) {
    transport->media().run_feedback();
    transport->paced().tick();
    if (!slow) continue;
    transport->media().ask_for_key_frames();
    if (const auto bps = transport->paced().take_news()) tell_estimate(id, *bps);
  }
  if (slow) {
    for (auto& [id, source] : sources_) source->expire_histories();
  }
  for (auto& [id, room] : rooms_) {
    if (!room->levels.due(context_.now)) continue;
    EngineEvent event;
    event.type = EngineEvent::Type::audio_levels;
    event.id = id;
    event.levels = room->levels.take(context_.now);
    events_.add(std::move(event));
  }
}

Micros Loop::next_deadline() const {
  Micros deadline = timers_.empty() ? kNever : timers_.top().first;
  for (const auto& [id, sender] : load_senders_) deadline = std::min(deadline, sender->next_deadline());
  return std::min({deadline, next_tick_, next_steering_, listen_again_, streams_.next_deadline(),
                   stun_query_.next_deadline()});
}

Transport* Loop::find_transport(uint32_t id) const {
  const auto found = transports_.find(id);
  return found == transports_.end() ? nullptr : found->second.get();
}

Loop::Room* Loop::find_room(uint32_t id) const {
  const auto found = rooms_.find(id);
  return found == rooms_.end() ? nullptr : found->second.get();
}

}  // namespace parley
