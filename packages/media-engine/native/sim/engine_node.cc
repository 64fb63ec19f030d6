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
  VirtualHost(Simulation& simulation, NetworkHost& network, uint64_t seed)
      : simulation_(simulation), network_(network), random_(seed) {}
  [[nodiscard]] Micros now() override { return simulation_.now(); }
  [[nodiscard]] int64_t unix_us() override { return OpensslWorld::unix_us(simulation_); }
  [[nodiscard]] RandomSource& random() override { return random_; }
  [[nodiscard]] std::unique_ptr<UdpSocket> open_socket() override { return network_.open(0); }

 private:
  Simulation& simulation_;
  NetworkHost& network_;
  RepeatingRandom random_;
};

}  // namespace

EngineNode::EngineNode(DatagramNetwork& network, const NodeConfig& config, const DtlsContext& dtls, LoopGroup& group,
                       uint32_t index)
    : network_(network),
      host_(network, config.address, config.up, config.down, [this] { plan(network_.simulation().now()); }) {
  loop_ = std::make_unique<Loop>(std::make_unique<VirtualHost>(network.simulation(), host_, config.seed), dtls,
                                 host_.open(config.address.port), [] {}, group, index);
  group.loops.push_back(loop_.get());
}

void EngineNode::post(Loop::Command command) {
  if (!loop_) return;
  static_cast<void>(loop_->post(std::move(command)));
  plan(network_.simulation().now());
}

void EngineNode::die() { loop_.reset(); }

void EngineNode::plan(Micros at) {
  if (!loop_ || at >= planned_) return;
  planned_ = at;
  network_.simulation().at(at, [this, plan = ++plan_] {
    if (plan == plan_) turn();
  });
}

void EngineNode::turn() {
  if (!loop_) return;
  planned_ = kNever;
  const Micros now = network_.simulation().now();
  if (now < stalled_until_) {
    plan(stalled_until_);
    return;
  }
  if (std::exchange(instant_, now) != now) turns_at_once_ = 0;
  most_turns_at_once_ = std::max(most_turns_at_once_, ++turns_at_once_);
  turns_++;
  host_.readable(ready_.sockets);
  loop_->turn(ready_);
  host_.readable(ready_.sockets);
  const Micros next = ready_.sockets.empty() ? loop_->next_deadline() : now;
  if (next == kNever) return;
  // A loop that never sleeps is seen by most_turns_at_once(); until somebody looks, time has to go on.
  plan(turns_at_once_ < kMostTurnsAtOnce ? std::max(next, now) : std::max(next, now + kSecond));
}

}  // namespace parley::sim
