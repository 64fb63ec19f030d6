#include "red.h"

namespace parley {

std::optional<RedPrimary> red_find_primary(ByteSpan payload) {
  Reader reader(payload);
  size_t earlier = 0;
  for (uint8_t head = reader.u8(); reader.ok(); head = reader.u8()) {
    if ((head & 0x80) == 0) {
      if (reader.remaining() <= earlier) return std::nullopt;
      return RedPrimary{head, reader.position() + earlier};
    }
    earlier += reader.u24() & 0x3FF;
  }
  return std::nullopt;
}

}  // namespace parley
