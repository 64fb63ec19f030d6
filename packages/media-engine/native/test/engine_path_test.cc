// Conversations of whole engines on the virtual clock, over paths that lose, change, narrow and end.
#include <array>

#include "../core/rtcp.h"
#include "../sim/engine_world.h"
#include "test.h"

namespace parley {

using sim::EngineWorld;
using sim::symmetric_path;

TEST(engine_repair, "engine: of five percent lost each way, hardly anything is missing after repair") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(25 * kMillisecond, 0.05));
  const size_t bob = world.join(1, symmetric_path(25 * kMillisecond, 0.05));
  const size_t video = world.publish(ann, {MediaKind::video, 100, 600, 2});
  world.forward_all(1);
  auto& heard = world.participant(bob).heard();
  world.run_for(23 * kSecond);
  for (const size_t who : {ann, bob}) {
    world.participant(who).node().host().up().set_loss(0);
    world.participant(who).node().host().down().set_loss(0);
  }
  world.run_for(kSecond);
  const auto stream = heard.of(world.tracks()[video].ssrc);
  const auto at_ann = world.snapshot_at_server(ann).media, at_bob = world.snapshot_at_server(bob).media;
  std::printf("# %llu packets, %llu missing, worst delay %lld ms, %llu asked of the sender, %llu resent to the receiver, %llu "
              "twice, %llu lost on the way down\n",
              (unsigned long long)stream.packets, (unsigned long long)heard.sink().missing(),
              (long long)stream.worst_delay / 1000, (unsigned long long)at_ann.nacks_sent,
              (unsigned long long)at_bob.retransmitted,
              (unsigned long long)world.participant(bob).node().loop().snapshot().drops.by_reason[static_cast<size_t>(Drop::duplicate)],
              (unsigned long long)world.participant(bob).node().host().down().stats().lost);
  CHECK(stream.packets > 2250);
  CHECK(heard.sink().missing() <= 1);
  CHECK(at_ann.nacks_sent > 50 && at_bob.retransmitted > 50);
  CHECK_EQ(heard.sink().discontinuities(), 0u);
  CHECK_EQ(world.wire().reused(), 0u);
}

TEST(engine_restart, "engine: ICE starts anew while media flows, and nobody hears it") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t bob = world.join(1, symmetric_path(20 * kMillisecond));
  world.publish(ann);
  const size_t said = world.publish(bob, {MediaKind::audio, 50, 80, 1});
  world.forward_all(1);
  world.run_for(2 * kSecond);
  static_cast<void>(world.server().take_events());
  for (int i = 0; i < 5; i++) {
    world.restart_ice(i % 2 == 0 ? ann : bob);
    world.run_for(1500 * kMillisecond);
  }
  for (const EngineEvent& event : world.server().take_events()) CHECK(event.type != EngineEvent::Type::transport_state);
  const auto heard = world.participant(ann).heard().of(world.tracks()[said].ssrc);
  CHECK(heard.longest_gap <= 21 * kMillisecond);
  CHECK_EQ(world.participant(bob).heard().sink().missing(), 0u);
  CHECK(world.server().loop().tables().ufrags <= 6);
  CHECK_EQ(world.wire().reused(), 0u);
}

TEST(engine_move, "engine: a client whose address changes is heard again when its next check comes from there") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t bob = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t from_bob = world.publish(bob, {MediaKind::audio, 50, 80, 1});
  const size_t from_ann = world.publish(ann, {MediaKind::audio, 50, 80, 1});
  world.forward_all(1);
  world.run_for(3 * kSecond);
  world.move(bob);
  world.run_for(12 * kSecond);
  const auto at_ann = world.participant(ann).heard().of(world.tracks()[from_bob].ssrc);
  const auto at_bob = world.participant(bob).heard().of(world.tracks()[from_ann].ssrc);
  std::printf("# away for %lld ms towards the others, %lld ms from them\n", (long long)at_ann.longest_gap / 1000,
              (long long)at_bob.longest_gap / 1000);
  CHECK(world.state_at_server(bob) == TransportState::connected);
  const Micros now = world.simulation().now();
  CHECK(now - at_ann.last_arrival < 100 * kMillisecond);
  CHECK(now - at_bob.last_arrival < 100 * kMillisecond);
  CHECK(world.drops(Drop::unknown_source_address) > 0);
}

TEST(engine_move_restart, "engine: a client whose address changes is back at once when it restarts ICE") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t bob = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t from_bob = world.publish(bob, {MediaKind::audio, 50, 80, 1});
  const size_t from_ann = world.publish(ann, {MediaKind::audio, 50, 80, 1});
  world.forward_all(1);
  world.run_for(3 * kSecond);
  world.move(bob);
  world.restart_ice(bob);
  world.run_for(3 * kSecond);
  const auto at_ann = world.participant(ann).heard().of(world.tracks()[from_bob].ssrc);
  const auto at_bob = world.participant(bob).heard().of(world.tracks()[from_ann].ssrc);
  std::printf("# away for %lld ms towards the others, %lld ms from them\n", (long long)at_ann.longest_gap / 1000,
              (long long)at_bob.longest_gap / 1000);
  CHECK(at_ann.longest_gap < 400 * kMillisecond);
  CHECK(at_bob.longest_gap < 400 * kMillisecond);
}

TEST(engine_vanish, "engine: who vanishes is sent nothing any more when consent has expired, and costs the others nothing") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t bob = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t carl = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t video = world.publish(ann, {MediaKind::video, 50, 300, 1});
  world.forward_all(1);
  world.run_for(3 * kSecond);
  static_cast<void>(world.server().take_events());
  Micros last_sent = 0;
  world.wire().set_on_rtp([&](const sim::Packet& packet, uint32_t) {
    if (world.participant_at(packet.to) == bob) last_sent = world.simulation().now();
  });
  const Micros gone = world.simulation().now();
  world.participant(carl).heard().reset();
  world.vanish(bob);
  world.run_for(45 * kSecond);
  CHECK(world.state_at_server(bob) == TransportState::failed);
  std::printf("# the last packet left after %lld ms\n", (long long)(last_sent - gone) / 1000);
  // RFC 7675 §5.1: 30 s from the last answer.
  CHECK(last_sent - gone > 20 * kSecond && last_sent - gone <= 31 * kSecond);
  bool told = false;
  for (const EngineEvent& event : world.server().take_events()) {
    if (event.type != EngineEvent::Type::transport_state || event.state != TransportState::failed) continue;
    told = event.id == world.participant(bob).id() && std::string(event.reason) == "consent-expired";
  }
  CHECK(told);
  const auto heard = world.participant(carl).heard().of(world.tracks()[video].ssrc);
  CHECK(heard.longest_gap <= 41 * kMillisecond);
  CHECK_EQ(world.participant(carl).heard().sink().missing(), 0u);
}

// The part of the bridge: what fits is forwarded.
class Allocation {
 public:
  Allocation(EngineWorld& world, size_t who, size_t audio, size_t small, size_t large)
      : world_(world), who_(who), audio_(audio), small_(small), large_(large) {}
  void run() {
    for (const EngineEvent& event : world_.server().take_events()) {
      if (event.type != EngineEvent::Type::bandwidth_estimate || event.id != world_.participant(who_).id()) continue;
      const size_t video = event.bps > 1'400'000 ? large_ : small_;
      if (std::exchange(video_, video) != video) world_.forward(who_, {audio_, video});
    }
  }

 private:
  EngineWorld& world_;
  size_t who_, audio_, small_, large_;
  size_t video_ = SIZE_MAX;
};

struct Narrow {
  EngineWorld world;
  size_t ann, bob, carl, large, small, said;
  int samples = 0;
  size_t most_queued = 0;
  Micros oldest = 0;

  Narrow() {
    sim::PathConfig narrow = symmetric_path(20 * kMillisecond);
    narrow.down.rate = 500 * kKbps;
    ann = world.join(1, symmetric_path(20 * kMillisecond));
    bob = world.join(1, narrow);
    carl = world.join(1, symmetric_path(20 * kMillisecond));
    large = world.publish(ann, {MediaKind::video, 150, 1000, 5});  // 1.2 Mbit/s
    small = world.publish(ann, {MediaKind::video, 60, 500, 2});    // 240 kbit/s
    said = world.publish(carl, {MediaKind::audio, 50, 80, 1});
    world.forward_all(1);
  }
  void sample() {
    world.run_for(100 * kMillisecond);
    // Before that the estimates find their way up, to everybody.
    if (++samples == 50) world.participant(carl).heard().reset();
    const auto paced = world.snapshot_at_server(bob).paced;
    most_queued = std::max(most_queued, paced.queued_bytes);
    oldest = std::max(oldest, paced.queue_age);
  }
  [[nodiscard]] const sim::LinkStats& down() { return world.participant(bob).node().host().down().stats(); }
  void report() {
    const auto paced = world.snapshot_at_server(bob).paced;
    std::printf("# estimate %lld kbit/s, at most %zu bytes and %lld ms in the pacer; link: %llu sent, %llu dropped; audio %lld "
                "ms late, %llu of it; %zu timers\n",
                (long long)paced.target / 1000, most_queued, (long long)oldest / 1000,
                (unsigned long long)down().sent_packets, (unsigned long long)down().dropped,
                (long long)world.participant(bob).heard().of(world.tracks()[said].ssrc).worst_delay / 1000,
                (unsigned long long)world.participant(bob).heard().of(world.tracks()[said].ssrc).packets,
                world.server().loop().tables().timers);
  }
  void check_others() {
    CHECK(most_queued <= 2'000'000 && oldest <= 1100 * kMillisecond);
    CHECK_EQ(world.participant(carl).heard().sink().missing(), 0u);
    CHECK(world.participant(carl).heard().of(world.tracks()[large].ssrc).worst_delay <= 80 * kMillisecond);
    CHECK(world.snapshot_at_server(carl).paced.target > 1400 * kKbps);
    CHECK_EQ(world.wire().reused(), 0u);
  }
};

TEST(engine_narrow, "engine: the estimate of a path of 500 kbit/s falls to it, and disturbs nobody else") {
  Narrow call;
  Allocation allocation(call.world, call.bob, call.said, call.small, call.large);
  for (int i = 0; i < 200; i++) {
    call.sample();
    allocation.run();
  }
  call.report();
  const BitRate target = call.world.snapshot_at_server(call.bob).paced.target;
  CHECK(target > 250 * kKbps && target < 600 * kKbps);
  CHECK(call.down().dropped * 10 < call.down().sent_packets);
  call.check_others();
}

TEST(engine_narrow_unheeded, "engine: repair does not multiply what a path cannot carry, even when nobody heeds the estimate") {
  Narrow call;
  for (int i = 0; i < 150; i++) call.sample();
  call.report();
  // 150 + 60 + 50 packets a second are forwarded, fifteen seconds long.
  CHECK(call.down().sent_packets < 15 * 260 * 3 / 2);
  call.check_others();
}

TEST(engine_no_demand, "engine: a receiver for whom nothing is wanted changes its path, and is not probed") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t bob = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t video = world.publish(ann);
  world.forward_all(1);
  world.run_for(2 * kSecond);
  world.server_of(bob).post([id = world.participant(bob).id()](Loop& loop) { loop.set_demand(id, 0); });
  world.run_for(kSecond);
  const uint64_t padded = world.snapshot_at_server(bob).paced.padding_bytes;
  world.move(bob);
  world.restart_ice(bob);
  world.run_for(5 * kSecond);
  CHECK_EQ(world.snapshot_at_server(bob).paced.padding_bytes, padded);
  const auto heard = world.participant(bob).heard().of(world.tracks()[video].ssrc);
  CHECK(world.simulation().now() - heard.last_arrival < 100 * kMillisecond);
}

TEST(engine_key_frame_storm, "engine: fifty join within a second, and the sender is asked for at most two key frames a second") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t video = world.publish(ann, {MediaKind::video, 50, 300, 1});
  world.run_for(2 * kSecond);
  const auto asked = [&] { return world.snapshot_at_server(ann).media.plis_sent; };
  const uint64_t before = asked();
  std::vector<size_t> joined;
  for (int i = 0; i < 50; i++) {
    joined.push_back(world.join(1, symmetric_path((5 + i) * kMillisecond)));
    world.forward(joined.back(), {video});
    world.run_for(20 * kMillisecond);
  }
  world.run_for(kSecond);
  size_t seeing = 0;
  for (const size_t who : joined) {
    if (world.participant(who).heard().of(world.tracks()[video].ssrc).packets > 0) seeing++;
  }
  std::printf("# %llu key frames asked for in two seconds, %zu of 50 see the picture, %llu turns at once\n",
              (unsigned long long)(asked() - before), seeing, (unsigned long long)world.most_turns_at_once());
  CHECK(asked() - before <= 5);
  CHECK_EQ(seeing, 50u);
  const auto tables = world.server().loop().tables();
  std::printf("# %zu timers for %zu transports\n", tables.timers, tables.transports);
}

TEST(engine_feedback_flood, "engine: a packet full of feedback about thousands of packets each is not read") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t bob = world.join(1, symmetric_path(20 * kMillisecond));
  world.publish(ann, {MediaKind::video, 100, 600, 2});
  world.forward_all(1);
  world.run_for(3 * kSecond);
  const uint64_t before = world.snapshot_at_server(bob).paced.path.feedback;
  CHECK(before > 20);
  CHECK_EQ(world.drops(Drop::rate_limited), 0u);
  // 8192 packets, all missing, in two chunks.
  const uint8_t fci[12] = {0, 0, 0x20, 0, 0, 0, 1, 0, 0x1f, 0xff, 0, 1};
  for (int i = 0; i < 100; i++) {
    world.participant(bob).node().post([&](Loop& loop) {
      std::array<uint8_t, 1200> bytes;
      RtcpWriter writer{MutableByteSpan(bytes)};
      while (writer.room() >= 24) writer.feedback(RtcpType::TransportFeedback, kFmtTransportCc, 1, 1, ByteSpan(fci));
      CHECK(loop.find_transport(sim::Participant::kTransport)->send_rtcp(ByteSpan(bytes.data(), writer.size())));
    });
    world.run_for(10 * kMillisecond);
  }
  world.run_for(100 * kMillisecond);
  const uint64_t flooded = world.snapshot_at_server(bob).paced.path.feedback - before;
  std::printf("# %llu read of 5000\n", (unsigned long long)flooded);
  CHECK(flooded < 160);
  CHECK(world.drops(Drop::rate_limited) >= 95);
  // What is true is heard again a moment later.
  const uint64_t dropped = world.drops(Drop::rate_limited);
  world.run_for(2 * kSecond);
  CHECK_EQ(world.drops(Drop::rate_limited), dropped);
  CHECK(world.snapshot_at_server(bob).paced.path.feedback > before + flooded + 10);
}

}  // namespace parley
