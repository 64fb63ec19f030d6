// The machine as it is: CLOCK_MONOTONIC, OpenSSL's generator, sockets of the kernel.
#pragma once

#include "engine/host.h"
#include "engine/system_random.h"

namespace parley {

class SystemHost final : public Host {
 public:
  [[nodiscard]] Micros now() override;
  [[nodiscard]] int64_t unix_us() override;
  [[nodiscard]] RandomSource& random() override { return random_; }
  [[nodiscard]] std::unique_ptr<UdpSocket> open_socket() override;

 private:
  SystemRandom random_;
};

}  // namespace parley
