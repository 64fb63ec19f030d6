#include "engine/udp_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#if defined(__linux__)
#include <linux/sock_diag.h>
#endif

namespace parley {
namespace {

constexpr int kSocketBufferBytes = 4 * 1024 * 1024;
#if defined(__linux__)
// What seems to have waited longer came before the machine's clock was set.
constexpr Micros kMaxWait = kSecond;
#endif

// A socket that is bound to one address has nothing to tell and nothing to choose.
bool ask_for_local_addresses(int fd, bool ipv4_only) {
#if defined(__linux__)
  const int yes = 1;
  // IPv4 datagrams on an IPv6 socket come with the IPv6 form of the address.
  return ipv4_only ? ::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes) == 0
                   : ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes) == 0;
#else
  static_cast<void>(fd);
  static_cast<void>(ipv4_only);
  return false;
#endif
}

#if defined(__linux__)

// Control data is read and written by bytes: nothing here trusts its alignment.
SocketAddress local_address_of(msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(control), sizeof info);
      return SocketAddress::from_v4(reinterpret_cast<const uint8_t*>(&info.ipi_addr), 0);
    }
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(control), sizeof info);
      SocketAddress out = SocketAddress::from_v6(info.ipi6_addr.s6_addr, 0);
      if (out.is_link_local()) out.scope = static_cast<uint32_t>(info.ipi6_ifindex);
      return out;
    }
  }
  return {};
}

// By the machine's clock, which the kernel's time stamps are of.
Micros real_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<Micros>(now.tv_sec) * kSecond + now.tv_nsec / 1000;
}

Micros waited_until(Micros now, msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
    const Micros waited = now - (static_cast<Micros>(stamp.tv_sec) * kSecond + stamp.tv_nsec / 1000);
    return waited < 0 || waited > kMaxWait ? 0 : waited;
  }
  return 0;
}

#endif

int open_socket(int family) {
  const int fd = ::socket(family, SOCK_DGRAM, 0);
  if (fd < 0) return -1;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
#if defined(__linux__)
  // Refused means that datagrams seem to arrive when they are read.
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
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

bool share_port(int fd) {
  const int yes = 1;
  return ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == 0;
}

int bind_v6(const in6_addr& ip, uint16_t port, bool dual, bool shared) {
  const int fd = open_socket(AF_INET6);
  if (fd < 0) return -1;
  if (shared) share_port(fd);
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

int bind_v4(const in_addr& ip, uint16_t port, bool shared) {
  const int fd = open_socket(AF_INET);
  if (fd < 0) return -1;
  if (shared) share_port(fd);
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
  return address_from_native(local).port;
}

}  // namespace

SocketAddress address_from_native(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return SocketAddress::from_v4(reinterpret_cast<const uint8_t*>(&v4.sin_addr), ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  SocketAddress out = SocketAddress::from_v6(v6.sin6_addr.s6_addr, ntohs(v6.sin6_port));
  if (out.is_link_local()) out.scope = v6.sin6_scope_id;
  return out;
}

ReceiveBatch::ReceiveBatch() : buffers_(kDatagrams * kDatagramBytes) {}

std::unique_ptr<UdpSocket> UdpSocket::open(const std::string& address, uint16_t port, int& error) {
  return open(address, port, false, error);
}

// The first socket asks for the port alone, so that a port in use is noticed; only then it lets the others join.
std::vector<std::unique_ptr<UdpSocket>> UdpSocket::open_group(const std::string& address, uint16_t port, size_t count,
                                                              int& error) {
  std::vector<std::unique_ptr<UdpSocket>> group;
  while (group.size() < count) {
    auto socket = open(address, group.empty() ? port : group.front()->port(), !group.empty(), error);
    if (socket && count > 1 && group.empty() && !share_port(socket->fd())) {
      error = errno;
      socket.reset();
    }
    if (!socket) return {};
    group.push_back(std::move(socket));
  }
  return group;
}

std::unique_ptr<UdpSocket> UdpSocket::open(const std::string& address, uint16_t port, bool shared, int& error) {
  int fd = -1;
  bool ipv4_only = false;
  in_addr v4{};
  in6_addr v6{};
  if (address.empty()) {
    fd = bind_v6(in6addr_any, port, true, shared);
    if (fd < 0 && errno != EADDRINUSE) {
      ipv4_only = true;
      v4.s_addr = htonl(INADDR_ANY);
      fd = bind_v4(v4, port, shared);
    }
  } else if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    ipv4_only = true;
    fd = bind_v4(v4, port, shared);
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1) {
    fd = bind_v6(v6, port, IN6_IS_ADDR_UNSPECIFIED(&v6), shared);
  } else {
    errno = EINVAL;
  }
  if (fd < 0) {
    error = errno;
    return nullptr;
  }
  const bool is_wildcard = address.empty() || (ipv4_only ? v4.s_addr == htonl(INADDR_ANY) : IN6_IS_ADDR_UNSPECIFIED(&v6));
  const bool tells = is_wildcard && ask_for_local_addresses(fd, ipv4_only);
  return std::unique_ptr<UdpSocket>(new UdpSocket(fd, bound_port(fd), ipv4_only, tells));
}

UdpSocket::~UdpSocket() {
  if (is_system()) ::close(fd_);
}

bool UdpSocket::send(const Route&, ByteSpan) const { return false; }

#if defined(__linux__)

bool UdpSocket::receive(ReceiveBatch& batch, std::vector<Datagram>& out, uint64_t& truncated) {
  out.clear();
  std::array<mmsghdr, ReceiveBatch::kDatagrams> headers;
  std::array<iovec, ReceiveBatch::kDatagrams> parts;
  std::array<sockaddr_storage, ReceiveBatch::kDatagrams> senders;
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(timespec))> bytes;
  };
  std::array<Control, ReceiveBatch::kDatagrams> controls;
  for (size_t i = 0; i < headers.size(); ++i) {
    parts[i] = {batch.buffer(i), ReceiveBatch::kDatagramBytes};
    headers[i] = {};
    headers[i].msg_hdr.msg_name = &senders[i];
    headers[i].msg_hdr.msg_namelen = sizeof senders[i];
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
    headers[i].msg_hdr.msg_control = controls[i].bytes.data();
    headers[i].msg_hdr.msg_controllen = controls[i].bytes.size();
  }
  const int count = ::recvmmsg(fd_, headers.data(), headers.size(), MSG_DONTWAIT, nullptr);
  if (count <= 0) return false;
  const Micros now = real_now();
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    if ((headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      ++truncated;
      continue;
    }
    out.push_back({address_from_native(senders[i]), tells_local_address_ ? local_address_of(headers[i].msg_hdr) : SocketAddress{},
                   MutableByteSpan(batch.buffer(i), headers[i].msg_len), waited_until(now, headers[i].msg_hdr)});
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
    out.push_back({address_from_native(sender), {}, MutableByteSpan(batch.buffer(i), static_cast<size_t>(size)), 0});
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
  v6.sin6_scope_id = address.scope;
  std::memcpy(&v6.sin6_addr, address.ip.data(), 16);
  std::memcpy(&out, &v6, sizeof v6);
  return sizeof v6;
}

#if defined(__linux__)

uint64_t UdpSocket::dropped_by_kernel() const {
  if (!is_system()) return 0;
  std::array<uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return 0;
  return memory[SK_MEMINFO_DROPS];
}

size_t UdpSocket::write_source(const SocketAddress& source, MutableByteSpan out) const {
  static_assert(CMSG_SPACE(sizeof(in6_pktinfo)) <= kSourceBytes);
  cmsghdr header{};
  const auto write = [&](int level, int type, const auto& info) {
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(sizeof info);
    std::memset(out.data(), 0, CMSG_SPACE(sizeof info));
    std::memcpy(out.data(), &header, sizeof header);
    std::memcpy(out.data() + CMSG_LEN(0), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
  };
  if (ipv4_only_) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, source.v4_bytes(), 4);
    return write(IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, source.ip.data(), 16);
  // Only a link-local address needs its interface; others leave by whichever the routes say.
  info.ipi6_ifindex = source.scope;
  return write(IPPROTO_IPV6, IPV6_PKTINFO, info);
}

#else

uint64_t UdpSocket::dropped_by_kernel() const { return 0; }

size_t UdpSocket::write_source(const SocketAddress&, MutableByteSpan) const { return 0; }

#endif

bool parse_address(const std::string& ip, uint16_t port, SocketAddress& out) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, ip.c_str(), &v4) == 1) {
    out = SocketAddress::from_v4(reinterpret_cast<const uint8_t*>(&v4), port);
    return true;
  }
  const size_t percent = ip.find('%');
  if (::inet_pton(AF_INET6, ip.substr(0, percent).c_str(), &v6) != 1) return false;
  out = SocketAddress::from_v6(v6.s6_addr, port);
  if (percent == std::string::npos) return true;
  out.scope = ::if_nametoindex(ip.c_str() + percent + 1);
  return out.is_link_local() && out.scope != 0;
}

}  // namespace parley
