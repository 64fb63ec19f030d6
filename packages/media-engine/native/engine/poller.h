// What a loop sleeps on: sockets, a wake-up from other threads, and a deadline. Linux: epoll, eventfd and timerfd
// (microsecond deadlines). Elsewhere: poll and a pipe, millisecond deadlines.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/clock.h"

namespace parley {

class UdpSocket;

// What a sleep ended with. Streams are told by their numbers, so that one that was closed a moment ago is merely unknown.
struct Ready {
  struct Stream {
    uint32_t id = 0;
    bool readable = false;  // or ended
    bool writable = false;
  };
  std::vector<UdpSocket*> sockets;  // readable
  std::vector<Stream> streams;
};

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
  // A TCP socket, connected or listening: watched for input, and for output when asked for. The caller closes `fd` after
  // `remove_stream` only.
  [[nodiscard]] bool add_stream(int fd, uint32_t id);
  void watch_output(int fd, uint32_t id, bool wants_output);
  void remove_stream(int fd);
  // Sleeps until a socket is ready, `wake` was called or `deadline` has come.
  void wait(Micros deadline, Ready& ready);
  // Sleeps for that long whatever happens.
  void rest(Micros time);
  // Any thread. Wakes the sleeper once for any number of calls.
  void wake();

 private:
#if defined(__linux__)
  [[nodiscard]] bool watch(int fd, void* source);
#else
  struct WatchedStream {
    int fd;
    uint32_t id;
    bool wants_output;
  };
  std::vector<WatchedStream> streams_;
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
