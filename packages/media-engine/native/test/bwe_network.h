// One flow over one bottleneck, as most tests of congestion control need it, and a way to tell the figure reached.
#pragma once

#include <cstdio>

#include "../sim/media_flow.h"
#include "../sim/recorder.h"
#include "test.h"

// The figure goes into the log, so that a bar that is passed by a hair can be told from one that is passed with ease.
#define FIGURE(...)           \
  do {                        \
    std::printf("# ");        \
    std::printf(__VA_ARGS__); \
    std::printf("\n");        \
  } while (0)

namespace parley::test {

inline double kbps(BitRate rate) { return static_cast<double>(rate) / 1000; }

struct Network {
  sim::Simulation simulation;
  sim::Link forward;
  sim::Link backward;
  sim::MediaFlow flow;
  Micros began = simulation.now();

  Network(const sim::LinkConfig& there, const sim::LinkConfig& back, const sim::FlowConfig& config)
      : forward(simulation, there), backward(simulation, back), flow(simulation, forward, backward, config) {
    flow.start();
  }
  void run(double for_seconds) { simulation.run_for(static_cast<Micros>(for_seconds * kSecond)); }
  [[nodiscard]] double target_kbps() { return kbps(flow.estimator().target_bps()); }
};

/// A link without a bound on its queue that matters, as the published cases have it.
inline sim::LinkConfig deep_link(BitRate rate, Micros delay, double loss = 0) {
  sim::LinkConfig config;
  config.rate = rate;
  config.delay = delay;
  config.loss = loss;
  config.queue_time = 60 * kSecond;
  return config;
}
inline sim::FlowConfig flow_config(BitRate minimum, BitRate start, BitRate maximum) {
  sim::FlowConfig config;
  config.estimator.limits = {minimum, start, maximum};
  return config;
}

}  // namespace parley::test
