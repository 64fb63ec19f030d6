#include "engine/poller.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/udp_socket.h"

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

namespace parley {

Micros monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Micros>(now.tv_sec) * kSecond + now.tv_nsec / 1000;
}

void Poller::rest(Micros time) {
  const timespec duration{static_cast<time_t>(time / kSecond), static_cast<long>(time % kSecond * 1000)};
  ::nanosleep(&duration, nullptr);  // interrupted: somewhat shorter
}

void Poller::wake() {
  if (woken_.exchange(true)) return;
  const uint64_t one = 1;
  // Fails only when a wake-up is pending already.
  [[maybe_unused]] const ssize_t written = ::write(wake_write_fd_, &one, sizeof one);
}

#if defined(__linux__)

Poller::Poller() {
  poll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_read_fd_ = wake_write_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  timer_fd_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (poll_fd_ < 0 || wake_read_fd_ < 0 || timer_fd_ < 0) return;
  ok_ = watch(wake_read_fd_, &wake_read_fd_) && watch(timer_fd_, &timer_fd_);
}

bool Poller::watch(int fd, void* source) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = source;
  return ::epoll_ctl(poll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

Poller::~Poller() {
  for (const int fd : {poll_fd_, wake_read_fd_, timer_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

bool Poller::ok() const { return ok_; }

bool Poller::add(UdpSocket& socket) { return !socket.is_system() || watch(socket.fd(), &socket); }

void Poller::remove(UdpSocket& socket) {
  // Fails only for a socket that is not watched, and then all is well.
  static_cast<void>(::epoll_ctl(poll_fd_, EPOLL_CTL_DEL, socket.fd(), nullptr));
}

// Streams are told from sockets by the lowest bit, which no pointer to an object of ours has.
bool Poller::add_stream(int fd, uint32_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = uint64_t{id} << 1 | 1;
  return ::epoll_ctl(poll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::watch_output(int fd, uint32_t id, bool wants_output) {
  epoll_event event{};
  event.events = wants_output ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = uint64_t{id} << 1 | 1;
  static_cast<void>(::epoll_ctl(poll_fd_, EPOLL_CTL_MOD, fd, &event));
}

void Poller::remove_stream(int fd) { static_cast<void>(::epoll_ctl(poll_fd_, EPOLL_CTL_DEL, fd, nullptr)); }

void Poller::wait(Micros deadline, Ready& ready) {
  ready.sockets.clear();
  ready.streams.clear();
  if (deadline != armed_) {
    // An absolute time of zero would disarm the timer; one microsecond after boot is as good as now.
    const Micros at = deadline == kNever ? 0 : std::max<Micros>(deadline, 1);
    itimerspec when{};
    when.it_value.tv_sec = at / kSecond;
    when.it_value.tv_nsec = at % kSecond * 1000;
    ::timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
    armed_ = deadline;
  }
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(poll_fd_, events.data(), static_cast<int>(events.size()), -1);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if ((event.data.u64 & 1) != 0) {
      const bool writable = (event.events & EPOLLOUT) != 0;
      const bool readable = (event.events & ~static_cast<uint32_t>(EPOLLOUT)) != 0;
      ready.streams.push_back({static_cast<uint32_t>(event.data.u64 >> 1), readable, writable});
      continue;
    }
    void* source = event.data.ptr;
    uint64_t ignored = 0;
    if (source == &wake_read_fd_) {
      // In this order: a call between the two finds `woken_` still set, and what it is about is seen after this sleep. The
      // other way round its signal would be read away while `woken_` stays set, and nobody could wake this loop again.
      [[maybe_unused]] const ssize_t size = ::read(wake_read_fd_, &ignored, sizeof ignored);
      woken_.store(false);
    } else if (source == &timer_fd_) {
      [[maybe_unused]] const ssize_t size = ::read(timer_fd_, &ignored, sizeof ignored);
      armed_ = kNever;
    } else {
      ready.sockets.push_back(static_cast<UdpSocket*>(source));
    }
  }
}

#else

Poller::Poller() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe(ends.data()) != 0) return;
  for (const int fd : ends) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  wake_read_fd_ = ends[0];
  wake_write_fd_ = ends[1];
  ok_ = true;
}

Poller::~Poller() {
  for (const int fd : {wake_read_fd_, wake_write_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

bool Poller::ok() const { return ok_; }

bool Poller::add(UdpSocket& socket) {
  if (!socket.is_system()) return true;
  sockets_.push_back(&socket);
  return true;
}

void Poller::remove(UdpSocket& socket) {
  sockets_.erase(std::remove(sockets_.begin(), sockets_.end(), &socket), sockets_.end());
}

bool Poller::add_stream(int fd, uint32_t id) {
  streams_.push_back({fd, id, false});
  return true;
}

void Poller::watch_output(int fd, uint32_t, bool wants_output) {
  for (WatchedStream& stream : streams_) {
    if (stream.fd == fd) stream.wants_output = wants_output;
  }
}

void Poller::remove_stream(int fd) {
  streams_.erase(std::remove_if(streams_.begin(), streams_.end(), [fd](const auto& stream) { return stream.fd == fd; }),
                 streams_.end());
}

void Poller::wait(Micros deadline, Ready& ready) {
  ready.sockets.clear();
  ready.streams.clear();
  std::vector<pollfd> fds;
  fds.push_back({wake_read_fd_, POLLIN, 0});
  for (const UdpSocket* socket : sockets_) fds.push_back({socket->fd(), POLLIN, 0});
  for (const WatchedStream& stream : streams_) {
    fds.push_back({stream.fd, static_cast<short>(stream.wants_output ? POLLIN | POLLOUT : POLLIN), 0});
  }
  int timeout_ms = -1;
  if (deadline != kNever) {
    const Micros left = std::max<Micros>(deadline - monotonic_now(), 0);
    timeout_ms = static_cast<int>(std::min<Micros>((left + 999) / 1000, 60'000));
  }
  if (::poll(fds.data(), static_cast<nfds_t>(fds.size()), timeout_ms) <= 0) return;
  if (fds[0].revents != 0) {
    std::array<char, 64> ignored;
    while (::read(wake_read_fd_, ignored.data(), ignored.size()) > 0) {
    }
    woken_.store(false);  // only now, see above
  }
  for (size_t i = 0; i < sockets_.size(); ++i) {
    if (fds[1 + i].revents != 0) ready.sockets.push_back(sockets_[i]);
  }
  for (size_t i = 0; i < streams_.size(); ++i) {
    const short events = fds[1 + sockets_.size() + i].revents;
    if (events != 0) ready.streams.push_back({streams_[i].id, (events & ~POLLOUT) != 0, (events & POLLOUT) != 0});
  }
}

#endif

}  // namespace parley
