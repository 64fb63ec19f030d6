#include "engine/udp_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace parley {
namespace {

constexpr int kSocketBufferBytes = 4 * 1024 * 1024;

SocketAddress from_native(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return SocketAddress::from_v4(reinterpret_cast<const uint8_t*>(&v4.sin_addr), ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return SocketAddress::from_v6(v6.sin6_addr.s6_addr, ntohs(v6.sin6_port));
}

int open_socket(int family) {
  const int fd = ::socket(family, SOCK_DGRAM, 0);
  if (fd < 0) return -1;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
#if defined(__linux__)
  // Past the system's default limit, for those who may (CAP_NET_ADMIN).
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  int granted = 0;
  socklen_t size = sizeof granted;
  ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size);
  if (granted >= kSocketBufferBytes) return fd;
#endif
  // The kernel grants what its limits allow; asking for more than it gives is no error.
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  return fd;
}

int bind_v6(const in6_addr& ip, uint16_t port, bool dual) {
  const int fd = open_socket(AF_INET6);
  if (fd < 0) return -1;
  const int only = dual ? 0 : 1;
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  sockaddr_in6 local{};
  local.sin6_family = AF_INET6;
  local.sin6_addr = ip;
  local.sin6_port = htons(port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

int bind_v4(const in_addr& ip, uint16_t port) {
  const int fd = open_socket(AF_INET);
  if (fd < 0) return -1;
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr = ip;
  local.sin_port = htons(port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

uint16_t bound_port(int fd) {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) return 0;
  return from_native(local).port;
}

}  // namespace

ReceiveBatch::ReceiveBatch() : buffers_(kDatagrams * kDatagramBytes) {}

std::unique_ptr<UdpSocket> UdpSocket::open(const std::string& address, uint16_t port, int& error) {
  int fd = -1;
  bool ipv4_only = false;
  in_addr v4{};
  in6_addr v6{};
  if (address.empty()) {
    fd = bind_v6(in6addr_any, port, true);
    if (fd < 0 && errno != EADDRINUSE) {
      ipv4_only = true;
      v4.s_addr = htonl(INADDR_ANY);
      fd = bind_v4(v4, port);
    }
  } else if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    ipv4_only = true;
    fd = bind_v4(v4, port);
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1) {
    fd = bind_v6(v6, port, IN6_IS_ADDR_UNSPECIFIED(&v6));
  } else {
    errno = EINVAL;
  }
  if (fd < 0) {
    error = errno;
    return nullptr;
  }
  return std::unique_ptr<UdpSocket>(new UdpSocket(fd, bound_port(fd), ipv4_only));
}

UdpSocket::~UdpSocket() { ::close(fd_); }

#if defined(__linux__)

bool UdpSocket::receive(ReceiveBatch& batch, std::vector<Datagram>& out, uint64_t& truncated) {
  out.clear();
  std::array<mmsghdr, ReceiveBatch::kDatagrams> headers;
  std::array<iovec, ReceiveBatch::kDatagrams> parts;
  std::array<sockaddr_storage, ReceiveBatch::kDatagrams> senders;
  for (size_t i = 0; i < headers.size(); ++i) {
    parts[i] = {batch.buffer(i), ReceiveBatch::kDatagramBytes};
    headers[i] = {};
    headers[i].msg_hdr.msg_name = &senders[i];
    headers[i].msg_hdr.msg_namelen = sizeof senders[i];
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int count = ::recvmmsg(fd_, headers.data(), headers.size(), MSG_DONTWAIT, nullptr);
  if (count <= 0) return false;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    if ((headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      ++truncated;
      continue;
    }
    out.push_back({from_native(senders[i]), MutableByteSpan(batch.buffer(i), headers[i].msg_len)});
  }
  return static_cast<size_t>(count) == headers.size();
}

#else

bool UdpSocket::receive(ReceiveBatch& batch, std::vector<Datagram>& out, uint64_t& truncated) {
  out.clear();
  for (size_t i = 0; i < ReceiveBatch::kDatagrams; ++i) {
    sockaddr_storage sender{};
    socklen_t sender_size = sizeof sender;
    const ssize_t size = ::recvfrom(fd_, batch.buffer(i), ReceiveBatch::kDatagramBytes, 0,
                                    reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (size < 0) return false;
    // Without MSG_TRUNC a full buffer is the only sign of a cut datagram.
    if (static_cast<size_t>(size) == ReceiveBatch::kDatagramBytes) {
      ++truncated;
      continue;
    }
    out.push_back({from_native(sender), MutableByteSpan(batch.buffer(i), static_cast<size_t>(size))});
  }
  return true;
}

#endif

size_t UdpSocket::to_native(const SocketAddress& address, sockaddr_storage& out) const {
  if (ipv4_only_) {
    if (!address.is_v4()) return 0;
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.v4_bytes(), 4);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  std::memcpy(&v6.sin6_addr, address.ip.data(), 16);
  std::memcpy(&out, &v6, sizeof v6);
  return sizeof v6;
}

bool parse_address(const std::string& ip, uint16_t port, SocketAddress& out) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, ip.c_str(), &v4) == 1) {
    out = SocketAddress::from_v4(reinterpret_cast<const uint8_t*>(&v4), port);
    return true;
  }
  if (::inet_pton(AF_INET6, ip.c_str(), &v6) == 1) {
    out = SocketAddress::from_v6(v6.s6_addr, port);
    return true;
  }
  return false;
}

}  // namespace parley
