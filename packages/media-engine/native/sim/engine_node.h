// One loop of the engine, unchanged, on the virtual clock: it has a turn when a datagram comes, when something is posted, and
// at its own deadline; its randomness repeats.
#pragma once

#include <memory>

#include "../engine/loop.h"
#include "datagram_network.h"

namespace parley::sim {

class EngineNode final : public NetworkListener {
 public:
  using Siblings = std::vector<std::unique_ptr<EngineNode>>;
  /// A loop on `host`, the next one of `group`, whose list it enters. `siblings`: the nodes of that group, null = alone.
  EngineNode(Simulation& simulation, NetworkHost& host, uint16_t port, uint64_t seed, const DtlsContext& dtls,
             LoopGroup& group, const Siblings* siblings = nullptr);
  EngineNode(const EngineNode&) = delete;
  EngineNode& operator=(const EngineNode&) = delete;

  /// A command as the engine's owner gives it: carried out in the next turn, which is now.
  void post(Loop::Command command);
  /// Its thread does not run until then; datagrams and timers wait.
  void stall_until(Micros until) { stalled_until_ = std::max(stalled_until_, until); }
  [[nodiscard]] bool is_stalled() const { return simulation_.now() < stalled_until_; }
  /// Nothing is said to anybody: the machine lost its power.
  void die();
  [[nodiscard]] bool is_alive() const { return loop_ != nullptr; }
  [[nodiscard]] Loop& loop() { return *loop_; }
  [[nodiscard]] NetworkHost& host() { return host_; }

  /// Events since the last call.
  [[nodiscard]] std::vector<EngineEvent> take_events() { return loop_->take_events(); }
  /// Most turns that the loop had without time going on: work for one instant must have an end.
  [[nodiscard]] uint64_t most_turns_at_once() const { return most_turns_at_once_; }
  [[nodiscard]] uint64_t turns() const { return turns_; }

 private:
  void on_readable() override { plan(simulation_.now()); }
  void plan(Micros at);
  void turn();

  // given
  Simulation& simulation_;
  NetworkHost& host_;
  const Siblings* siblings_;
  // owned
  std::unique_ptr<Loop> loop_;
  // state
  Ready ready_;
  Micros planned_ = kNever;
  uint64_t plan_ = 0;  // the plan that holds; earlier ones are void
  Micros stalled_until_ = 0;
  Micros instant_ = -1;
  uint64_t turns_at_once_ = 0;
  uint64_t most_turns_at_once_ = 0;
  uint64_t turns_ = 0;
};

}  // namespace parley::sim
