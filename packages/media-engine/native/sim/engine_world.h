// A whole conversation on the virtual clock: the engine as a server, engines as its clients, links between them, and the
// commands that TypeScript gives. Nothing here decides anything that the engine could decide.
//
//   Participant: client engine ── up / down link ── server engine: rooms, transports, sources, forwarding
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine_node.h"
#include "heard_media.h"
#include "openssl_world.h"
#include "wire_watch.h"

namespace parley::sim {

struct WorldConfig {
  uint64_t seed = 1;
  SrtpProfile profile = SrtpProfile::AeadAes128Gcm;
  /// Media threads of the server, which take turns here; a room's number says on which of them it lives.
  uint32_t server_loops = 1;
  /// From a command at one side until the other side's, as signalling takes.
  Micros signalling_delay = 30 * kMillisecond;
};

struct PathConfig {
  LinkConfig up;
  LinkConfig down;
};
/// The same both ways.
[[nodiscard]] PathConfig symmetric_path(Micros delay, double loss = 0);

struct PublishConfig {
  MediaKind kind = MediaKind::video;
  uint32_t packets_per_second = 50;
  uint32_t payload_bytes = 600;
  /// Packets of a frame.
  uint32_t burst = 2;
};

/// One published track.
struct Track {
  uint32_t id = 0;  // of the server's source and of the client's generator
  size_t owner = 0;
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;
  MediaKind kind = MediaKind::video;
  bool open = true;  // at the server
};

class Participant;

class EngineWorld {
 public:
  explicit EngineWorld(const WorldConfig& config = {});
  ~EngineWorld();
  EngineWorld(const EngineWorld&) = delete;
  EngineWorld& operator=(const EngineWorld&) = delete;

  /// Number of the participant, who begins to connect now.
  size_t join(uint32_t room, const PathConfig& path = {});
  /// Says goodbye; the server hears of it by signalling.
  void leave(size_t who);
  /// Loses its power; nobody says anything.
  void vanish(size_t who);
  /// The server gives it up.
  void close_at_server(size_t who);
  void close_room(uint32_t room);
  /// New credentials at both sides, one after the other as signalling has it.
  void restart_ice(size_t who);
  /// Behind another address from now on.
  void move(size_t who);

  /// Number of the track.
  size_t publish(size_t who, const PublishConfig& config = {});
  void unpublish(size_t track);
  void set_blocked(size_t track, bool blocked);
  /// Replaces what `who` gets.
  void forward(size_t who, const std::vector<size_t>& tracks);
  /// Everybody of the room gets everything of the others.
  void forward_all(uint32_t room);

  void run_for(Micros time) { simulation_.run_for(time); }
  [[nodiscard]] Simulation& simulation() { return simulation_; }
  [[nodiscard]] DatagramNetwork& network() { return network_; }
  /// The loop of a room.
  [[nodiscard]] EngineNode& server(uint32_t room = 0) { return *servers_[room % servers_.size()]; }
  [[nodiscard]] EngineNode& server_of(size_t who);
  [[nodiscard]] const EngineNode::Siblings& servers() const { return servers_; }
  [[nodiscard]] const SocketAddress& server_address() const { return server_address_; }
  [[nodiscard]] Participant& participant(size_t who) { return *participants_[who]; }
  [[nodiscard]] size_t participants() const { return participants_.size(); }
  [[nodiscard]] const std::vector<Track>& tracks() const { return tracks_; }
  /// As the server sees it.
  [[nodiscard]] TransportState state_at_server(size_t who);
  [[nodiscard]] TransportSnapshot snapshot_at_server(size_t who);
  [[nodiscard]] uint64_t drops(Drop reason);
  [[nodiscard]] uint64_t all_drops();
  [[nodiscard]] WireWatch& wire() { return wire_; }
  /// Who has this address, or had it; empty for the server and for strangers.
  [[nodiscard]] std::optional<size_t> participant_at(const SocketAddress& address) const;
  /// Nothing is open, nothing is planned.
  [[nodiscard]] bool server_is_empty();
  /// Most turns that a loop had without time going on.
  [[nodiscard]] uint64_t most_turns_at_once() const;

 private:
  [[nodiscard]] std::string random_word(size_t length);
  [[nodiscard]] std::string server_ufrag(uint32_t room);

  // given
  const WorldConfig config_;

  // owned
  Simulation simulation_;
  Random random_;
  OpensslWorld openssl_;
  std::unique_ptr<DtlsContext> server_dtls_;
  std::unique_ptr<DtlsContext> client_dtls_;
  DatagramNetwork network_;
  WireWatch wire_;
  const SocketAddress server_address_;
  LoopGroup server_group_;
  NetworkHost server_host_;
  EngineNode::Siblings servers_;
  std::vector<std::unique_ptr<Participant>> participants_;
  std::vector<Track> tracks_;
  std::map<uint32_t, bool> rooms_;
};

/// One client: its engine, and what is said of it in signalling.
class Participant {
 public:
  /// `id`: of the server's transport.
  Participant(EngineWorld& world, uint32_t id, uint32_t room, const SocketAddress& address, const PathConfig& path,
              uint64_t seed, const DtlsContext& dtls);

  [[nodiscard]] EngineNode& node() { return node_; }
  /// Of the client's engine: the one transport it has.
  [[nodiscard]] Transport* transport() {
    return node_.is_alive() ? node_.loop().find_transport(kTransport) : nullptr;
  }
  [[nodiscard]] uint32_t room() const { return room_; }
  /// Of the server's transport.
  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] HeardMedia& heard() { return heard_; }
  [[nodiscard]] bool is_present() const { return present_; }

  static constexpr uint32_t kRoom = 1;
  static constexpr uint32_t kTransport = 1;

 private:
  friend class EngineWorld;

  const uint32_t room_;
  const uint32_t id_;
  HeardMedia heard_;
  NetworkHost host_;
  LoopGroup group_;
  EngineNode node_;
  bool present_ = true;
  std::map<uint32_t, uint32_t> sources_;  // of the client's engine, by track id
};

/// Opus 111, VP8 96 with RTX 97, levels, transport-wide numbers.
[[nodiscard]] RtpParameters world_parameters();

}  // namespace parley::sim
