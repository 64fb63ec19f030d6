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

/// Told when one of its sockets has something to read.
class NetworkListener {
 public:
  virtual ~NetworkListener() = default;
  virtual void on_readable() = 0;
};

/// A machine in the network: an address that may change, and a link each way. Outlives everything that is on its way to it.
class NetworkHost {
 public:
  NetworkHost(DatagramNetwork& network, const SocketAddress& address, const LinkConfig& up, const LinkConfig& down);
  ~NetworkHost();
  NetworkHost(const NetworkHost&) = delete;
  NetworkHost& operator=(const NetworkHost&) = delete;

  /// Port 0 = any that is free. Sockets of one port share its datagrams by a hash of the sender, as SO_REUSEPORT does.
  [[nodiscard]] std::unique_ptr<NetworkSocket> open(uint16_t port, NetworkListener& listener);
  /// From now on it sends from, and is reached at, another address; its sockets do not notice.
  void move_to(const SocketAddress& address);
  [[nodiscard]] const SocketAddress& address() const { return address_; }
  [[nodiscard]] Link& up() { return up_; }
  [[nodiscard]] Link& down() { return down_; }
  /// Sockets of `listener` with something to read, in order of their ports.
  void readable(const NetworkListener& listener, std::vector<UdpSocket*>& out) const;

 private:
  friend class DatagramNetwork;
  friend class NetworkSocket;

  void send(uint16_t port, const SocketAddress& to, ByteSpan bytes);
  void arrive(Packet packet);

  DatagramNetwork& network_;
  SocketAddress address_;
  Link up_;
  Link down_;
  std::map<uint16_t, std::vector<NetworkSocket*>> sockets_;
  uint16_t next_port_ = 40000;
};

class NetworkSocket final : public UdpSocket {
 public:
  NetworkSocket(NetworkHost& host, uint16_t port, NetworkListener& listener);
  ~NetworkSocket() override;
  bool receive(ReceiveBatch& batch, std::vector<Datagram>& out, uint64_t& truncated) override;
  [[nodiscard]] bool send(const Route& route, ByteSpan packet) const override;

 private:
  friend class NetworkHost;
  /// As a kernel's buffer would hold of full packets.
  static constexpr size_t kMaxWaiting = 2000;

  NetworkHost& host_;
  NetworkListener& listener_;
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
