// RTP packets (RFC 3550 §5.1) with header extensions (RFC 8285), read in place, and written again for each receiver.
//
//    0                   1                   2                   3
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//   |                           timestamp                           |
//   |                             SSRC                              |
//   |  CSRCs …  | profile (0xBEDE one-byte, 0x100x two-byte) | length in words | elements … | payload … [padding]
#pragma once

#include <array>
#include <optional>

#include "bytes.h"

namespace parley {

inline constexpr size_t kRtpHeaderSize = 12;
inline constexpr uint16_t kOneByteExtensions = 0xBEDE;

/// All spans point into the parsed packet.
struct RtpPacket {
  ByteSpan packet;
  bool marker = false;
  uint8_t payload_type = 0;
  uint16_t sequence_number = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  uint8_t csrc_count = 0;
  uint16_t extension_profile = 0;  // 0 = no extension block
  ByteSpan extensions;             // elements without the four bytes of profile and length
  ByteSpan payload;                // without padding; empty in a packet of padding only
  uint8_t padding = 0;             // bytes of padding, its count included
  size_t header_size = 0;          // up to the payload
};

/// False when it is not a well-formed RTP packet.
[[nodiscard]] bool rtp_parse(ByteSpan bytes, RtpPacket& packet);

/// SSRC and sequence number of anything long enough, for look-ups before decryption.
[[nodiscard]] inline uint32_t rtp_peek_ssrc(ByteSpan bytes) {
  return bytes.size() >= 12 ? load_u32(bytes.data() + 8) : 0;
}

struct RtpExtension {
  uint8_t id = 0;
  ByteSpan data;
};

/// Elements of either form, in order. Stops at the first one that leaves the block, and at id 15 of the one-byte form
/// (RFC 8285 §4.2).
class RtpExtensionIterator {
 public:
  explicit RtpExtensionIterator(const RtpPacket& packet);
  bool next(RtpExtension& extension);

 private:
  Reader reader_;
  enum class Form : uint8_t { None, OneByte, TwoByte } form_;
};

[[nodiscard]] std::optional<ByteSpan> rtp_find_extension(const RtpPacket& packet, uint8_t id);

/// RFC 6464: 0 = loudest, 127 = silence (−dBov); `voice` is the sender's voice activity flag.
struct AudioLevel {
  uint8_t level = 127;
  bool voice = false;
};
[[nodiscard]] std::optional<AudioLevel> read_audio_level(ByteSpan extension);
/// draft-holmer-rmcat-transport-wide-cc-extensions-01 §2; also reads version 2 (4 bytes), whose first two are the
/// number.
[[nodiscard]] std::optional<uint16_t> read_transport_sequence(ByteSpan extension);
/// Seconds in 6.18 fixed point, wraps every 64 s.
[[nodiscard]] std::optional<uint32_t> read_abs_send_time(ByteSpan extension);

/// Which extensions survive forwarding: `to[id]` is the id at the receiver, 0 = dropped. Ids above 14 are dropped.
struct RtpExtensionMap {
  std::array<uint8_t, 15> to{};
  /// The sender's id of one element whose place in the template is told; 0 = none.
  uint8_t located = 0;
  /// What takes the place of that element's data, unless empty.
  ByteSpan replacement;
  void keep(uint8_t id) { keep(id, id); }
  void keep(uint8_t id, uint8_t as) {
    if (id >= 1 && id <= 14 && as <= 14) to[id] = as;
  }
};

/// A header ready for forwarding: fixed header, CSRCs and the surviving extensions in one-byte form, without padding
/// bit. Made once per packet and copied into every receiver's slot, where `rtp_set_…` puts in what differs. Elements
/// longer than 16 bytes make the block two-byte form (RFC 8285 §4.3; we offer extmap-allow-mixed).
struct RtpHeaderTemplate {
  std::array<uint8_t, 256> bytes{};
  size_t size = 0;
  /// Position of the two bytes of a transport-wide sequence number when one was asked for, else 0.
  size_t transport_sequence_at = 0;
  /// Position of the data of the element that the map locates, 0 when it is not there.
  size_t located_at = 0;

  [[nodiscard]] ByteSpan span() const { return ByteSpan(bytes.data(), size); }
};

/// `transport_sequence_id` 0 = add none. Extensions that do not fit are left out, last first.
[[nodiscard]] RtpHeaderTemplate rtp_make_template(const RtpPacket& packet, const RtpExtensionMap& map,
                                                  uint8_t transport_sequence_id = 0);

// For slots that begin with a whole RTP header.
inline void rtp_set_payload_type(uint8_t* header, uint8_t pt) {
  header[1] = static_cast<uint8_t>((header[1] & 0x80) | (pt & 0x7f));
}
inline void rtp_set_marker(uint8_t* header, bool marker) {
  header[1] = static_cast<uint8_t>((header[1] & 0x7f) | (marker ? 0x80 : 0));
}
inline void rtp_set_sequence_number(uint8_t* header, uint16_t value) { store_u16(header + 2, value); }
inline void rtp_set_timestamp(uint8_t* header, uint32_t value) { store_u32(header + 4, value); }
inline void rtp_set_ssrc(uint8_t* header, uint32_t value) { store_u32(header + 8, value); }

/// A header from nothing, for synthetic senders. Elements must be 1–255 bytes, ids 1–14; more than 16 bytes make it the
/// two-byte form.
struct RtpHeader {
  bool marker = false;
  uint8_t payload_type = 0;
  uint16_t sequence_number = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
};
/// Bytes written, 0 when it does not fit.
[[nodiscard]] size_t rtp_write_header(MutableByteSpan out, const RtpHeader& header,
                                      Span<const RtpExtension> extensions);

}  // namespace parley
