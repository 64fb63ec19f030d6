// One non-blocking UDP socket, read in batches where the system can (Linux: recvmmsg), else one datagram at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/bytes.h"
#include "core/clock.h"

struct sockaddr_storage;

namespace parley {

class Transport;
struct Route;

struct Datagram {
  SocketAddress from;
  // Of ours, without a port; unset where the socket has one address only.
  SocketAddress to;
  // Into the batch's own buffer, valid until the next receive.
  MutableByteSpan bytes;
  // How long it lay in the kernel before it was read, up to a second; 0 where the system does not tell.
  Micros waited = 0;
};

// Buffers for one read, shared by all sockets of a loop.
class ReceiveBatch {
 public:
  static constexpr size_t kDatagrams = 64;
  // Larger datagrams are no media packets; they are cut by the kernel, recognised and dropped.
  static constexpr size_t kDatagramBytes = 2048;

  ReceiveBatch();
  [[nodiscard]] uint8_t* buffer(size_t index) { return buffers_.data() + index * kDatagramBytes; }

 private:
  std::vector<uint8_t> buffers_;
};

class UdpSocket {
 public:
  // `address` empty: all addresses, both families where the machine has IPv6. Null with `error` = errno on failure.
  [[nodiscard]] static std::unique_ptr<UdpSocket> open(const std::string& address, uint16_t port, int& error);
  // `count` sockets on one port, among which the kernel distributes (SO_REUSEPORT). Empty with `error` on failure, also
  // where another program has the port, whatever its sockets allow.
  [[nodiscard]] static std::vector<std::unique_ptr<UdpSocket>> open_group(const std::string& address, uint16_t port,
                                                                          size_t count, int& error);
  virtual ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // False for one of a simulated network, which overrides `receive` and `send` and has no descriptor.
  [[nodiscard]] bool is_system() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] uint16_t port() const { return port_; }

  // Up to `ReceiveBatch::kDatagrams` datagrams into `out`; `truncated` counts those that were too long. Returns false when
  // the socket is empty now.
  virtual bool receive(ReceiveBatch& batch, std::vector<Datagram>& out, uint64_t& truncated);
  // Simulated networks only: SendQueue sends in batches by the descriptor. False when the packet is lost here.
  [[nodiscard]] virtual bool send(const Route& route, ByteSpan packet) const;

  // Datagrams that came while the receive buffer was full, ever; 0 where the system does not tell.
  [[nodiscard]] uint64_t dropped_by_kernel() const;

  // Fills a socket address of this socket's family; returns its size, 0 when the family does not fit (IPv6 to an IPv4
  // socket).
  size_t to_native(const SocketAddress& address, sockaddr_storage& out) const;

  // Room for `write_source`, with the kernel's alignment inside.
  static constexpr size_t kSourceBytes = 64;
  // Control data that makes a datagram leave from `source` (RFC 3542 §6.2); returns its size.
  size_t write_source(const SocketAddress& source, MutableByteSpan out) const;

  // Client mode: all datagrams of this socket belong to one transport. Null for the shared socket.
  Transport* owner = nullptr;
  // Whether `Datagram::to` is told and senders may choose their address.
  [[nodiscard]] bool tells_local_address() const { return tells_local_address_; }

 protected:
  // Not the system's.
  explicit UdpSocket(uint16_t port) : UdpSocket(-1, port, false, false) {}

 private:
  [[nodiscard]] static std::unique_ptr<UdpSocket> open(const std::string& address, uint16_t port, bool shared, int& error);
  UdpSocket(int fd, uint16_t port, bool ipv4_only, bool tells_local_address)
      : fd_(fd), port_(port), ipv4_only_(ipv4_only), tells_local_address_(tells_local_address) {}

  const int fd_;
  const uint16_t port_;
  const bool ipv4_only_;
  const bool tells_local_address_;
};

[[nodiscard]] SocketAddress address_from_native(const sockaddr_storage& address);

// Address from text, IPv4 or IPv6, link-local ones with an interface (`fe80::1%eth0`); false when it is neither.
[[nodiscard]] bool parse_address(const std::string& ip, uint16_t port, SocketAddress& out);

}  // namespace parley
