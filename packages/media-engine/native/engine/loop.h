// One thread of the engine: its sockets, its rooms, and the order of work in a turn.
//
//   sleep ─▶ read datagrams in batches ─▶ forward each batch and send ─▶ commands ─▶ timers ─▶ send ─▶ publish events
//
// Everything here belongs to the loop's thread; other threads use `post` and `wake` only. A room lives on one loop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/demux.h"
#include "engine/admission.h"
#include "engine/audio_levels.h"
#include "engine/context.h"
#include "engine/load_sender.h"
#include "engine/load_sink.h"
#include "engine/parameters.h"
#include "engine/poller.h"
#include "engine/stats.h"
#include "engine/system_random.h"
#include "engine/transport.h"
#include "engine/udp_socket.h"

namespace parley {

class Loop {
 public:
  using Command = std::function<void(Loop&)>;

  Loop(const DtlsContext& dtls, std::unique_ptr<UdpSocket> socket, EventQueue& events);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] bool ok() const { return poller_.ok(); }
  // Runs until `stop`; says goodbye to every peer before it returns.
  void run();
  // Any thread. False when too many commands wait already.
  [[nodiscard]] bool post(Command command);
  // Any thread.
  void stop();

  // Commands, on the loop's thread. Unknown ids are ignored: what they named is gone already.
  void create_room(uint32_t id);
  void close_room(uint32_t id);
  void create_transport(const TransportConfig& config);
  void connect_transport(uint32_t id, const RemoteTransport& remote);
  void set_rtp_parameters(uint32_t id, const RtpParameters& parameters);
  void close_transport(uint32_t id);
  void create_source(const SourceConfig& config);
  void set_source_blocked(uint32_t id, bool blocked);
  void close_source(uint32_t id);
  void set_forwarding(uint32_t receiver, const std::vector<ForwardingEntry>& entries);
  void request_key_frame(uint32_t source);
  [[nodiscard]] EngineSnapshot snapshot() const;

  // Load generation, on the loop's thread.
  void create_load_sender(const LoadSenderConfig& config);
  void close_load_sender(uint32_t id);
  void create_load_sink(uint32_t transport, uint32_t lose_every);
  [[nodiscard]] LoadSink* load_sink(uint32_t transport);
  [[nodiscard]] const LoadSender* load_sender(uint32_t id) const;

 private:
  struct Room {
    std::vector<uint32_t> transports;
    std::vector<uint32_t> sources;
    AudioLevels levels;
  };

  // Streams point to sources and transports own streams, hence an order.
  void clear();
  void read(UdpSocket& socket);
  void dispatch(UdpSocket& socket, const Datagram& datagram);
  void dispatch_stun(UdpSocket& socket, const Datagram& datagram);
  void dispatch_peer(UdpSocket& socket, const Datagram& datagram, PacketKind kind);
  void forward_batch();
  void run_commands();
  void run_timers();
  void run_load_senders();
  void run_media_tick();
  [[nodiscard]] Micros next_deadline() const;
  void schedule(Transport& transport);

  [[nodiscard]] Transport* find_transport(uint32_t id) const;
  [[nodiscard]] Room* find_room(uint32_t id) const;

  // owned
  std::unique_ptr<UdpSocket> socket_;
  SystemRandom random_;
  EngineContext context_;
  Poller poller_;
  ReceiveBatch receive_batch_;
  Admission admission_;
  std::unordered_map<uint32_t, std::unique_ptr<Source>> sources_;
  std::unordered_map<uint32_t, std::unique_ptr<Transport>> transports_;
  std::unordered_map<uint32_t, std::unique_ptr<Room>> rooms_;
  std::unordered_map<uint32_t, std::unique_ptr<LoadSender>> load_senders_;
  std::unordered_map<uint32_t, std::unique_ptr<LoadSink>> load_sinks_;

  // state
  EventQueue& events_;
  std::unordered_map<std::string, Transport*> by_ufrag_;
  std::unordered_map<uint32_t, uint8_t> generations_;  // next generation by SSRC, see Source::generation
  using Timer = std::pair<Micros, uint32_t>;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<Datagram> datagrams_;
  std::vector<UdpSocket*> ready_;
  Micros next_tick_ = kNever;
  Micros next_slow_tick_ = 0;
  std::mutex commands_mutex_;
  std::vector<Command> commands_;
  std::atomic<bool> stopping_{false};
};

}  // namespace parley
