#include "engine_world.h"

namespace parley::sim {
namespace {

constexpr uint8_t kOpus = 111;
constexpr uint8_t kVp8 = 96;
constexpr uint8_t kRtx = 97;
constexpr uint16_t kServerPort = 10000;
constexpr uint32_t kFirstSsrc = 100'000;

// Made once: a key takes longer than a conversation of a second.
const Certificate& certificate(bool server) {
  // In a world of their own, so that they are the same for every conversation in every process.
  static const auto made = [] {
    const Simulation simulation;
    const OpensslWorld openssl(simulation, 1);
    return std::array<Certificate, 2>{make_certificate(), make_certificate()};
  }();
  return made[server ? 0 : 1];
}

Fingerprint fingerprint_of(const Certificate& certificate) {
  Fingerprint fingerprint;
  for (size_t i = 0; i < certificate.fingerprint.size(); i += 3) {
    fingerprint.digest.push_back(static_cast<uint8_t>(std::stoi(certificate.fingerprint.substr(i, 2), nullptr, 16)));
  }
  return fingerprint;
}

// Every participant begins behind an address of its own, and has more for when it moves.
SocketAddress client_address(size_t number, uint8_t network) {
  return SocketAddress::v4(10, network, static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number), 5000);
}

RemoteTransport remote(const std::string& ufrag, const std::string& pwd, bool is_server) {
  return {ufrag, pwd, {fingerprint_of(certificate(is_server))}, !is_server};
}

LinkConfig seeded(LinkConfig link, uint64_t seed) {
  link.seed += seed;
  return link;
}

}  // namespace

PathConfig symmetric_path(Micros delay, double loss) {
  PathConfig path;
  path.up.delay = path.down.delay = delay;
  path.up.loss = path.down.loss = loss;
  return path;
}

RtpParameters world_parameters() {
  RtpParameters parameters;
  parameters.by_payload_type[kOpus] = {true, MediaKind::audio, Codec::opus, 48000, 0};
  parameters.by_payload_type[kVp8] = {true, MediaKind::video, Codec::vp8, 90000, 0};
  parameters.by_payload_type[kRtx] = {true, MediaKind::video, Codec::rtx, 90000, kVp8};
  parameters.rtx_payload_type[kVp8] = kRtx;
  parameters.audio_level_id = 1;
  parameters.transport_cc_id = 5;
  return parameters;
}

Participant::Participant(EngineWorld& world, uint32_t id, uint32_t room, const SocketAddress& address,
                         const PathConfig& path, uint64_t seed, const DtlsContext& dtls)
    : room_(room),
      id_(id),
      host_(world.network(), address, seeded(path.up, seed), seeded(path.down, seed + 1)),
      group_(1, seed),
      node_(world.simulation(), host_, address.port, seed + 2, dtls, group_) {}

EngineWorld::EngineWorld(const WorldConfig& config)
    : config_(config),
      random_(config.seed),
      openssl_(simulation_, config.seed),
      server_dtls_(DtlsContext::create(certificate(true), {config.profile})),
      client_dtls_(DtlsContext::create(certificate(false), {config.profile})),
      network_(simulation_),
      wire_(config.profile,
            [this](const Packet& packet) {
              const bool down = packet.from.ip == server_address_.ip;
              return 2 * participant_at(down ? packet.to : packet.from).value_or(SIZE_MAX / 2) + (down ? 1 : 0);
            }),
      server_address_(SocketAddress::v4(192, 0, 2, 1, kServerPort)),
      server_group_(config.server_loops, config.seed),
      server_host_(network_, server_address_, {}, {}) {
  for (uint32_t i = 0; i < config.server_loops; i++) {
    servers_.push_back(std::make_unique<EngineNode>(simulation_, server_host_, kServerPort, config.seed * 1000 + 7 + i,
                                                    *server_dtls_, server_group_, &servers_));
  }
  network_.set_tap([this](const Packet& packet) { wire_.on_sent(packet); });
}

EngineWorld::~EngineWorld() {
  for (const auto& participant : participants_) participant->node().die();
  for (const auto& server : servers_) server->die();
}

EngineNode& EngineWorld::server_of(size_t who) { return server(participant(who).room()); }

std::string EngineWorld::random_word(size_t length) {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string word;
  while (word.size() < length) word.push_back(kLetters[random_.next() >> 59]);
  return word;
}

// Begins with the loop's digit, see loop_group.h.
std::string EngineWorld::server_ufrag(uint32_t room) {
  return static_cast<char>('A' + room % servers_.size()) + random_word(8);
}

size_t EngineWorld::join(uint32_t room, const PathConfig& path) {
  const size_t who = participants_.size();
  const uint64_t seed = random_.next();
  // Transports are told apart by loop too.
  const auto loops = static_cast<uint32_t>(servers_.size());
  const uint32_t id = (static_cast<uint32_t>(who) + 1) * loops + room % loops;
  participants_.push_back(
      std::make_unique<Participant>(*this, id, room, client_address(who, 1), path, seed, *client_dtls_));
  Participant& participant = *participants_.back();

  TransportConfig ours;
  ours.id = id;
  ours.room = room;
  ours.ice_ufrag = server_ufrag(room);
  ours.ice_pwd = random_word(24);
  TransportConfig theirs;
  theirs.id = Participant::kTransport;
  theirs.room = Participant::kRoom;
  theirs.controlling = false;
  theirs.ice_ufrag = random_word(8);
  theirs.ice_pwd = random_word(24);
  theirs.remote_candidates = {server_address_};

  const bool is_first = !std::exchange(rooms_[room], true);
  server(room).post([ours, is_first](Loop& loop) {
    if (is_first) loop.create_room(ours.room);
    loop.create_transport(ours);
    loop.set_rtp_parameters(ours.id, world_parameters());
  });
  simulation_.after(config_.signalling_delay, [&participant, ours, theirs] {
    participant.node().post([&participant, ours, theirs](Loop& loop) {
      loop.create_room(Participant::kRoom);
      loop.create_transport(theirs);
      loop.set_rtp_parameters(Participant::kTransport, world_parameters());
      participant.heard().sink().set_parameters(world_parameters());
      loop.find_transport(Participant::kTransport)->media().set_observer(&participant.heard());
      loop.connect_transport(Participant::kTransport, remote(ours.ice_ufrag, ours.ice_pwd, true));
    });
  });
  simulation_.after(2 * config_.signalling_delay, [this, who, id, theirs] {
    server_of(who).post([id, theirs](Loop& loop) {
      loop.connect_transport(id, remote(theirs.ice_ufrag, theirs.ice_pwd, false));
    });
  });
  return who;
}

void EngineWorld::leave(size_t who) {
  Participant& leaving = participant(who);
  if (!std::exchange(leaving.present_, false)) return;
  leaving.node().post([](Loop& loop) { loop.close_room(Participant::kRoom); });
  simulation_.after(config_.signalling_delay, [this, who] { close_at_server(who); });
}

void EngineWorld::vanish(size_t who) {
  participant(who).present_ = false;
  participant(who).node().die();
}

void EngineWorld::close_at_server(size_t who) {
  for (Track& track : tracks_) {
    if (track.owner == who) track.open = false;
  }
  server_of(who).post([id = participant(who).id()](Loop& loop) { loop.close_transport(id); });
}

void EngineWorld::close_room(uint32_t room) {
  rooms_.erase(room);
  for (size_t who = 0; who < participants_.size(); who++) {
    if (participants_[who]->room() == room) leave(who);
  }
  server(room).post([room](Loop& loop) { loop.close_room(room); });
}

void EngineWorld::restart_ice(size_t who) {
  const uint32_t id = participant(who).id();
  const std::string ufrag = server_ufrag(participant(who).room()), pwd = random_word(24);
  const std::string their_ufrag = random_word(8), their_pwd = random_word(24);
  server_of(who).post([=](Loop& loop) { loop.restart_ice(id, ufrag, pwd); });
  simulation_.after(config_.signalling_delay, [=, &node = participant(who).node()] {
    node.post([=](Loop& loop) {
      loop.restart_ice(Participant::kTransport, their_ufrag, their_pwd);
      loop.connect_transport(Participant::kTransport, remote(ufrag, pwd, true));
    });
  });
  simulation_.after(2 * config_.signalling_delay, [=] {
    server_of(who).post([=](Loop& loop) { loop.connect_transport(id, remote(their_ufrag, their_pwd, false)); });
  });
}

void EngineWorld::move(size_t who) {
  NetworkHost& host = participant(who).node().host();
  const auto network = static_cast<uint8_t>(host.address().v4_bytes()[1] + 1);
  host.move_to(client_address(who, network));
}

size_t EngineWorld::publish(size_t who, const PublishConfig& config) {
  const size_t number = tracks_.size();
  Track track;
  track.id = static_cast<uint32_t>(number) + 1;
  track.owner = who;
  track.kind = config.kind;
  track.ssrc = kFirstSsrc + static_cast<uint32_t>(number) * 10;
  if (config.kind == MediaKind::video) track.rtx_ssrc = track.ssrc + 1;
  tracks_.push_back(track);

  SourceConfig source;
  source.id = track.id;
  source.transport = participant(who).id();
  source.kind = config.kind;
  source.encodings = {{track.ssrc, track.rtx_ssrc}};
  server_of(who).post([source](Loop& loop) { loop.create_source(source); });

  LoadSenderConfig sender;
  sender.id = track.id;
  sender.transport = Participant::kTransport;
  sender.ssrc = track.ssrc;
  sender.rtx_ssrc = track.rtx_ssrc;
  sender.codec = config.kind == MediaKind::video ? Codec::vp8 : Codec::opus;
  sender.payload_type = config.kind == MediaKind::video ? kVp8 : kOpus;
  sender.packets_per_second = config.packets_per_second;
  sender.payload_bytes = config.payload_bytes;
  sender.burst = config.kind == MediaKind::video ? config.burst : 1;
  simulation_.after(config_.signalling_delay, [&node = participant(who).node(), sender] {
    node.post([sender](Loop& loop) { loop.create_load_sender(sender); });
  });
  return number;
}

void EngineWorld::unpublish(size_t number) {
  Track& track = tracks_[number];
  track.open = false;
  participant(track.owner).node().post([id = track.id](Loop& loop) { loop.close_load_sender(id); });
  server_of(track.owner).post([id = track.id](Loop& loop) { loop.close_source(id); });
}

void EngineWorld::set_blocked(size_t number, bool blocked) {
  server_of(tracks_[number].owner).post([id = tracks_[number].id, blocked](Loop& loop) { loop.set_source_blocked(id, blocked); });
}

void EngineWorld::forward(size_t who, const std::vector<size_t>& tracks) {
  Participant& receiver = participant(who);
  std::vector<ForwardingEntry> entries;
  for (const size_t number : tracks) {
    const Track& track = tracks_[number];
    entries.push_back({track.id, 0});
    if (!receiver.sources_.emplace(track.id, track.ssrc).second) continue;
    SourceConfig source;
    source.id = track.id;
    source.transport = Participant::kTransport;
    source.kind = track.kind;
    source.encodings = {{track.ssrc, track.rtx_ssrc}};
    simulation_.after(config_.signalling_delay, [&node = receiver.node(), source] {
      node.post([source](Loop& loop) { loop.create_source(source); });
    });
  }
  server_of(who).post([id = receiver.id(), entries](Loop& loop) { loop.set_forwarding(id, entries); });
}

void EngineWorld::forward_all(uint32_t room) {
  for (size_t who = 0; who < participants_.size(); who++) {
    if (participants_[who]->room() != room || !participants_[who]->is_present()) continue;
    std::vector<size_t> wanted;
    for (size_t track = 0; track < tracks_.size(); track++) {
      const Track& t = tracks_[track];
      if (t.open && t.owner != who && participants_[t.owner]->room() == room) wanted.push_back(track);
    }
    forward(who, wanted);
  }
}

TransportState EngineWorld::state_at_server(size_t who) {
  const Transport* transport = server_of(who).loop().find_transport(participant(who).id());
  return transport == nullptr ? TransportState::closed : transport->state();
}

TransportSnapshot EngineWorld::snapshot_at_server(size_t who) {
  for (const TransportSnapshot& snapshot : server_of(who).loop().snapshot().transports) {
    if (snapshot.id == participant(who).id()) return snapshot;
  }
  return {};
}

uint64_t EngineWorld::drops(Drop reason) {
  uint64_t sum = 0;
  for (const auto& server : servers_) sum += server->loop().snapshot().drops.by_reason[static_cast<size_t>(reason)];
  return sum;
}

uint64_t EngineWorld::all_drops() {
  uint64_t sum = 0;
  for (size_t reason = 0; reason < static_cast<size_t>(Drop::count); reason++) sum += drops(static_cast<Drop>(reason));
  return sum;
}

std::optional<size_t> EngineWorld::participant_at(const SocketAddress& address) const {
  const uint8_t* ip = address.v4_bytes();
  const size_t number = size_t{ip[2]} << 8 | ip[3];
  if (!address.is_v4() || ip[0] != 10 || ip[1] == 0 || number >= participants_.size()) return std::nullopt;
  return number;
}

bool EngineWorld::server_is_empty() {
  for (const auto& server : servers_) {
    const LoopTables tables = server->loop().tables();
    if (tables.rooms + tables.transports + tables.sources + tables.ufrags + tables.addresses + tables.timers != 0) return false;
    if (server->loop().next_deadline() != kNever) return false;
  }
  return true;
}

uint64_t EngineWorld::most_turns_at_once() const {
  uint64_t most = 0;
  for (const auto& server : servers_) most = std::max(most, server->most_turns_at_once());
  for (const auto& participant : participants_) most = std::max(most, participant->node().most_turns_at_once());
  return most;
}

}  // namespace parley::sim
