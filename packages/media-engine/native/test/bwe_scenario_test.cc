// The cases that good estimators are known to pass, each with its bar. Setups follow the public scenario tests of the
// reference implementation of Google congestion control.
#include "../sim/tcp_flow.h"
#include "bwe_network.h"

namespace parley {
using namespace test;
using sim::FlowConfig;
using sim::LinkConfig;

namespace {

constexpr Micros kMs = kMillisecond;

bool near(double value, double wanted, double by) { return value >= wanted - by && value <= wanted + by; }

}  // namespace

TEST(bwe_capacity, "bwe scenario: converges to 500 kbps, up to 800, down to 100") {
  Network net(deep_link(500 * kKbps, 100 * kMs), deep_link(kUnlimitedRate, 100 * kMs),
              flow_config(10 * kKbps, 300 * kKbps, 1500 * kKbps));
  net.run(25);
  FIGURE("500 kbps after 25 s: %.0f kbps (450 ± 100)", net.target_kbps());
  CHECK(near(net.target_kbps(), 450, 100));
  net.forward.set_rate(800 * kKbps);
  net.run(20);
  FIGURE("800 kbps after 20 s: %.0f kbps (750 ± 150)", net.target_kbps());
  CHECK(near(net.target_kbps(), 750, 150));
  net.forward.set_rate(100 * kKbps);
  net.forward.set_delay(200 * kMs);
  net.backward.set_delay(200 * kMs);
  net.run(50);
  FIGURE("100 kbps after 50 s: %.0f kbps (90 ± 25)", net.target_kbps());
  CHECK(near(net.target_kbps(), 90, 25));
}

TEST(bwe_fast_start_low, "bwe scenario: probing finds a 200 kbps link in half a second, and route changes keep it") {
  Network net(deep_link(200 * kKbps, 10 * kMs), LinkConfig{}, flow_config(5 * kKbps, 300 * kKbps, 5 * kMbps));
  net.run(0.5);
  FIGURE("200 kbps after 0.5 s: %.0f kbps (± 50)", net.target_kbps());
  CHECK(near(net.target_kbps(), 200, 50));
  net.flow.estimator().on_route_change(net.simulation.now());
  net.flow.rates_changed();
  net.run(0.1);
  FIGURE("0.1 s after a route change: %.0f kbps (± 50)", net.target_kbps());
  CHECK(near(net.target_kbps(), 200, 50));
}

TEST(bwe_fast_start_high, "bwe scenario: probing finds a 1 Mbps link in half a second, a route change starts over") {
  Network net(deep_link(kMbps, 50 * kMs), LinkConfig{}, flow_config(5 * kKbps, 300 * kKbps, 5 * kMbps));
  net.run(0.5);
  FIGURE("1 Mbps after 0.5 s: %.0f kbps (± 300)", net.target_kbps());
  CHECK(near(net.target_kbps(), 1000, 300));
  net.flow.estimator().on_route_change(net.simulation.now());
  net.flow.rates_changed();
  net.run(0.05);
  FIGURE("50 ms after a route change: %.0f kbps (300 ± 30)", net.target_kbps());
  CHECK(near(net.target_kbps(), 300, 30));
}

TEST(bwe_route_change, "bwe scenario: a better route is found within a second") {
  Network net(deep_link(200 * kKbps, 50 * kMs), LinkConfig{}, flow_config(5 * kKbps, 300 * kKbps, 5 * kMbps));
  sim::Link better(net.simulation, deep_link(800 * kKbps, 50 * kMs));
  net.run(2);
  CHECK(near(net.target_kbps(), 200, 50));
  net.flow.estimator().on_route_change(net.simulation.now());
  net.flow.use_link(better);
  net.flow.rates_changed();
  net.run(0.05);
  FIGURE("50 ms after: %.0f kbps (200 ± 50)", net.target_kbps());
  CHECK(near(net.target_kbps(), 200, 50));
  net.run(1);
  FIGURE("one second after: %.0f kbps (> 500)", net.target_kbps());
  CHECK(net.target_kbps() > 500);
}

TEST(bwe_outage, "bwe scenario: three seconds without feedback bring the rate below 40 kbps, which then recovers") {
  Network net(deep_link(kMbps, 100 * kMs), deep_link(kUnlimitedRate, 100 * kMs),
              flow_config(10 * kKbps, 300 * kKbps, 2 * kMbps));
  net.run(10);
  net.forward.pause_until(net.simulation.now() + 10 * kSecond);
  net.run(3);
  FIGURE("after 3 s of outage: %.1f kbps (< 40)", net.target_kbps());
  CHECK(net.target_kbps() < 40);
}

TEST(bwe_short_outage, "bwe scenario: normal rate within five seconds after one second of outage") {
  Network net(deep_link(2 * kMbps, 25 * kMs), deep_link(kUnlimitedRate, 25 * kMs),
              flow_config(30 * kKbps, 300 * kKbps, 5 * kMbps));
  net.run(20);
  const double before = net.target_kbps();
  net.forward.pause_until(net.simulation.now() + kSecond);
  net.run(1);
  double took = 0;
  while (took < 20 && net.target_kbps() < 0.8 * before) {
    net.run(0.1);
    took += 0.1;
  }
  FIGURE("80 %% of %.0f kbps again after %.1f s (≤ 5)", before, took);
  CHECK(took <= 5);
}

TEST(bwe_round_trip_guard, "bwe scenario: a round trip of seconds brings the rate to its floor in six seconds") {
  const BitRate capacity = 100 * kKbps;
  Network net(deep_link(capacity, 100 * kMs), deep_link(kUnlimitedRate, 100 * kMs),
              flow_config(50 * kKbps, capacity, 5 * kMbps));
  net.run(10);
  for (int i = 0; i < 125; i++) net.forward.send(1000, [] {});  // ten seconds' worth
  net.run(6);
  FIGURE("six seconds later: %.1f kbps (50 ± 5)", net.target_kbps());
  CHECK(near(net.target_kbps(), 50, 5));
}

TEST(bwe_random_loss_10, "bwe scenario: a tenth of all packets lost at random is survived") {
  double reached[2];
  for (const bool model : {true, false}) {
    FlowConfig config = flow_config(10 * kKbps, 300 * kKbps, 1500 * kKbps);
    if (!model) config.estimator.loss_control = BandwidthEstimator::LossControl::Threshold;
    Network net(deep_link(2 * kMbps, 200 * kMs, 0.1), deep_link(kUnlimitedRate, 200 * kMs), config);
    net.run(120);
    reached[model ? 0 : 1] = net.target_kbps();
  }
  FIGURE("10 %% loss on 2 Mbps after 120 s: %.0f kbps (> 100), rule of the draft: %.0f kbps", reached[0], reached[1]);
  CHECK(reached[0] > 100);
  CHECK(reached[0] > 3 * reached[1]);
}

TEST(bwe_random_loss_high, "bwe scenario: 10 and 15 % random loss on 5 Mbps leave more than 1 Mbps") {
  double worst = 1e9;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    LinkConfig link = deep_link(5 * kMbps, 40 * kMs, 0.1);
    link.seed = seed;
    Network net(link, deep_link(kUnlimitedRate, 40 * kMs), flow_config(30 * kKbps, 500 * kKbps, 10 * kMbps));
    net.run(8);
    worst = std::min(worst, net.target_kbps());
  }
  FIGURE("10 %% after 8 s, worst of five: %.0f kbps (≥ 1000)", worst);
  CHECK(worst >= 1000);
  worst = 1e9;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    LinkConfig link = deep_link(5 * kMbps, 40 * kMs, 0.15);
    link.seed = seed;
    Network net(link, deep_link(kUnlimitedRate, 40 * kMs), flow_config(30 * kKbps, 500 * kKbps, 10 * kMbps));
    net.run(5);
    worst = std::min(worst, net.target_kbps());
  }
  FIGURE("15 %% after 5 s, worst of five: %.0f kbps (≥ 1000)", worst);
  CHECK(worst >= 1000);
}

TEST(bwe_random_loss_3, "bwe scenario: moderate loss caps the growth") {
  double most = 0;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    LinkConfig link = deep_link(2 * kMbps, 100 * kMs, 0.03);
    link.seed = seed;
    Network net(link, deep_link(2 * kMbps, 100 * kMs, 0.03), flow_config(10 * kKbps, kMbps, 5 * kMbps));
    net.run(1);
    net.forward.set_rate(5 * kMbps);
    for (int i = 0; i < 200; i++) {
      net.run(0.1);
      most = std::max(most, net.target_kbps());
    }
  }
  FIGURE("3 %% loss, 2 to 5 Mbps, most in 20 s of five runs: %.0f kbps (≤ 2500)", most);
  CHECK(most <= 2500);
}

TEST(bwe_random_loss_20, "bwe scenario: a fifth lost at random does not make the rate toggle") {
  size_t worst = 0;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    LinkConfig link = deep_link(2 * kMbps, 10 * kMs, 0.2);
    link.seed = seed;
    Network net(link, LinkConfig{}, flow_config(5 * kKbps, 300 * kKbps, 5 * kMbps));
    net.run(0.25);
    std::vector<double> window;
    for (int step = 0; step < 40; step++) {
      net.run(0.05);
      if (window.size() >= 10) window.erase(window.begin());
      window.push_back(net.target_kbps());
      // Dips by more than 100 kbps from where the window begins, with a return in between.
      size_t dips = 0;
      bool high = true;
      for (const double rate : window) {
        if (high && rate + 100 < window.front()) {
          dips++;
          high = false;
        } else if (rate >= window.front()) {
          high = true;
        }
      }
      worst = std::max(worst, dips);
    }
  }
  FIGURE("most dips in half a second, of five runs: %zu (< 2)", worst);
  CHECK(worst < 2);
}

namespace {

double average_beside_bursts(BandwidthEstimator::LossControl control, bool cubic) {
  LinkConfig link = deep_link(kMbps, 100 * kMs);
  link.queue_packets = 25;
  FlowConfig config = flow_config(5 * kKbps, 300 * kKbps, 5 * kMbps);
  config.estimator.loss_control = control;
  Network net(link, link, config);
  net.run(10);
  for (int i = 0; i < 4; i++) {
    sim::TcpConfig tcp_config;
    tcp_config.cubic = cubic;
    sim::TcpFlow tcp(net.simulation, net.forward, net.backward, tcp_config);
    tcp.start();
    net.run(2);
    tcp.stop();
    net.run(20);
  }
  return kbps(rate_of(net.flow.received_media_bytes(), net.simulation.now() - net.began));
}

}  // namespace

TEST(bwe_cross_bursts,
     "bwe scenario: the loss model recovers from bursts of other traffic faster than the draft's rule") {
  const double model = average_beside_bursts(BandwidthEstimator::LossControl::Model, false);
  const double rule = average_beside_bursts(BandwidthEstimator::LossControl::Threshold, false);
  FIGURE("average %.0f kbps against %.0f: %.2f (≥ 1.05)", model, rule, model / rule);
  CHECK(model >= 1.05 * rule);
}

TEST(bwe_tcp, "bwe scenario: beside one bulk transfer it does not take more than its share") {
  for (const bool cubic : {false, true}) {
    Network net(deep_link(kMbps, 50 * kMs), deep_link(kMbps, 50 * kMs), flow_config(5 * kKbps, kMbps, 5 * kMbps));
    sim::TcpConfig tcp_config;
    tcp_config.cubic = cubic;
    sim::TcpFlow tcp(net.simulation, net.forward, net.backward, tcp_config);
    tcp.start();
    net.run(10);
    FIGURE("after 10 s beside %s: %.0f kbps (< 750)", cubic ? "Cubic" : "Reno", net.target_kbps());
    CHECK(net.target_kbps() < 750);
  }
}

TEST(bwe_idle, "bwe scenario: silence is not congestion") {
  Network net(deep_link(2 * kMbps, 100 * kMs), LinkConfig{}, flow_config(5 * kKbps, kMbps, 5 * kMbps));
  net.run(1);
  net.flow.stop_video();
  net.run(4);
  FIGURE("after 4 s without video: %.0f kbps (> 1000)", net.target_kbps());
  CHECK(net.target_kbps() > 1000);
}

TEST(bwe_pacer_queue, "bwe scenario: the pacer's queue stays short") {
  for (const double scale : {1.0, 1.0 / BandwidthEstimator::kPacingFactor}) {
    FlowConfig config = flow_config(5 * kKbps, kMbps, 5 * kMbps);
    config.pacing_scale = scale;
    Network net(deep_link(kMbps, 50 * kMs), LinkConfig{}, config);
    net.run(5);
    FIGURE("pacing factor %.1f: last %.0f ms, longest %.0f ms (< 150)", scale * BandwidthEstimator::kPacingFactor,
           static_cast<double>(net.flow.pacer_delay()) / 1000, static_cast<double>(net.flow.max_pacer_delay()) / 1000);
    CHECK(net.flow.pacer_delay() < 150 * kMs);
  }
}

TEST(bwe_late_feedback, "bwe scenario: feedback that comes five minutes late does no harm") {
  Network net(deep_link(kMbps, 20 * kMs), LinkConfig{}, flow_config(30 * kKbps, 300 * kKbps, 5 * kMbps));
  net.run(5);
  net.backward.pause_until(net.simulation.now() + 300 * kSecond);
  net.flow.stop_video();
  net.run(299);
  net.flow.start_video();
  net.run(2);
  const auto late = net.flow.estimator().stats();
  net.run(20);
  FIGURE("unmatched %llu, twenty seconds later: %.0f kbps (> 500)", static_cast<unsigned long long>(late.unmatched),
         net.target_kbps());
  CHECK(late.unmatched + late.expired > 0);
  CHECK(net.target_kbps() > 500);
}

TEST(bwe_remb_cap, "bwe scenario: a REMB caps, and its end is followed at once") {
  Network net(deep_link(2 * kMbps, 50 * kMs), deep_link(2 * kMbps, 50 * kMs), flow_config(5 * kKbps, kMbps, 5 * kMbps));
  net.run(10);
  CHECK(net.target_kbps() > 1500);
  net.flow.estimator().on_remb(net.simulation.now(), 250 * kKbps);
  net.run(1);
  CHECK_EQ(net.flow.estimator().target_bps(), 250 * kKbps);
  net.flow.estimator().on_remb(net.simulation.now(), 10 * kMbps);
  net.run(10);
  FIGURE("ten seconds after the cap: %.0f kbps (> 1500)", net.target_kbps());
  CHECK(net.target_kbps() > 1500);
}

TEST(bwe_large_link, "bwe scenario: 10 Mbps are found from 1 Mbps of media, and 3 Mbps again after a fall") {
  FlowConfig config = flow_config(30 * kKbps, 300 * kKbps, 20 * kMbps);
  config.video.maximum = kMbps;
  Network net(deep_link(10 * kMbps, 40 * kMs), deep_link(kUnlimitedRate, 40 * kMs), config);
  double took = 0;
  while (took < 30 && net.target_kbps() < 5000) {
    net.run(0.1);
    took += 0.1;
  }
  FIGURE("5 of 10 Mbps found after %.1f s (≤ 20)", took);
  CHECK(took <= 20);
  net.forward.set_rate(800 * kKbps);
  net.run(20);
  CHECK(net.target_kbps() < 1200);
  net.forward.set_rate(10 * kMbps);
  took = 0;
  while (took < 60 && net.target_kbps() < 3000) {
    net.run(0.1);
    took += 0.1;
  }
  FIGURE("3 Mbps after the fall to 800 kbps: %.1f s (≤ 40)", took);
  CHECK(took <= 40);
}

TEST(bwe_small_media, "bwe scenario: 250 kbps of media find 750 kbps in 20 s and 1.5 Mbps in another 20") {
  FlowConfig config = flow_config(30 * kKbps, 300 * kKbps, 5 * kMbps);
  config.fixed_rate = true;
  Network net(deep_link(750 * kKbps, 40 * kMs), deep_link(kUnlimitedRate, 40 * kMs), config);
  net.flow.video().set_target(250 * kKbps);
  net.run(20);
  FIGURE("750 kbps link: %.0f kbps (within 20 %%)", net.target_kbps());
  CHECK(near(net.target_kbps(), 750, 150));
  net.forward.set_rate(1500 * kKbps);
  net.run(20);
  FIGURE("1.5 Mbps link: %.0f kbps (within 20 %%)", net.target_kbps());
  CHECK(near(net.target_kbps(), 1500, 300));
}

TEST(bwe_long_round_trip, "bwe scenario: a 4 Mbps bottleneck at 200 ms round trip is used after two minutes") {
  Network net(deep_link(4 * kMbps, 100 * kMs), deep_link(kUnlimitedRate, 100 * kMs),
              flow_config(30 * kKbps, 300 * kKbps, 20 * kMbps));
  net.run(100);
  double sum = 0;
  for (int i = 0; i < 200; i++) {
    net.run(0.1);
    sum += net.target_kbps() / 200;
  }
  FIGURE("%.0f kbps (3333 to 4800), mean of the last 20 s: %.0f kbps", net.target_kbps(), sum);
  CHECK(net.target_kbps() >= 4000 / 1.2 && net.target_kbps() <= 4000 * 1.2);
}

}  // namespace parley
