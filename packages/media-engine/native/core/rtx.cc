#include "rtx.h"

#include "rtp.h"

namespace parley {

std::optional<MutableByteSpan> rtx_unwrap(MutableByteSpan packet, uint32_t original_ssrc,
                                          uint8_t original_payload_type) {
  RtpPacket rtp;
  // Two bytes alone would be a retransmission of an empty packet, which nobody needs.
  if (!rtp_parse(packet, rtp) || rtp.payload.size() <= 2) return std::nullopt;
  const uint16_t original_sequence = load_u16(rtp.payload.data());
  const size_t size = rtp.header_size + rtp.payload.size();
  std::memmove(packet.data() + 2, packet.data(), rtp.header_size);
  uint8_t* header = packet.data() + 2;
  header[0] = static_cast<uint8_t>(header[0] & ~0x20);
  rtp_set_payload_type(header, original_payload_type);
  rtp_set_sequence_number(header, original_sequence);
  rtp_set_ssrc(header, original_ssrc);
  return MutableByteSpan(header, size - 2);
}

}  // namespace parley
