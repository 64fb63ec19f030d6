// Retransmissions in a stream of their own (RFC 4588 §4): the payload is the original sequence number and then the
// original payload. Sending one needs no function: put the two bytes into the slot as SrtpSender's payload prefix.
#pragma once

#include <optional>

#include "bytes.h"

namespace parley {

/// Turn a received retransmission back into the original packet, in place: `packet` (in clear) afterwards begins two
/// bytes later, with the original's sequence number, SSRC and payload type. Padding and its bit are taken off. nullopt
/// for packets without original payload (padding probes) or not RTP.
[[nodiscard]] std::optional<MutableByteSpan> rtx_unwrap(MutableByteSpan packet, uint32_t original_ssrc,
                                                        uint8_t original_payload_type);

}  // namespace parley
