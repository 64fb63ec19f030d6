// Redundant audio (RFC 2198): one packet with the newest frame, "primary", and copies of earlier ones, for who understands
// it. For who does not, the primary alone is a packet like any other.
//
//   |1| payload type (7) | timestamp offset (14) | length (10) |  for each earlier frame
//   |0| payload type (7) |                                        the primary; then all frames in this order
#pragma once

#include <optional>

#include "bytes.h"

namespace parley {

struct RedPrimary {
  uint8_t payload_type = 0;
  /// Where in the payload its frame begins; the rest of the payload is it.
  size_t at = 0;
};

/// nullopt when the headers announce more than there is, or the primary would be empty.
[[nodiscard]] std::optional<RedPrimary> red_find_primary(ByteSpan payload);

}  // namespace parley
