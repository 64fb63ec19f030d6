// The floor that forwarding is compared with: the same number of packets of the same sizes, encrypted with the same cipher
// and sent one by one over a plain socket, with nothing else done. Runs on the calling thread and returns its CPU time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace parley {

struct FloorOptions {
  // Source packets: every `interval_us` one burst of `burst` packets of `payload_bytes` becomes due.
  uint32_t interval_us = 5000;
  uint32_t burst = 1;
  uint32_t payload_bytes = 1100;
  // Every source packet is encrypted for and sent to each of these loopback UDP ports, `copies` times in all.
  std::vector<uint16_t> ports;
  uint32_t copies = 50;
  uint32_t duration_ms = 5000;
};

struct FloorResult {
  uint64_t packets = 0;
  // User and system time of this thread, microseconds.
  uint64_t user_us = 0;
  uint64_t system_us = 0;
  std::string error;
};

FloorResult run_floor(const FloorOptions& options);

}  // namespace parley
