// An engine as its owner sees it: certificate, loops on threads of their own, and the queues to and from them. A room
// never leaves its loop; ids say which one that is (loop_group.h).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/certificate.h"
#include "engine/dtls.h"
#include "engine/loop.h"
#include "engine/parameters.h"
#include "engine/sample_collector.h"

namespace parley {

class Engine {
 public:
  // `on_events`: there are events to take; `on_stopped`: the last call from the last loop's thread. Neither
  // may block.
  // Null with `error` = errno (EADDRINUSE, …) when the engine cannot start, negative when it is for the TCP port.
  [[nodiscard]] static std::unique_ptr<Engine> start(const EngineConfig& config, std::function<void()> on_events,
                                                     std::function<void()> on_stopped, int& error);
  // Stops and waits for the loops.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // To the loop that `id` belongs to, from any thread. False when the queue is full or the engine is stopping.
  [[nodiscard]] bool post(uint32_t id, Loop::Command command);
  // Runs `query` on that loop and waits for its result, at most a second. Any thread but the loops'.
  [[nodiscard]] bool ask(uint32_t id, std::function<void(Loop&)> query);
  // Of all loops together; false when one did not answer.
  [[nodiscard]] bool snapshot(EngineSnapshot& out);
  // The same without waiting: each loop is asked, and `on_events` tells when all have answered. False when one cannot be
  // asked. While a reading is under way it is the answer to this one too.
  [[nodiscard]] bool request_sample();
  // Once, when there is one.
  [[nodiscard]] bool take_sample(EngineSnapshot& out) { return samples_->take(out); }
  [[nodiscard]] std::vector<EngineEvent> take_events();
  // Returns at once; `on_stopped` tells the end.
  void stop();
  // Waits for the threads. Idempotent; not from one of them.
  void join();

  [[nodiscard]] uint16_t port() const { return port_; }
  // 0 = no TCP.
  [[nodiscard]] uint16_t tcp_port() const { return tcp_port_; }
  [[nodiscard]] uint32_t threads() const { return static_cast<uint32_t>(loops_.size()); }
  [[nodiscard]] const std::string& fingerprint() const { return certificate_.fingerprint; }

 private:
  explicit Engine(std::function<void()> on_stopped) : on_stopped_(std::move(on_stopped)) {}

  void run(Loop& loop);

  const std::function<void()> on_stopped_;
  Certificate certificate_;
  std::unique_ptr<DtlsContext> dtls_;
  std::unique_ptr<LoopGroup> group_;
  std::unique_ptr<SampleCollector> samples_;
  std::vector<std::unique_ptr<Loop>> loops_;
  uint16_t port_ = 0;
  uint16_t tcp_port_ = 0;
  std::vector<std::thread> threads_;
  std::atomic<size_t> running_{0};
  bool stopping_ = false;
};

}  // namespace parley
