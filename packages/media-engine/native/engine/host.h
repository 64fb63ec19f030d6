// What a loop has of the machine it runs on: time, randomness, and sockets for those who need one of their own. Tests run
// whole loops on a virtual clock and a simulated network by another one (sim/engine_world.h).
#pragma once

#include <memory>

#include "core/clock.h"
#include "core/random.h"

namespace parley {

class UdpSocket;

// Used on the loop's thread only.
class Host {
 public:
  virtual ~Host() = default;
  // Monotonic. Called once a batch, not for each packet.
  [[nodiscard]] virtual Micros now() = 0;
  // Microseconds since 1970, for NTP timestamps.
  [[nodiscard]] virtual int64_t unix_us() = 0;
  // Cryptographically strong.
  [[nodiscard]] virtual RandomSource& random() = 0;
  // On any port, for a client transport; null when the system refuses.
  [[nodiscard]] virtual std::unique_ptr<UdpSocket> open_socket() = 0;
};

}  // namespace parley
