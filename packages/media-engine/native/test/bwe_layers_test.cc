// Layers on a path that turns bad and good again: what matters is that a receiver that gets no video for lack of bandwidth
// does not stay without, although nothing is sent then that could make its estimate grow.
#include "bwe_network.h"

namespace parley {
using namespace test;
using sim::FlowConfig;
using sim::LinkConfig;

namespace {

constexpr std::array<BitRate, 3> kLayers = {150 * kKbps, 500 * kKbps, 1500 * kKbps};

struct Outcome {
  double longest_without = 0;  // seconds
  double in_straits = 0;       // kbps of the layer in the last ten seconds of it, mean
  double back = 0;             // seconds until the highest layer came back
};

/// A receiver of one source with layers: always the highest one that fits, none when none does.
struct Layered {
  Network network;
  BitRate layer = 0;

  Layered(const LinkConfig& there, uint64_t seed, double frame_rate = 30)
      : network(there, opposite(there), config(seed, frame_rate)) {
    network.flow.estimator().set_demand(network.simulation.now(), kLayers.back() + 50 * kKbps);
  }
  /// `look` is called every tenth of a second.
  void run(double seconds, const std::function<void(double)>& look) {
    for (double t = 0; t < seconds; t += 0.1) {
      choose();
      network.run(0.1);
      look(t);
    }
  }

 private:
  void choose() {
    layer = 0;
    for (const BitRate candidate : kLayers) {
      if (candidate <= network.flow.estimator().target_bps()) layer = candidate;
    }
    if (layer == 0) {
      network.flow.stop_video();
    } else {
      network.flow.video().set_target(layer);
      network.flow.start_video();
    }
  }
  static LinkConfig opposite(LinkConfig link) {
    link.seed += 100;
    return link;
  }
  static FlowConfig config(uint64_t seed, double frame_rate) {
    FlowConfig config;
    config.estimator.limits.start = kMbps;
    config.video.frame_rate = frame_rate;
    config.video.maximum = kLayers.back();
    config.video.seed = seed + 7;
    config.video.lag = 0;
    config.audio = true;
    config.fixed_rate = true;
    return config;
  }
};

Outcome cross_straits(uint64_t seed, double frame_rate, Micros delay) {
  LinkConfig there;
  there.delay = 10 * kMillisecond;
  there.jitter = kMillisecond;
  there.queue_time = 200 * kMillisecond;
  there.seed = seed;
  Layered n(there, seed, frame_rate);
  Outcome outcome;
  double without = 0;
  const auto look = [&] {
    without = n.layer == 0 ? without + 0.1 : 0;
    outcome.longest_without = std::max(outcome.longest_without, without);
  };
  n.run(8, [&](double) { look(); });
  for (sim::Link* link : {&n.network.forward, &n.network.backward}) {
    link->set_rate(kMbps);
    link->set_delay(delay);
    link->set_loss(0.05);
  }
  double sum = 0;
  n.run(20, [&](double t) {
    look();
    sum += t >= 10 ? kbps(n.layer) : 0;
  });
  outcome.in_straits = sum / 100;
  for (sim::Link* link : {&n.network.forward, &n.network.backward}) {
    link->set_rate(kUnlimitedRate);
    link->set_delay(10 * kMillisecond);
    link->set_loss(0);
  }
  outcome.back = 20;
  n.run(20, [&](double t) {
    look();
    if (n.layer == kLayers.back()) outcome.back = std::min(outcome.back, t);
  });
  return outcome;
}

}  // namespace

TEST(layers_straits, "bwe layers: a path that turns narrow, lossy and long at once takes the picture for a moment only") {
  // A screen, or an encoder without time, sends few large frames, and what got through in between says little.
  struct Bar {
    double frame_rate, without, least, back;
  };
  for (const Bar& bar : {Bar{30, 1, 400, 5}, Bar{3, 5, 150, 10}}) {
    Outcome worst{0, 1e9, 0};
    for (const Micros delay : {10 * kMillisecond, 110 * kMillisecond}) {
      for (uint64_t seed = 1; seed <= 5; seed++) {
        const Outcome outcome = cross_straits(seed, bar.frame_rate, delay);
        worst.longest_without = std::max(worst.longest_without, outcome.longest_without);
        worst.in_straits = std::min(worst.in_straits, outcome.in_straits);
        worst.back = std::max(worst.back, outcome.back);
      }
    }
    FIGURE("%.0f frames a second: without video for %.1f s (≤ %.0f), %.0f kbps of 1000 (≥ %.0f), all back after %.1f s (≤ %.0f)",
           bar.frame_rate, worst.longest_without, bar.without, worst.in_straits, bar.least, worst.back, bar.back);
    CHECK(worst.longest_without <= bar.without);
    CHECK(worst.in_straits >= bar.least);
    CHECK(worst.back <= bar.back);
  }
}

TEST(layers_outage, "bwe layers: after an outage of ten seconds the picture is back within a second, and all of it soon") {
  double worst = 0, worst_all = 0;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    LinkConfig there;
    there.delay = 20 * kMillisecond;
    there.jitter = kMillisecond;
    there.seed = seed;
    Layered n(there, seed);
    n.run(8, [](double) {});
    n.network.forward.set_loss(1);
    n.network.backward.set_loss(1);
    n.run(10, [](double) {});
    n.network.forward.set_loss(0);
    n.network.backward.set_loss(0);
    double any = 10, all = 10;
    n.run(10, [&](double t) {
      if (n.layer > 0) any = std::min(any, t);
      if (n.layer == kLayers.back()) all = std::min(all, t);
    });
    worst = std::max(worst, any);
    worst_all = std::max(worst_all, all);
  }
  FIGURE("a picture after %.1f s (≤ 1), the largest after %.1f s (≤ 3)", worst, worst_all);
  CHECK(worst <= 1);
  CHECK(worst_all <= 3);
}

}  // namespace parley
