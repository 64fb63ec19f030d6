#include "engine/tcp_listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/udp_socket.h"

namespace parley {
namespace {

constexpr int kBacklog = 128;
// What the kernel takes before it is sent: more would wait there, where nothing can be dropped any more.
constexpr int kUnsentBytes = 64 * 1024;

template <typename T>
int listen_on(int family, const T& local, bool dual) {
  const int fd = ::socket(family, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const int only = dual ? 0 : 1;
  if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

int listen_v4(const in_addr& ip, uint16_t port) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr = ip;
  local.sin_port = htons(port);
  return listen_on(AF_INET, local, false);
}

int listen_v6(const in6_addr& ip, uint16_t port) {
  sockaddr_in6 local{};
  local.sin6_family = AF_INET6;
  local.sin6_addr = ip;
  local.sin6_port = htons(port);
  return listen_on(AF_INET6, local, IN6_IS_ADDR_UNSPECIFIED(&ip));
}

void prepare(int fd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
#if defined(TCP_NOTSENT_LOWAT)
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
#endif
#if defined(SO_NOSIGPIPE)
  ::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
}

}  // namespace

TcpConnection::~TcpConnection() { ::close(fd_); }

std::unique_ptr<TcpListener> TcpListener::open(const std::string& address, uint16_t port, int& error) {
  int fd = -1;
  in_addr v4{};
  in6_addr v6{};
  if (address.empty()) {
    fd = listen_v6(in6addr_any, port);
    if (fd < 0 && errno != EADDRINUSE) fd = listen_v4({htonl(INADDR_ANY)}, port);
  } else if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    fd = listen_v4(v4, port);
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1) {
    fd = listen_v6(v6, port);
  } else {
    errno = EINVAL;
  }
  if (fd < 0) {
    error = errno;
    return nullptr;
  }
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size);
  return std::unique_ptr<TcpListener>(new TcpListener(fd, address_from_native(local).port));
}

TcpListener::~TcpListener() { ::close(fd_); }

TcpListener::Accepted TcpListener::accept(StreamBudget& budget, std::unique_ptr<TcpConnection>& out) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int fd = ::accept(fd_, reinterpret_cast<sockaddr*>(&from), &size);
  if (fd < 0) {
    const bool is_exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    // Others are of the connection that was about to come, which is gone then (accept(2)); the next turn asks again.
    return is_exhausted ? Accepted::exhausted : Accepted::none;
  }
  const SocketAddress remote = address_from_native(from);
  StreamBudget::Seat seat = budget.take(remote);
  if (!seat) {
    ::close(fd);
    return Accepted::refused;
  }
  prepare(fd);
  out = std::make_unique<TcpConnection>(fd, remote, std::move(seat));
  return Accepted::connection;
}

}  // namespace parley
