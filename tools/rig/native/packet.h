// The little of IPv4 (RFC 791) and UDP (RFC 768) that a relay reads and, for a router that translates addresses, rewrites.
//
//   IPv4:  0 version, header words | 2 length | 6 flags, fragment offset | 9 protocol | 10 checksum | 12 source | 16 destination
//   UDP:   0 source port | 2 destination port | 4 length | 6 checksum
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::rig {

using Bytes = std::vector<uint8_t>;
/// Host order.
using Ipv4 = uint32_t;

class Ipv4Packet {
 public:
  /// Not owned. Check `isValid()` before anything else.
  explicit Ipv4Packet(Bytes& bytes) : bytes_(bytes) {}

  [[nodiscard]] bool isValid() const {
    return bytes_.size() >= 20 && bytes_[0] >> 4 == 4 && headerBytes() >= 20 && headerBytes() <= bytes_.size();
  }
  [[nodiscard]] bool isUdp() const { return bytes_[9] == 17; }
  [[nodiscard]] Ipv4 source() const { return read32(12); }
  [[nodiscard]] Ipv4 destination() const { return read32(16); }

  /// New far end of a UDP packet that leaves a translating router, or that comes back to it.
  void translateSource(Ipv4 address, int portOffset) { translate(12, 0, address, portOffset); }
  void translateDestination(Ipv4 address, int portOffset) { translate(16, 2, address, portOffset); }

 private:
  [[nodiscard]] size_t headerBytes() const { return static_cast<size_t>(bytes_[0] & 15) * 4; }
  [[nodiscard]] uint16_t read16(size_t at) const { return static_cast<uint16_t>(bytes_[at] << 8 | bytes_[at + 1]); }
  [[nodiscard]] uint32_t read32(size_t at) const { return static_cast<uint32_t>(read16(at)) << 16 | read16(at + 2); }
  void write16(size_t at, uint32_t value) {
    bytes_[at] = static_cast<uint8_t>(value >> 8);
    bytes_[at + 1] = static_cast<uint8_t>(value);
  }

  void translate(size_t addressAt, size_t portAt, Ipv4 address, int portOffset) {
    write16(addressAt, address >> 16);
    write16(addressAt + 2, address & 0xffff);
    const size_t udp = headerBytes();
    const bool isFirstFragment = (read16(6) & 0x1fff) == 0;
    if (isFirstFragment && udp + 8 <= bytes_.size()) {
      write16(udp + portAt, static_cast<uint16_t>(read16(udp + portAt) + portOffset));
      // none (RFC 768): the way from here on is memory
      write16(udp + 6, 0);
    }
    write16(10, 0);
    write16(10, checksum(udp));
  }

  /// RFC 1071, over the header.
  [[nodiscard]] uint16_t checksum(size_t sizeBytes) const {
    uint32_t sum = 0;
    for (size_t at = 0; at < sizeBytes; at += 2) sum += read16(at);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
  }

  Bytes& bytes_;
};

}  // namespace parley::rig
