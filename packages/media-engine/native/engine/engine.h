// An engine as its owner sees it: certificate, one loop on a thread of its own, and the queues to and from it. Rooms will
// be spread over several loops here; a room never leaves its loop.
#pragma once

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

namespace parley {

class Engine {
 public:
  // `on_events`: there are events to take; `on_stopped`: the last call from the loop's thread. Neither may block.
  // Null with `error` = errno (EADDRINUSE, …) when the engine cannot start.
  [[nodiscard]] static std::unique_ptr<Engine> start(const EngineConfig& config, std::function<void()> on_events,
                                                     std::function<void()> on_stopped, int& error);
  // Stops and waits for the loop.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Any thread. False when the queue is full or the engine is stopping.
  [[nodiscard]] bool post(Loop::Command command);
  // Runs `query` on the loop and waits for its result, at most a second. Any thread but the loop's.
  [[nodiscard]] bool ask(std::function<void(Loop&)> query);
  [[nodiscard]] std::vector<EngineEvent> take_events() { return events_.take(); }
  // Returns at once; `on_stopped` tells the end.
  void stop();
  // Waits for the thread. Idempotent; not from the loop's thread.
  void join();

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& fingerprint() const { return certificate_.fingerprint; }

 private:
  Engine(std::function<void()> on_events, std::function<void()> on_stopped)
      : on_stopped_(std::move(on_stopped)), events_(std::move(on_events)) {}

  const std::function<void()> on_stopped_;
  EventQueue events_;
  Certificate certificate_;
  std::unique_ptr<DtlsContext> dtls_;
  std::unique_ptr<Loop> loop_;
  uint16_t port_ = 0;
  std::thread thread_;
  bool stopping_ = false;
};

}  // namespace parley
