#include "address.h"

#include <cstdio>

namespace parley {

namespace {
constexpr uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
}

SocketAddress SocketAddress::from_v4(const uint8_t* bytes, uint16_t port) {
  SocketAddress address;
  std::memcpy(address.ip.data(), kMappedPrefix, sizeof kMappedPrefix);
  std::memcpy(address.ip.data() + 12, bytes, 4);
  address.port = port;
  return address;
}

SocketAddress SocketAddress::from_v6(const uint8_t* bytes, uint16_t port) {
  SocketAddress address;
  std::memcpy(address.ip.data(), bytes, 16);
  address.port = port;
  return address;
}

SocketAddress SocketAddress::v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
  const uint8_t bytes[4] = {a, b, c, d};
  return from_v4(bytes, port);
}

bool SocketAddress::is_v4() const { return std::memcmp(ip.data(), kMappedPrefix, sizeof kMappedPrefix) == 0; }

std::string SocketAddress::to_string() const {
  char text[64];
  if (is_v4()) {
    const uint8_t* b = v4_bytes();
    std::snprintf(text, sizeof text, "%u.%u.%u.%u:%u", b[0], b[1], b[2], b[3], port);
    return text;
  }
  unsigned groups[8];
  for (size_t i = 0; i < 8; i++) groups[i] = (unsigned{ip[2 * i]} << 8) | ip[2 * i + 1];
  // The longest run of two or more zero groups is written "::".
  size_t best = 8, best_length = 1;
  for (size_t i = 0; i < 8;) {
    size_t end = i;
    while (end < 8 && groups[end] == 0) end++;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = end == i ? i + 1 : end;
  }
  std::string out = "[";
  for (size_t i = 0; i < 8;) {
    if (i == best) {
      out += "::";
      i += best_length;
      continue;
    }
    if (i != 0 && out.back() != ':') out += ':';
    std::snprintf(text, sizeof text, "%x", groups[i]);
    out += text;
    i++;
  }
  std::snprintf(text, sizeof text, "]:%u", port);
  return out + text;
}

size_t SocketAddressHash::operator()(const SocketAddress& a) const {
  uint64_t words[2];
  std::memcpy(words, a.ip.data(), sizeof words);
  uint64_t h = seed ^ (uint64_t{a.port} << 17) ^ (uint64_t{a.scope} << 40);
  for (const uint64_t word : words) {
    h ^= word;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  h *= 0xc4ceb9fe1a85ec53u;
  return static_cast<size_t>(h ^ (h >> 29));
}

}  // namespace parley
