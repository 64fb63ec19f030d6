// Conversations of whole engines on the virtual clock: joining, rooms, leaving.
#include "../sim/engine_world.h"
#include "test.h"

namespace parley {

using sim::EngineWorld;
using sim::symmetric_path;

namespace {

uint64_t trace_of_a_call(uint64_t seed) {
  sim::WorldConfig config;
  config.seed = seed;
  EngineWorld world(config);
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond, 0.05));
  const size_t bob = world.join(1, symmetric_path(30 * kMillisecond, 0.05));
  world.publish(ann);
  world.publish(bob, {MediaKind::audio, 50, 80, 1});
  world.forward_all(1);
  world.run_for(3 * kSecond);
  world.restart_ice(bob);
  world.run_for(2 * kSecond);
  world.leave(ann);
  world.run_for(kSecond);
  return world.network().trace();
}

}  // namespace

TEST(engine_join, "engine: two join, and media goes both ways") {
  for (const SrtpProfile profile : {SrtpProfile::Aes128CmSha1_80, SrtpProfile::AeadAes128Gcm}) {
    sim::WorldConfig config;
    config.profile = profile;
    EngineWorld world(config);
    const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
    const size_t bob = world.join(1, symmetric_path(30 * kMillisecond));
    const size_t ann_video = world.publish(ann);
    const size_t bob_video = world.publish(bob);
    const size_t bob_audio = world.publish(bob, {MediaKind::audio, 50, 80, 1});
    world.forward_all(1);
    world.run_for(10 * kSecond);
    CHECK(world.state_at_server(ann) == TransportState::connected);
    CHECK(world.state_at_server(bob) == TransportState::connected);
    auto& at_ann = world.participant(ann).heard();
    auto& at_bob = world.participant(bob).heard();
    const auto& tracks = world.tracks();
    // Of ten seconds, the first quarter of one goes into signalling, ICE and DTLS.
    CHECK(at_bob.of(tracks[ann_video].ssrc).packets >= 485);
    CHECK(at_ann.of(tracks[bob_video].ssrc).packets >= 485);
    CHECK(at_ann.of(tracks[bob_audio].ssrc).packets >= 485);
    CHECK_EQ(at_ann.sink().missing() + at_bob.sink().missing(), 0u);
    CHECK_EQ(at_ann.sink().discontinuities() + at_bob.sink().discontinuities(), 0u);
    // Audio is never held back.
    CHECK(at_ann.of(tracks[bob_audio].ssrc).worst_delay <= 51 * kMillisecond);
    CHECK_EQ(world.all_drops(), 0u);
    CHECK_EQ(world.wire().reused(), 0u);
    CHECK(world.most_turns_at_once() <= 4);
  }
}

TEST(engine_same_seed, "engine: a call takes the same course for the same seed, byte for byte, and another for another") {
  const uint64_t trace = trace_of_a_call(3);
  CHECK_EQ(trace_of_a_call(3), trace);
  CHECK(trace_of_a_call(4) != trace);
}

TEST(engine_lossy_join, "engine: a third of all packets lost, and still everybody gets in, or is given up in time") {
  int connected = 0;
  for (uint64_t seed = 1; seed <= 8; seed++) {
    sim::WorldConfig config;
    config.seed = seed;
    EngineWorld world(config);
    const size_t ann = world.join(1, symmetric_path(50 * kMillisecond, 0.33));
    world.run_for(20 * kSecond);
    const TransportState state = world.state_at_server(ann);
    CHECK(state == TransportState::connected || state == TransportState::disconnected || state == TransportState::failed);
    if (state != TransportState::failed) connected++;
  }
  std::printf("# %d of 8 connected\n", connected);
  CHECK(connected >= 6);
}

TEST(engine_rooms, "engine: what is said in one room is never heard in another, whatever the caller asks for") {
  EngineWorld world;
  const size_t ann = world.join(1), bob = world.join(1), eve = world.join(2), dan = world.join(2);
  const size_t from_ann = world.publish(ann);
  const size_t from_dan = world.publish(dan);
  world.forward_all(1);
  world.forward(eve, {from_ann, from_dan});
  world.run_for(3 * kSecond);
  CHECK(world.participant(bob).heard().of(world.tracks()[from_ann].ssrc).packets > 100);
  CHECK(world.participant(eve).heard().of(world.tracks()[from_dan].ssrc).packets > 100);
  CHECK_EQ(world.participant(eve).heard().of(world.tracks()[from_ann].ssrc).packets, 0u);
  CHECK_EQ(world.participant(bob).heard().streams().size(), 1u);
  CHECK_EQ(world.participant(ann).heard().streams().size(), 0u);
}

TEST(engine_block, "engine: nothing that is made while a source is blocked is ever heard, and it comes back with a key frame") {
  EngineWorld world;
  const size_t ann = world.join(1, symmetric_path(20 * kMillisecond));
  const size_t bob = world.join(1, symmetric_path(20 * kMillisecond, 0.02));
  const size_t video = world.publish(ann);
  world.forward_all(1);
  world.run_for(3 * kSecond);
  const Micros blocked_at = world.simulation().now();
  world.set_blocked(video, true);
  Micros unblocked_at = kNever;
  uint64_t leaked = 0, heard_again = 0;
  world.participant(bob).heard().set_on_packet([&](uint32_t, Micros made, Micros) {
    if (made < blocked_at) return;
    made < unblocked_at ? leaked++ : heard_again++;
  });
  world.run_for(2 * kSecond);
  unblocked_at = world.simulation().now() - 20 * kMillisecond;  // what is on its way then may be heard
  world.set_blocked(video, false);
  world.run_for(2 * kSecond);
  CHECK_EQ(leaked, 0u);
  CHECK(heard_again > 80);
  // The picture ids of what was not forwarded are left out, at a key frame, where that harms nobody.
  CHECK(world.participant(bob).heard().sink().discontinuities() <= 1);
}

TEST(engine_threads, "engine: rooms on several threads of one port, and packets find their room wherever they arrive") {
  sim::WorldConfig config;
  config.server_loops = 3;
  EngineWorld world(config);
  std::vector<size_t> audio;
  for (uint32_t i = 0; i < 9; i++) {
    const size_t who = world.join(1 + i % 3, symmetric_path((10 + i) * kMillisecond));
    world.publish(who);
    audio.push_back(world.publish(who, {MediaKind::audio, 50, 80, 1}));
  }
  for (uint32_t room = 1; room <= 3; room++) world.forward_all(room);
  world.run_for(3 * kSecond);
  world.restart_ice(4);
  world.run_for(2 * kSecond);
  uint64_t handed_over = 0;
  for (const auto& server : world.servers()) handed_over += server->loop().snapshot().threads.front().handed_over;
  CHECK(handed_over > 1000);
  for (size_t who = 0; who < 9; who++) {
    CHECK(world.state_at_server(who) == TransportState::connected);
    CHECK_EQ(world.participant(who).heard().streams().size(), 4u);  // audio and video of two others
    CHECK_EQ(world.participant(who).heard().sink().missing(), 0u);
    for (const size_t track : audio) {
      if (world.participant(who).heard().of(world.tracks()[track].ssrc).packets == 0) continue;
      CHECK(world.participant(who).heard().of(world.tracks()[track].ssrc).longest_gap <= 21 * kMillisecond);
    }
  }
  CHECK_EQ(world.all_drops(), 0u);
  for (uint32_t room = 1; room <= 3; room++) world.close_room(room);
  world.run_for(40 * kSecond);
  CHECK(world.server_is_empty());
}

TEST(engine_leave, "engine: when everybody has left, nothing is kept and nothing is planned") {
  EngineWorld world;
  for (int i = 0; i < 6; i++) {
    const size_t who = world.join(1 + i % 2, symmetric_path((10 + 5 * i) * kMillisecond, 0.02));
    world.publish(who);
    world.publish(who, {MediaKind::audio, 50, 80, 1});
  }
  world.forward_all(1);
  world.forward_all(2);
  world.run_for(3 * kSecond);
  world.restart_ice(1);
  world.move(2);
  world.run_for(kSecond);
  world.leave(0);
  world.vanish(4);
  world.run_for(kSecond);
  world.close_at_server(4);
  world.close_room(1);
  world.run_for(kSecond);
  world.close_room(2);
  // The timers of what is closed run out and find nothing; the longest is ICE's.
  world.run_for(40 * kSecond);
  CHECK(world.server_is_empty());
  const uint64_t turns = world.server().turns();
  world.run_for(3600 * kSecond);
  CHECK_EQ(world.server().turns(), turns);
}

}  // namespace parley
