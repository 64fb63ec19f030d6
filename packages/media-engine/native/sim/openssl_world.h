// OpenSSL inside a simulation: its retransmission timers go by the virtual clock and its randomness repeats, so that a
// handshake takes the same course for the same seed.
//
// The clock is put in the place of gettimeofday() and time(), which OpenSSL's DTLS and certificates ask; that works where a program's own
// symbol goes before the C library's (ELF). Elsewhere timers of handshakes run on real time: flights that are lost are then
// not repeated, and such handshakes end at their deadline.
#pragma once

#include "random.h"
#include "simulation.h"

namespace parley::sim {

/// While it lives; the newest counts.
class OpensslWorld {
 public:
  OpensslWorld(const Simulation& simulation, uint64_t seed);
  ~OpensslWorld();
  OpensslWorld(const OpensslWorld&) = delete;
  OpensslWorld& operator=(const OpensslWorld&) = delete;

  /// Microseconds since 1970 in the simulated world.
  [[nodiscard]] static int64_t unix_us(const Simulation& simulation);

 private:
  Random random_;
  // Of the world around this one, if there is any.
  const Simulation* outer_clock_;
  Random* outer_generator_;
};

}  // namespace parley::sim
