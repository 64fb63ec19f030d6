#include "engine_node.h"

#include "../engine/host.h"
#include "openssl_world.h"

namespace parley::sim {
namespace {

constexpr uint64_t kMostTurnsAtOnce = 200;

class RepeatingRandom final : public RandomSource {
 public:
  explicit RepeatingRandom(uint64_t seed) : random_(seed) {}
  void fill(MutableByteSpan out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random_.next() >> 56);
  }

 private:
  Random random_;
};

class VirtualHost final : public Host {
 public:
  VirtualHost(Simulation& simulation, NetworkHost& network, NetworkListener& listener, uint64_t seed)
      : simulation_(simulation), network_(network), listener_(listener), random_(seed) {}
  [[nodiscard]] Micros now() override { return simulation_.now(); }
  [[nodiscard]] int64_t unix_us() override { return OpensslWorld::unix_us(simulation_); }
  [[nodiscard]] RandomSource& random() override { return random_; }
  [[nodiscard]] std::unique_ptr<UdpSocket> open_socket() override { return network_.open(0, listener_); }

 private:
  Simulation& simulation_;
  NetworkHost& network_;
  NetworkListener& listener_;
  RepeatingRandom random_;
};

}  // namespace

EngineNode::EngineNode(Simulation& simulation, NetworkHost& host, uint16_t port, uint64_t seed, const DtlsContext& dtls,
                       LoopGroup& group, const Siblings* siblings)
    : simulation_(simulation), host_(host), siblings_(siblings) {
  loop_ = std::make_unique<Loop>(std::make_unique<VirtualHost>(simulation, host, *this, seed), dtls,
                                 host_.open(port, *this), [] {}, group, static_cast<uint32_t>(group.loops.size()));
  group.loops.push_back(loop_.get());
}

void EngineNode::post(Loop::Command command) {
  if (!loop_) return;
  static_cast<void>(loop_->post(std::move(command)));
  plan(simulation_.now());
}

void EngineNode::die() { loop_.reset(); }

void EngineNode::plan(Micros at) {
  if (!loop_ || at >= planned_) return;
  planned_ = at;
  simulation_.at(at, [this, plan = ++plan_] {
    if (plan == plan_) turn();
  });
}

void EngineNode::turn() {
  if (!loop_) return;
  planned_ = kNever;
  const Micros now = simulation_.now();
  if (now < stalled_until_) {
    plan(stalled_until_);
    return;
  }
  if (std::exchange(instant_, now) != now) turns_at_once_ = 0;
  most_turns_at_once_ = std::max(most_turns_at_once_, ++turns_at_once_);
  turns_++;
  host_.readable(*this, ready_.sockets);
  loop_->turn(ready_);
  if (siblings_ != nullptr) {
    for (const auto& sibling : *siblings_) {
      if (sibling->loop_ && sibling->loop_->has_mail()) sibling->plan(now);
    }
  }
  host_.readable(*this, ready_.sockets);
  const Micros next = ready_.sockets.empty() ? loop_->next_deadline() : now;
  if (next == kNever) return;
  // A loop that never sleeps is seen by most_turns_at_once(); until somebody looks, time has to go on.
  plan(turns_at_once_ < kMostTurnsAtOnce ? std::max(next, now) : std::max(next, now + kSecond));
}

}  // namespace parley::sim
