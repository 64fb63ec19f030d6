// One thread of the engine: its sockets, its rooms, and the order of work in a turn.
//
//   sleep ─▶ read datagrams in batches ─▶ forward each batch and send ─▶ commands ─▶ timers ─▶ send ─▶ publish events
//
// Everything here belongs to the loop's thread; other threads use `post`, `hand_over` and `stop` only. A room lives on one
// loop. Datagrams for the room of another loop, when the kernel gave them to this one, are handed over in batches.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/demux.h"
#include "core/stun_query.h"
#include "engine/admission.h"
#include "engine/audio_levels.h"
#include "engine/context.h"
#include "engine/host.h"
#include "engine/inbox.h"
#include "engine/load_sender.h"
#include "engine/load_sink.h"
#include "engine/loop_group.h"
#include "engine/mirror_inbox.h"
#include "engine/moderation.h"
#include "engine/parameters.h"
#include "engine/poller.h"
#include "engine/stats.h"
#include "engine/tcp_listener.h"
#include "engine/tcp_streams.h"
#include "engine/transport.h"
#include "engine/udp_socket.h"

namespace parley {

class Loop {
 public:
  using Command = std::function<void(Loop&)>;

  // `notify`: see EventQueue. Loop number `index` of `group`.
  Loop(std::unique_ptr<Host> host, const DtlsContext& dtls, std::unique_ptr<UdpSocket> socket,
       std::function<void()> notify, LoopGroup& group, uint32_t index);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] bool ok() const { return listening_; }
  // Before `run`: this loop takes the engine's TCP connections. False when the system refuses to watch the listener.
  [[nodiscard]] bool listen(std::unique_ptr<TcpListener> listener);
  // Runs until `stop`; says goodbye to every peer before it returns.
  void run();
  // One turn, for who drives a loop otherwise than by `run`: when what is `ready` may have something to read,
  // when something was posted, and at `next_deadline` (kNever = there is nothing to do).
  void turn(const Ready& ready);
  [[nodiscard]] Micros next_deadline() const;
  // Any thread: something was posted or handed over and waits for the next turn.
  [[nodiscard]] bool has_mail();
  // Any thread. False when too many commands wait already.
  [[nodiscard]] bool post(Command command);
  // Any thread: another loop read these, and they are for a room of this one. Returns how many were refused.
  [[nodiscard]] size_t hand_over(const std::vector<Datagram>& batch);
  // Any thread.
  void stop();
  // Any thread.
  [[nodiscard]] std::vector<EngineEvent> take_events() { return events_.take(); }

  // Commands, on the loop's thread. Unknown ids are ignored: what they named is gone already.
  void create_room(uint32_t id);
  void close_room(uint32_t id);
  void create_transport(const TransportConfig& config);
  void create_plain_transport(const PlainTransportConfig& config, std::unique_ptr<UdpSocket> socket);
  void connect_transport(uint32_t id, const RemoteTransport& remote);
  void restart_ice(uint32_t id, const std::string& ufrag, const std::string& pwd);
  void set_rtp_parameters(uint32_t id, const RtpParameters& parameters);
  void close_transport(uint32_t id);
  void create_source(const SourceConfig& config);
  // A source of another loop for receivers on this one, and its part on the loop that has the original. Both are told, in
  // any order.
  void create_mirror(const MirrorConfig& config);
  void add_mirror(uint32_t source, uint32_t loop, uint32_t mirror);
  void set_mirror_watched(uint32_t source, uint32_t loop, bool watched);
  void request_key_frame_of(uint32_t source, uint8_t encoding);
  // Any thread. False: too much waits already.
  [[nodiscard]] bool take_mirrored(MirrorBatch batch);
  void set_source_blocked(uint32_t id, bool blocked);
  void close_source(uint32_t id);
  void set_forwarding(uint32_t receiver, const std::vector<ForwardingEntry>& entries);
  void request_key_frame(uint32_t source);
  void set_demand(uint32_t receiver, int64_t bps);
  // On loop 0 only, to which the answers come. The event `mapped_address` tells the end.
  void ask_stun_server(const SocketAddress& server);
  [[nodiscard]] EngineSnapshot snapshot() const;
  // The same into one that was used before, so that no memory is taken.
  void sample(EngineSnapshot& out) const;

  // Load generation, on the loop's thread.
  void create_load_sender(const LoadSenderConfig& config);
  void close_load_sender(uint32_t id);
  void create_load_sink(uint32_t transport, uint32_t lose_every);
  [[nodiscard]] LoadSink* load_sink(uint32_t transport);
  [[nodiscard]] const LoadSender* load_sender(uint32_t id) const;

  // For those who send what no part of the engine would: tests.
  [[nodiscard]] EngineContext& context() { return context_; }
  // Null when there is none. Loop thread, valid until the next command.
  [[nodiscard]] Transport* find_transport(uint32_t id) const;
  [[nodiscard]] LoopTables tables() const;

 private:
  struct Room {
    std::vector<uint32_t> transports;
    std::vector<uint32_t> sources;
    AudioLevels levels;
  };

  // Tells sources apart that have this SSRC one after the other.
  [[nodiscard]] uint8_t next_generation(uint32_t ssrc);
  // Streams point to sources and transports own streams, hence an order.
  void clear();
  void read(UdpSocket& socket);
  void read_inbox();
  void read_mirrored();
  void flush_mirrored();
  [[nodiscard]] bool give_away(const Datagram& datagram, std::optional<uint32_t> loop);
  void flush_handed_over();
  void address_changed(const SocketAddress& address, const AddressTable::Entry* entry);
  void steer();
  void dispatch_batch(UdpSocket& socket);
  void dispatch(UdpSocket& socket, const Datagram& datagram);
  void dispatch_stun(UdpSocket& socket, const Datagram& datagram);
  [[nodiscard]] bool is_valid_for(const Transport& transport, const SocketAddress& from) const;
  void dispatch_peer(UdpSocket& socket, const Datagram& datagram, PacketKind kind);
  void read_streams(const Ready& ready);
  void accept_streams();
  void read_stream(uint32_t id);
  void read_frames(TcpStream& stream, MutableByteSpan bytes);
  [[nodiscard]] bool dispatch_frame(TcpStream& stream, MutableByteSpan frame);
  [[nodiscard]] bool name_stream(TcpStream& stream, MutableByteSpan frame);
  void hand_over_stream(TcpStream& stream, ByteSpan frame, Loop& to);
  // Always false.
  bool reject_stream(TcpStream& stream);
  void end_stream(TcpStream& stream);
  void run_streams();
  void run_stun_query();
  void drain_stun_query();
  void tell_mapped_address(const SocketAddress& server, std::string mapped);
  void forward_batch();
  void note_transit();
  void run_paced_senders();
  void run_commands();
  void run_timers();
  void run_load_senders();
  void run_media_tick();
  void tell_estimate(uint32_t transport, int64_t bps);
  void schedule(Transport& transport);

  [[nodiscard]] Room* find_room(uint32_t id) const;

  // given
  LoopGroup& group_;
  const uint32_t index_;

  // owned
  EventQueue events_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<UdpSocket> socket_;
  std::unique_ptr<TcpListener> listener_;  // null on all loops but one, and without TCP
  EngineContext context_;
  Poller poller_;
  TcpStreams streams_;
  ReceiveBatch receive_batch_;
  Admission admission_;
  StunQuery stun_query_;
  std::unordered_map<uint32_t, std::unique_ptr<Source>> sources_;
  std::unordered_map<uint32_t, std::unique_ptr<Transport>> transports_;
  std::unordered_map<uint32_t, std::unique_ptr<Room>> rooms_;
  std::unordered_map<uint32_t, std::unique_ptr<LoadSender>> load_senders_;
  std::unordered_map<uint32_t, std::unique_ptr<LoadSink>> load_sinks_;

  Inbox inbox_;
  MirrorInbox mirror_inbox_;
  Moderation moderation_;

  // state
  std::vector<std::vector<Datagram>> leaving_;  // of this batch, by loop
  bool listening_ = false;
  bool treating_inbox_ = false;
  uint64_t handed_over_ = 0;
  TimeHistogram receive_wait_;
  SizeHistogram receive_batch_sizes_;
  Micros next_steering_ = kNever;
  std::unordered_map<std::string, Transport*> by_ufrag_;
  std::unordered_map<uint32_t, uint8_t> generations_;  // next generation by SSRC, see Source::generation
  using Timer = std::pair<Micros, uint32_t>;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<Datagram> datagrams_;
  std::vector<MirrorBatch> mirror_batches_;
  Ready ready_;
  Micros listen_again_ = kNever;
  Micros next_tick_ = kNever;
  Micros next_slow_tick_ = 0;
  std::mutex commands_mutex_;
  std::vector<Command> commands_;
  std::atomic<bool> stopping_{false};
};

}  // namespace parley
