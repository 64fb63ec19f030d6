// The parts of engine/ that touch the system and can be tried alone.
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "engine/poller.h"
#include "engine/send_queue.h"
#include "engine/udp_socket.h"
#include "test.h"

namespace parley {

TEST(io_wake, "poller: no call of wake is lost, however it falls together with the sleeper's waking up") {
  Poller poller;
  CHECK(poller.ok());
  std::atomic<uint64_t> turns{0};
  std::atomic<bool> stop{false};
  std::thread sleeper([&] {
    Ready ready;
    while (!stop.load()) {
      poller.wait(monotonic_now() + 3 * kSecond, ready);
      turns.fetch_add(1);
    }
  });
  int lost = 0;
  for (int round = 0; round < 300 && lost == 0; round++) {
    // Some of these fall into the moment in which the sleeper takes note of the one before.
    for (int i = 0; i < 1000; i++) poller.wake();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    const uint64_t before = turns.load();
    poller.wake();
    const Micros deadline = monotonic_now() + kSecond;
    while (turns.load() == before && monotonic_now() < deadline) std::this_thread::yield();
    if (turns.load() == before) lost++;
  }
  stop.store(true);
  poller.wake();
  sleeper.join();
  CHECK_EQ(lost, 0);
}

TEST(io_segments, "send queue: an address that nobody can send to does not end segmentation for everybody") {
  int error = 0;
  const auto from = UdpSocket::open("127.0.0.1", 0, error);
  const auto to = UdpSocket::open("127.0.0.1", 0, error);
  CHECK(from != nullptr && to != nullptr);
  SendQueue queue;
  const std::vector<uint8_t> packet(500, 7);
  const auto send_run = [&](uint16_t port) {
    const uint64_t before = queue.counters().segmented_packets;
    for (int i = 0; i < 4; i++) queue.push(*from, {SocketAddress::v4(127, 0, 0, 1, port)}, packet);
    queue.flush();
    return queue.counters().segmented_packets - before;
  };
  const uint64_t here = send_run(to->port());
  CHECK_EQ(send_run(0), 0u);  // the kernel says EINVAL
  CHECK_EQ(queue.counters().dropped, 4u);
  CHECK_EQ(send_run(to->port()), here);
}

TEST(io_waited, "udp socket: what was read at once still tells when each datagram came") {
  int error = 0;
  const auto from = UdpSocket::open("127.0.0.1", 0, error);
  const auto to = UdpSocket::open("127.0.0.1", 0, error);
  CHECK(from != nullptr && to != nullptr);
  SendQueue queue;
  const std::vector<uint8_t> packet(100, 7);
  ReceiveBatch batch;
  std::vector<Datagram> read;
  uint64_t truncated = 0;
  const auto send_some = [&](int count) {
    for (int i = 0; i < count; i++) {
      queue.push(*from, {SocketAddress::v4(127, 0, 0, 1, to->port())}, packet);
      queue.flush();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    static_cast<void>(to->receive(batch, read, truncated));
  };
#if defined(__linux__)
  // The kernel begins to stamp a moment after it was asked to.
  const Micros deadline = monotonic_now() + 5 * kSecond;
  do send_some(1);
  while (monotonic_now() < deadline && (read.empty() || read[0].waited < 19 * kMillisecond));
  send_some(3);
  CHECK_EQ(read.size(), 3u);
  CHECK(read[2].waited >= 19 * kMillisecond);
  CHECK(read[1].waited - read[2].waited >= 19 * kMillisecond);
  CHECK(read[0].waited - read[1].waited >= 19 * kMillisecond);
#else
  send_some(1);
  CHECK_EQ(read.size(), 1u);
  CHECK_EQ(read[0].waited, 0);
#endif
}

TEST(io_occupancy, "send queue: counts how many packets each call and each run has") {
  int error = 0;
  const auto from = UdpSocket::open("127.0.0.1", 0, error);
  const auto to = UdpSocket::open("127.0.0.1", 0, error);
  CHECK(from != nullptr && to != nullptr);
  SendQueue queue;
  int flushed = 0;
  queue.set_on_flushed([&flushed] { flushed++; });
  queue.flush();
  CHECK_EQ(flushed, 0);
  const std::vector<uint8_t> packet(500, 7);
  for (int i = 0; i < 5; i++) queue.push(*from, {SocketAddress::v4(127, 0, 0, 1, to->port())}, packet);
  queue.flush();
  CHECK_EQ(flushed, 1);
  const SendCounters& counters = queue.counters();
  const bool as_one = counters.segmented_packets == 5;
  CHECK_EQ(counters.per_run.counts()[as_one ? 3 : 1], as_one ? 1u : 5u);
#if defined(__linux__)
  CHECK_EQ(counters.per_call.counts()[3], 1u);
#endif
  queue.push(*from, {SocketAddress::v4(127, 0, 0, 1, to->port())}, std::vector<uint8_t>(SendQueue::kSlotBytes + 1));
  CHECK_EQ(counters.dropped, 1u);
}

#if defined(__linux__)

TEST(io_kernel_drops, "udp socket: tells what the kernel dropped because nobody read") {
  int error = 0;
  const auto from = UdpSocket::open("127.0.0.1", 0, error);
  const auto to = UdpSocket::open("127.0.0.1", 0, error);
  CHECK(from != nullptr && to != nullptr);
  const int small = 16 * 1024;
  CHECK_EQ(::setsockopt(to->fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  CHECK_EQ(to->dropped_by_kernel(), 0u);
  SendQueue queue;
  const std::vector<uint8_t> packet(1000, 7);
  for (int i = 0; i < 200; i++) {
    queue.push(*from, {SocketAddress::v4(127, 0, 0, 1, to->port())}, packet);
    queue.flush();
  }
  ReceiveBatch batch;
  std::vector<Datagram> read;
  uint64_t truncated = 0;
  size_t came = 0;
  do {
    static_cast<void>(to->receive(batch, read, truncated));
    came += read.size();
  } while (!read.empty());
  CHECK(came < 200);
  CHECK_EQ(came + to->dropped_by_kernel(), 200u);
}

#endif

}  // namespace parley
