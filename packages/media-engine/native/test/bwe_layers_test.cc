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

Outcome cross_straits(uint64_t seed, double frame_rate, Micros delay) {
  LinkConfig there;
  there.delay = 10 * kMillisecond;
  there.jitter = kMillisecond;
  there.queue_time = 200 * kMillisecond;
  there.seed = seed;
  LinkConfig back = there;
  back.seed = seed + 100;
  FlowConfig config;
  config.estimator.limits.start = kMbps;
  config.video.frame_rate = frame_rate;
  config.video.maximum = kLayers.back();
  config.video.seed = seed + 7;
  config.video.lag = 0;
  config.audio = true;
  config.fixed_rate = true;
  Network n(there, back, config);
  n.flow.estimator().set_demand(n.simulation.now(), kLayers.back() + 50 * kKbps);

  Outcome outcome;
  BitRate layer = 0;
  const auto choose = [&] {
    layer = 0;
    for (const BitRate candidate : kLayers) {
      if (candidate <= n.flow.estimator().target_bps()) layer = candidate;
    }
    if (layer == 0) {
      n.flow.stop_video();
    } else {
      n.flow.video().set_target(layer);
      n.flow.start_video();
    }
  };
  double without = 0;
  const auto run = [&](double seconds, const std::function<void(double)>& look) {
    for (double t = 0; t < seconds; t += 0.1) {
      choose();
      n.run(0.1);
      without = layer == 0 ? without + 0.1 : 0;
      outcome.longest_without = std::max(outcome.longest_without, without);
      look(t);
    }
  };
  run(8, [](double) {});
  for (sim::Link* link : {&n.forward, &n.backward}) {
    link->set_rate(kMbps);
    link->set_delay(delay);
    link->set_loss(0.05);
  }
  double sum = 0;
  run(20, [&](double t) { sum += t >= 10 ? kbps(layer) : 0; });
  outcome.in_straits = sum / 100;
  for (sim::Link* link : {&n.forward, &n.backward}) {
    link->set_rate(kUnlimitedRate);
    link->set_delay(10 * kMillisecond);
    link->set_loss(0);
  }
  outcome.back = 20;
  run(20, [&](double t) {
    if (layer == kLayers.back()) outcome.back = std::min(outcome.back, t);
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

}  // namespace parley
