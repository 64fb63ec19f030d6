// Where a datagram came from or goes to, without a socket API: sixteen bytes and a port. IPv4 is kept in its
// IPv6-mapped form (::ffff:a.b.c.d), so that a dual-stack socket and an IPv4 socket name the same peer alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace parley {

struct SocketAddress {
  std::array<uint8_t, 16> ip{};
  uint16_t port = 0;  // host byte order
  /// Number of the interface; IPv6 link-local addresses only (RFC 4007), else 0.
  uint32_t scope = 0;

  [[nodiscard]] static SocketAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
  /// `bytes` points to 4 or 16 network-order bytes.
  [[nodiscard]] static SocketAddress from_v4(const uint8_t* bytes, uint16_t port);
  [[nodiscard]] static SocketAddress from_v6(const uint8_t* bytes, uint16_t port);

  [[nodiscard]] bool is_v4() const;
  /// fe80::/10: means nothing without `scope`.
  [[nodiscard]] bool is_link_local() const { return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80; }
  /// The four bytes of an IPv4 address; only when `is_v4()`.
  [[nodiscard]] const uint8_t* v4_bytes() const { return ip.data() + 12; }
  /// `192.0.2.1:5000` or `[2001:db8::1]:5000` (RFC 5952 §4).
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.port == b.port && a.ip == b.ip && a.scope == b.scope;
  }
  friend bool operator!=(const SocketAddress& a, const SocketAddress& b) { return !(a == b); }
};

/// For unordered containers. The seed should be random per process, so that peers cannot choose colliding addresses.
struct SocketAddressHash {
  uint64_t seed = 0x9e3779b97f4a7c15u;
  [[nodiscard]] size_t operator()(const SocketAddress& a) const;
};

}  // namespace parley
