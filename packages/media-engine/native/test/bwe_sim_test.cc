// The simulator itself: a network that is wrong proves nothing.
#include "../bwe/loss_model.h"
#include "../sim/link.h"
#include "../sim/recorder.h"
#include "../sim/tcp_flow.h"
#include "test.h"

namespace parley {
using sim::Link;
using sim::LinkConfig;
using sim::Simulation;

TEST(sim_order, "bwe sim: events in the order of time, then of planning") {
  Simulation simulation;
  std::vector<int> order;
  const Micros t = simulation.now();
  simulation.at(t + 20, [&] { order.push_back(3); });
  simulation.at(t + 10, [&] {
    order.push_back(1);
    simulation.at(0, [&] { order.push_back(2); });  // in the past: now
  });
  simulation.at(t + 20, [&] { order.push_back(4); });
  simulation.run_for(30);
  CHECK_EQ(order.size(), 4u);
  for (int i = 0; i < 4; i++) CHECK_EQ(order[static_cast<size_t>(i)], i + 1);
  CHECK_EQ(simulation.now(), t + 30);
}

TEST(sim_link_rate, "bwe sim: a link takes the time that its rate says, also when that changes under way") {
  Simulation simulation;
  LinkConfig config;
  config.rate = 800 * kKbps;  // 100 bytes a millisecond
  config.delay = 5 * kMillisecond;
  Link link(simulation, config);
  const Micros began = simulation.now();
  std::vector<Micros> arrived;
  const auto send = [&] { link.send(1000, [&] { arrived.push_back(simulation.now() - began); }); };
  send();
  send();
  CHECK_EQ(link.queue_delay(), 20 * kMillisecond);
  simulation.run_for(12 * kMillisecond);
  link.set_rate(400 * kKbps);  // 800 bytes of the second are left: 16 ms
  send();
  simulation.run_for(60 * kMillisecond);
  CHECK_EQ(arrived.size(), 3u);
  CHECK_EQ(arrived[0], 15 * kMillisecond);
  CHECK_EQ(arrived[1], 33 * kMillisecond);
  CHECK_EQ(arrived[2], 53 * kMillisecond);
}

TEST(sim_link_pause, "bwe sim: a paused link keeps everything and goes on where it was") {
  Simulation simulation;
  LinkConfig config;
  config.rate = 800 * kKbps;
  Link link(simulation, config);
  const Micros began = simulation.now();
  std::vector<Micros> arrived;
  link.pause_until(began + kSecond);
  for (int i = 0; i < 100; i++) link.send(1000, [&] { arrived.push_back(simulation.now() - began); });
  simulation.run_for(999 * kMillisecond);
  CHECK_EQ(arrived.size(), 0u);
  simulation.run_for(2 * kSecond);
  CHECK_EQ(arrived.size(), 100u);
  CHECK_EQ(arrived[0], kSecond + 10 * kMillisecond);
  CHECK_EQ(arrived[99], kSecond + kSecond);
}

TEST(sim_link_loss, "bwe sim: loss, bursts, jitter and the queue's bounds are as asked for, and repeat") {
  const auto run = [](uint64_t seed, double loss, double burst, size_t packets) {
    Simulation simulation;
    LinkConfig config;
    config.loss = loss;
    config.burst_start = burst;
    config.burst_length = 10;
    config.delay = 10 * kMillisecond;
    config.jitter = 5 * kMillisecond;
    config.seed = seed;
    Link link(simulation, config);
    uint64_t hash = 0;
    Micros last = 0, longest = 0;
    for (size_t i = 0; i < packets; i++) {
      const Micros sent = simulation.now();
      link.send(100, [&, sent, i] {
        CHECK(simulation.now() >= last);
        last = simulation.now();
        longest = std::max(longest, last - sent);
        hash = hash * 31 + i + static_cast<uint64_t>(last);
      });
      simulation.run_for(kMillisecond);
    }
    simulation.run_for(kSecond);
    CHECK(longest <= 25 * kMillisecond);
    return std::pair(hash, static_cast<double>(link.stats().lost) / static_cast<double>(packets));
  };
  CHECK(std::abs(run(1, 0.1, 0, 50'000).second - 0.1) < 0.01);
  CHECK(std::abs(run(1, 0, 0.005, 50'000).second - 0.048) < 0.01);  // 10 of 210
  CHECK(run(1, 0.1, 0.01, 5000) == run(1, 0.1, 0.01, 5000));
  CHECK(run(1, 0.1, 0.01, 5000).first != run(2, 0.1, 0.01, 5000).first);

  Simulation simulation;
  LinkConfig config;
  config.rate = 80 * kKbps;
  config.queue_packets = 7;
  Link link(simulation, config);
  int arrived = 0;
  for (int i = 0; i < 20; i++) link.send(100, [&] { arrived++; });
  simulation.run_for(kSecond);
  CHECK_EQ(arrived, 7);
  CHECK_EQ(link.stats().dropped, 13u);
}

TEST(sim_tcp, "bwe sim: a bulk transfer fills its link, two of them share it") {
  for (const bool cubic : {false, true}) {
    Simulation simulation;
    LinkConfig config;
    config.rate = 5 * kMbps;
    config.delay = 20 * kMillisecond;
    config.queue_time = 100 * kMillisecond;
    LinkConfig way_back;
    way_back.delay = 20 * kMillisecond;
    Link there(simulation, config), back(simulation, way_back);
    sim::TcpConfig tcp;
    tcp.cubic = cubic;
    sim::TcpFlow a(simulation, there, back, tcp), b(simulation, there, back, tcp);
    a.start();
    simulation.run_for(20 * kSecond);
    CHECK(rate_of(a.acknowledged_bytes(), 20 * kSecond) > 4 * kMbps);
    b.start();
    simulation.run_for(20 * kSecond);
    const int64_t from_a = a.acknowledged_bytes(), from_b = b.acknowledged_bytes();
    simulation.run_for(60 * kSecond);
    const double rates[2] = {static_cast<double>(a.acknowledged_bytes() - from_a),
                             static_cast<double>(b.acknowledged_bytes() - from_b)};
    CHECK(sim::jain({rates[0], rates[1]}) > 0.8);
    CHECK((rates[0] + rates[1]) * 8 / 60 > 4e6);
  }
}

TEST(loss_model, "bwe loss model: random loss is lived with, a full queue is given way to") {
  const auto run = [](double loss, double capacity_bps, BitRate delay_based) {
    sim::Random random(5);
    LossModel model;
    Micros now = 10 * kSecond;
    BitRate rate = delay_based;
    for (int i = 0; i < 600; i++) {
      // A twentieth of a second at the present rate.
      const int packets = static_cast<int>(std::max<int64_t>(1, bytes_in(rate, 50 * kMillisecond) / 1000));
      const double excess = std::max(0.0, 1 - capacity_bps / static_cast<double>(rate));
      double through = 0;
      for (int k = 0; k < packets; k++) {
        const bool lost = random.chance(loss + (1 - loss) * excess);
        model.on_packet(now + 50 * kMillisecond * k / packets, 1000, lost);
        through += lost ? 0 : 1;
      }
      now += 50 * kMillisecond;
      model.update(delay_based, static_cast<BitRate>(through * 8000 / 0.05), false);
      rate = std::min(delay_based, model.estimate());
    }
    return std::pair(rate, model.average_loss());
  };
  CHECK(run(0, 1e12, 2 * kMbps).first == 2 * kMbps);
  CHECK(run(0.02, 1e12, kMbps).first > 900 * kKbps);
  CHECK(run(0.1, 1e12, kMbps).first > 700 * kKbps);
  const auto full = run(0, 1e6, 2 * kMbps);
  CHECK(full.first < 1150 * kKbps && full.first > 800 * kKbps);
  CHECK(full.second < 0.15);
}

}  // namespace parley
