// The TCP port of ICE (RFC 6544, passive host candidates), and the connections that come out of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/address.h"
#include "engine/stream_budget.h"

namespace parley {

// An open, non-blocking connection and its seat; both go with it.
class TcpConnection {
 public:
  TcpConnection(int fd, const SocketAddress& remote, StreamBudget::Seat seat)
      : fd_(fd), remote_(remote), seat_(std::move(seat)) {}
  ~TcpConnection();
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const SocketAddress& remote() const { return remote_; }

 private:
  const int fd_;
  const SocketAddress remote_;
  const StreamBudget::Seat seat_;
};

class TcpListener {
 public:
  // `address` as for UdpSocket::open. Null with `error` = errno on failure.
  [[nodiscard]] static std::unique_ptr<TcpListener> open(const std::string& address, uint16_t port, int& error);
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] uint16_t port() const { return port_; }

  enum class Accepted : uint8_t {
    connection,
    refused,  // no seat: closed again
    none,     // nobody waits
    exhausted,  // the system has no more to give; try again later
  };
  // The next one that waits; `out` is set for `connection`.
  [[nodiscard]] Accepted accept(StreamBudget& budget, std::unique_ptr<TcpConnection>& out);

 private:
  TcpListener(int fd, uint16_t port) : fd_(fd), port_(port) {}

  const int fd_;
  const uint16_t port_;
};

}  // namespace parley
