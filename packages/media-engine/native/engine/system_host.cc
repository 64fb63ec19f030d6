#include "engine/system_host.h"

#include <time.h>

#include "engine/poller.h"
#include "engine/udp_socket.h"

namespace parley {

Micros SystemHost::now() { return monotonic_now(); }

int64_t SystemHost::unix_us() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

std::unique_ptr<UdpSocket> SystemHost::open_socket() {
  int error = 0;
  return UdpSocket::open("", 0, error);
}

}  // namespace parley
