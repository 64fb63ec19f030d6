// What a loop sleeps on: sockets, a wake-up from other threads, and a deadline. Linux: epoll, eventfd and timerfd
// (microsecond deadlines). Elsewhere: poll and a pipe, millisecond deadlines.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/clock.h"

namespace parley {

class UdpSocket;

// CLOCK_MONOTONIC.
[[nodiscard]] Micros monotonic_now();

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  [[nodiscard]] bool ok() const;
  // False when the system refuses to watch it. One that is not the system's is never found ready.
  [[nodiscard]] bool add(UdpSocket& socket);
  void remove(UdpSocket& socket);
  // Sleeps until a socket is readable, `wake` was called or `deadline` has come; `ready` gets the readable sockets.
  void wait(Micros deadline, std::vector<UdpSocket*>& ready);
  // Any thread. Wakes the sleeper once for any number of calls.
  void wake();

 private:
#if defined(__linux__)
  [[nodiscard]] bool watch(int fd, void* source);
#endif

  int poll_fd_ = -1;
  int wake_read_fd_ = -1;
  int wake_write_fd_ = -1;
  int timer_fd_ = -1;
  Micros armed_ = kNever;
  std::atomic<bool> woken_{false};
  std::vector<UdpSocket*> sockets_;
  bool ok_ = false;
};

}  // namespace parley
