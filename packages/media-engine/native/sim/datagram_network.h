// Hosts that send datagrams to each other over links, by address. What happens to a datagram on its way:
//
//   socket ─▶ tap ─▶ sender's up link ─▶ middle (drops, changes, copies) ─▶ receiver's down link ─▶ socket's buffer
//
// A datagram to an address that nobody has any more is lost, as behind a NAT that has forgotten it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "../engine/udp_socket.h"
#include "link.h"

namespace parley::sim {

struct Packet {
  SocketAddress from;
  SocketAddress to;
  std::vector<uint8_t> bytes;
};

struct NetworkStats {
  uint64_t delivered = 0;
  uint64_t unreachable = 0;  // nobody has the address
  uint64_t overflowed = 0;   // the socket's buffer was full
};

class DatagramNetwork;
class NetworkSocket;

/// A machine in the network: an address that may change, and a link each way. Outlives everything that is on its way to it.
class NetworkHost {
 public:
  /// `on_readable` is called when a socket of this host has something to read.
  NetworkHost(DatagramNetwork& network, const SocketAddress& address, const LinkConfig& up, const LinkConfig& down,
              std::function<void()> on_readable);
  ~NetworkHost();
  NetworkHost(const NetworkHost&) = delete;
  NetworkHost& operator=(const NetworkHost&) = delete;

  /// Port 0 = any that is free.
  [[nodiscard]] std::unique_ptr<NetworkSocket> open(uint16_t port);
  /// From now on it sends from, and is reached at, another address; its sockets do not notice.
  void move_to(const SocketAddress& address);
  [[nodiscard]] const SocketAddress& address() const { return address_; }
  [[nodiscard]] Link& up() { return up_; }
  [[nodiscard]] Link& down() { return down_; }
  /// Sockets with something to read, in order of their ports.
  void readable(std::vector<UdpSocket*>& out) const;

 private:
  friend class DatagramNetwork;
  friend class NetworkSocket;

  void send(uint16_t port, const SocketAddress& to, ByteSpan bytes);
  void arrive(Packet packet);

  DatagramNetwork& network_;
  SocketAddress address_;
  Link up_;
  Link down_;
  const std::function<void()> on_readable_;
  std::map<uint16_t, NetworkSocket*> sockets_;
  uint16_t next_port_ = 40000;
};

class NetworkSocket final : public UdpSocket {
 public:
  NetworkSocket(NetworkHost& host, uint16_t port);
  ~NetworkSocket() override;
  bool receive(ReceiveBatch& batch, std::vector<Datagram>& out, uint64_t& truncated) override;
  [[nodiscard]] bool send(const Route& route, ByteSpan packet) const override;

 private:
  friend class NetworkHost;
  /// As a kernel's buffer would hold of full packets.
  static constexpr size_t kMaxWaiting = 2000;

  NetworkHost& host_;
  std::deque<Packet> waiting_;
};

class DatagramNetwork {
 public:
  /// Sees every datagram that a host sends, before anything happens to it.
  using Tap = std::function<void(const Packet&)>;
  /// May change the packet; false drops it. Copies go their way by `inject`.
  using Middle = std::function<bool(Packet&)>;

  explicit DatagramNetwork(Simulation& simulation) : simulation_(simulation) {}
  DatagramNetwork(const DatagramNetwork&) = delete;
  DatagramNetwork& operator=(const DatagramNetwork&) = delete;

  void set_tap(Tap tap) { tap_ = std::move(tap); }
  void set_middle(Middle middle) { middle_ = std::move(middle); }
  /// Appears in the middle of the network after `delay`, whoever it says it is from.
  void inject(Packet packet, Micros delay = 0);

  [[nodiscard]] Simulation& simulation() { return simulation_; }
  [[nodiscard]] const NetworkStats& stats() const { return stats_; }
  /// Over the time, addresses and bytes of everything that was delivered: equal for equal runs.
  [[nodiscard]] uint64_t trace() const { return trace_; }

 private:
  friend class NetworkHost;
  friend class NetworkSocket;

  void cross(Packet packet);
  void note(const Packet& packet);

  Simulation& simulation_;
  Tap tap_;
  Middle middle_;
  std::map<std::array<uint8_t, 16>, NetworkHost*> hosts_;
  NetworkStats stats_;
  uint64_t trace_ = 0xcbf29ce484222325u;
};

}  // namespace parley::sim
