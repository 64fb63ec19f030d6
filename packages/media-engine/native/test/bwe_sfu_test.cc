// What a forwarding server meets and a sender of its own media does not: many receivers behind one port, layers instead
// of a continuous rate, key frames that it cannot make smaller, and a host that is the bottleneck itself.
#include <memory>

#include "../bwe/layer_budget.h"
#include "bwe_network.h"

namespace parley {
using namespace test;
using sim::FlowConfig;
using sim::Link;
using sim::LinkConfig;
using sim::MediaFlow;
using sim::Simulation;

namespace {

struct Receiver {
  std::unique_ptr<Link> forward;
  std::unique_ptr<Link> backward;
  std::unique_ptr<MediaFlow> flow;
};

struct Host {
  Simulation simulation;
  Link egress;
  std::vector<Receiver> receivers;

  explicit Host(BitRate rate, Micros queue)
      : egress(simulation, [&] {
          LinkConfig config;
          config.rate = rate;
          config.queue_time = queue;
          return config;
        }()) {}
  MediaFlow& add(const LinkConfig& there, const LinkConfig& back, FlowConfig config) {
    config.host = &egress;
    Receiver r;
    r.forward = std::make_unique<Link>(simulation, there);
    r.backward = std::make_unique<Link>(simulation, back);
    r.flow = std::make_unique<MediaFlow>(simulation, *r.forward, *r.backward, config);
    r.flow->start();
    receivers.push_back(std::move(r));
    return *receivers.back().flow;
  }
  [[nodiscard]] int64_t sent() const {
    int64_t bytes = 0;
    for (const Receiver& r : receivers) bytes += r.flow->sent_bytes();
    return bytes;
  }
};

LinkConfig access_link(BitRate rate, Micros delay, uint64_t seed) {
  LinkConfig config;
  config.rate = rate;
  config.delay = delay;
  config.seed = seed;
  config.jitter = 3 * kMillisecond;
  return config;
}

}  // namespace

TEST(sfu_isolation, "bwe sfu a: one bad link of ten changes nobody else's bitrate or delay") {
  std::vector<double> rate[2], delay[2];
  for (const bool bad : {false, true}) {
    Host host(kUnlimitedRate, kSecond);
    for (uint64_t i = 0; i < 10; i++) {
      LinkConfig there = access_link((1 + static_cast<BitRate>(i)) * 700 * kKbps,
                                     (5 + 10 * static_cast<Micros>(i)) * kMillisecond, i + 1);
      LinkConfig back = access_link(kUnlimitedRate, there.delay, i + 50);
      if (i == 4 && bad) {
        there.rate = 80 * kKbps;
        there.loss = 0.3;
        there.jitter = 60 * kMillisecond;
        back.loss = 0.5;
      }
      FlowConfig config = flow_config(30 * kKbps, 300 * kKbps, 5 * kMbps);
      config.video.seed = i + 1;
      host.add(there, back, config);
    }
    host.simulation.run_for(60 * kSecond);
    for (Receiver& r : host.receivers) {
      rate[bad].push_back(kbps(rate_of(r.flow->received_bytes(), 60 * kSecond)));
      delay[bad].push_back(static_cast<double>(r.flow->take_max_transit()) / 1000);
    }
  }
  double worst_rate = 0, worst_delay = 0;
  for (size_t i = 0; i < 10; i++) {
    if (i == 4) continue;
    worst_rate = std::max(worst_rate, std::abs(rate[1][i] / rate[0][i] - 1));
    worst_delay = std::max(worst_delay, std::abs(delay[1][i] - delay[0][i]));
  }
  FIGURE("bad link: %.0f instead of %.0f kbps; the others differ by at most %.2f %% and %.1f ms", rate[1][4],
         rate[0][4], worst_rate * 100, worst_delay);
  CHECK(rate[1][4] < 0.2 * rate[0][4]);
  CHECK(worst_rate < 0.001);
  CHECK(worst_delay < 0.1);
}

TEST(sfu_layers, "bwe sfu b: on a steady link layers do not oscillate") {
  const BitRate costs[] = {150 * kKbps, 500 * kKbps, 1500 * kKbps};
  int most_ups = 0, quick_downs = 0, switches = 0, runs = 0;
  double used = 0;
  for (const int rate_kbps : {200, 300, 450, 550, 650, 900, 1300, 1500, 1600, 1700, 1800, 2000, 2500, 4000}) {
    for (uint64_t seed = 1; seed <= 2; seed++) {
      FlowConfig config = flow_config(30 * kKbps, 300 * kKbps, 10 * kMbps);
      config.fixed_rate = true;
      config.video.seed = seed;
      LinkConfig link = access_link(rate_kbps * kKbps, 40 * kMillisecond, seed);
      Network net(link, access_link(kUnlimitedRate, 40 * kMillisecond, seed + 9), config);
      net.flow.estimator().set_demand(net.simulation.now(), costs[2]);
      LayerState state;
      std::vector<Micros> ups;
      Micros last_up = -kSecond * 100;
      for (int step = 0; step < 1200; step++) {
        const auto before = state.layer;
        const Micros now = net.simulation.now();
        state = choose_layer(state, now, costs, net.flow.estimator().target_bps());
        if (state.layer != before && step > 0) switches++;
        if (state.layer && (!before || *state.layer > *before) && step > 0) {
          ups.push_back(now);
          last_up = now;
        }
        if (before && (!state.layer || *state.layer < *before) && now - last_up < 3 * kSecond) quick_downs++;
        net.flow.video().set_target(state.layer ? costs[*state.layer] : 30 * kKbps);
        net.run(0.1);
      }
      for (size_t i = 0; i < ups.size(); i++) {
        int within = 0;
        for (const Micros up : ups) within += up >= ups[i] && up < ups[i] + 10 * kSecond;
        most_ups = std::max(most_ups, within);
      }
      used += state.layer ? static_cast<double>(costs[*state.layer]) / 1000 : 0;
      runs++;
    }
  }
  FIGURE(
      "%d runs of 120 s: at most %d up in 10 s (≤ 1), %d down within 3 s of an up (0), %.1f switches a run, %.0f kbps "
      "at the end",
      runs, most_ups, quick_downs, static_cast<double>(switches) / runs, used / runs);
  CHECK(most_ups <= 1);
  CHECK_EQ(quick_downs, 0);
}

TEST(sfu_layer_rule, "bwe layer budget: up needs room and time, down is quick, failures make it patient") {
  const BitRate costs[] = {100 * kKbps, 500 * kKbps};
  LayerState s;
  Micros now = kSecond;
  const auto step = [&](Micros passed, BitRate budget) {
    now += passed;
    s = choose_layer(s, now, costs, budget);
    return s.layer.has_value() ? static_cast<int>(*s.layer) : -1;
  };
  CHECK_EQ(step(0, 50 * kKbps), -1);
  CHECK_EQ(step(0, 120 * kKbps), 0);
  CHECK_EQ(step(100 * kMillisecond, 520 * kKbps), 0);
  CHECK_EQ(step(20 * kSecond, 540 * kKbps), 0);  // not enough room
  CHECK_EQ(step(0, 600 * kKbps), 0);
  CHECK_EQ(step(900 * kMillisecond, 600 * kKbps), 0);
  CHECK_EQ(step(200 * kMillisecond, 600 * kKbps), 1);
  CHECK_EQ(step(100 * kMillisecond, 430 * kKbps), 1);  // within the band
  CHECK_EQ(step(100 * kMillisecond, 400 * kKbps), 1);
  CHECK_EQ(step(600 * kMillisecond, 400 * kKbps), 0);  // short for half a second
  CHECK_EQ(step(15 * kSecond, 900 * kKbps), 0);
  CHECK_EQ(step(2 * kSecond, 900 * kKbps), 0);  // it failed quickly: twenty seconds
  CHECK_EQ(step(4 * kSecond, 900 * kKbps), 1);
  CHECK_EQ(step(10 * kMillisecond, 200 * kKbps), 0);  // far too little: at once
  CHECK_EQ(step(39 * kSecond, 900 * kKbps), 0);
  CHECK_EQ(step(2 * kSecond, 900 * kKbps), 1);
  // The layer goes away.
  s = choose_layer(s, now, Span<const BitRate>(costs, 1), 900 * kKbps);
  CHECK_EQ(*s.layer, 0u);
}

TEST(sfu_screen_share,
     "bwe sfu c: a key frame of 60 packets at the pacing rate is no overuse on a link with half to spare") {
  for (const double scale : {1.0, 2.5 / BandwidthEstimator::kPacingFactor}) {
    FlowConfig config = flow_config(30 * kKbps, kMbps, kMbps);
    config.fixed_rate = true;
    config.pacing_scale = scale;
    LinkConfig link;
    link.rate = 1500 * kKbps;
    link.delay = 30 * kMillisecond;
    Network net(link, access_link(kUnlimitedRate, 30 * kMillisecond, 5), config);
    net.flow.video().set_target(250 * kKbps);
    net.run(10);
    const uint64_t before = net.flow.overuses();
    const uint64_t dropped = net.forward.stats().dropped;
    double least = 1e9;
    for (int i = 0; i < 6; i++) {
      net.flow.video().key_frame(60 * 1200);
      for (int k = 0; k < 50; k++) {
        net.run(0.1);
        least = std::min(least, net.target_kbps());
      }
    }
    FIGURE("pacing %.1f: %d overuses, target at least %.0f of 1000 kbps, %d dropped, longest wait in the pacer %.0f ms",
           scale * BandwidthEstimator::kPacingFactor, static_cast<int>(net.flow.overuses() - before), least,
           static_cast<int>(net.forward.stats().dropped - dropped),
           static_cast<double>(net.flow.max_pacer_delay()) / 1000);
    if (scale != 1) continue;  // for comparison
    CHECK_EQ(net.flow.overuses() - before, 0u);
    CHECK(least > 950);
    CHECK_EQ(net.forward.stats().dropped - dropped, 0u);
  }
}

TEST(sfu_feedback_loss, "bwe sfu d: a fifth of the feedback lost leaves the estimate within a fifth") {
  double worst = 0;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    double means[2];
    for (const bool lossy : {false, true}) {
      LinkConfig back = access_link(kUnlimitedRate, 40 * kMillisecond, seed + 7);
      if (lossy) back.loss = 0.2;
      FlowConfig config = flow_config(30 * kKbps, 300 * kKbps, 10 * kMbps);
      config.video.seed = seed;
      Network net(access_link(2 * kMbps, 40 * kMillisecond, seed), back, config);
      net.run(20);
      double sum = 0;
      for (int i = 0; i < 600; i++) {
        net.run(0.1);
        sum += net.target_kbps() / 600;
      }
      means[lossy] = sum;
      if (lossy) CHECK(net.flow.estimator().stats().unreported > 0);
    }
    worst = std::max(worst, std::abs(means[1] / means[0] - 1));
    if (seed == 1) FIGURE("mean %.0f kbps, with loss of feedback %.0f kbps", means[0], means[1]);
  }
  FIGURE("largest difference of five runs: %.1f %% (≤ 20)", worst * 100);
  CHECK(worst <= 0.2);
}

TEST(sfu_storm, "bwe sfu e: a saturated host whose feedback comes too late sends less within a second, and recovers") {
  // Twenty receivers at about 3 Mbps. Then the host's interface takes a fifth of that, behind seconds of queue, while
  // what feedback there is comes later than the history reaches back.
  Host host(100 * kMbps, 5 * kSecond);
  for (uint64_t i = 0; i < 20; i++) {
    FlowConfig config = flow_config(30 * kKbps, 600 * kKbps, 3 * kMbps);
    config.video.maximum = 3 * kMbps;
    config.video.seed = i + 1;
    config.estimator.history.max_packets = 512;
    config.estimator.history.max_age = kSecond;
    host.add(access_link(20 * kMbps, 20 * kMillisecond, i + 1), access_link(kUnlimitedRate, 20 * kMillisecond, i + 50),
             config);
  }
  host.simulation.run_for(20 * kSecond);
  const auto egress = [&](Micros time) {
    const int64_t before = host.sent();
    host.simulation.run_for(time);
    return kbps(rate_of(host.sent() - before, time)) / 1000;
  };
  const double before = egress(kSecond);
  host.egress.set_rate(12 * kMbps);
  for (Receiver& r : host.receivers) r.backward->set_delay(3 * kSecond);
  host.simulation.run_for(kSecond);
  const double second = egress(200 * kMillisecond);
  host.simulation.run_for(1800 * kMillisecond);
  const double third = egress(kSecond);
  const double storm = egress(10 * kSecond);
  uint64_t unmatched = 0, expired = 0;
  for (Receiver& r : host.receivers) {
    unmatched += r.flow->estimator().stats().unmatched;
    expired += r.flow->estimator().stats().expired;
  }
  host.egress.set_rate(100 * kMbps);
  for (Receiver& r : host.receivers) r.backward->set_delay(20 * kMillisecond);
  host.simulation.run_for(30 * kSecond);
  const double after = egress(kSecond);
  FIGURE(
      "%.1f Mbps, one second after the host saturates %.1f, after three %.1f, during the rest %.1f; 30 s after its end "
      "%.1f; "
      "%llu unmatched, %llu expired",
      before, second, third, storm, after, static_cast<unsigned long long>(unmatched),
      static_cast<unsigned long long>(expired));
  CHECK(before > 40);
  CHECK(second < 0.5 * before);
  CHECK(third < 12);
  CHECK(storm < 12);
  CHECK(unmatched > 0 && expired > 0);
  CHECK(after > 0.7 * before);
}

}  // namespace parley
