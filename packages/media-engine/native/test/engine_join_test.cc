// Conversations of whole engines on the virtual clock: joining, media, leaving.
#include "../sim/engine_world.h"
#include "test.h"

namespace parley {

using sim::EngineWorld;

namespace {

sim::PathConfig path(Micros delay, double loss = 0) {
  sim::PathConfig path;
  path.up.delay = path.down.delay = delay;
  path.up.loss = path.down.loss = loss;
  return path;
}

}  // namespace

TEST(engine_join, "engine: two join, and media goes both ways") {
  EngineWorld world;
  const size_t ann = world.join(1, path(20 * kMillisecond));
  const size_t bob = world.join(1, path(30 * kMillisecond));
  const size_t ann_video = world.publish(ann);
  const size_t bob_video = world.publish(bob);
  const size_t bob_audio = world.publish(bob, {MediaKind::audio, 50, 80, 1});
  world.forward_all(1);
  world.run_for(10 * kSecond);
  CHECK(world.state_at_server(ann) == TransportState::connected);
  CHECK(world.state_at_server(bob) == TransportState::connected);
  const auto& tracks = world.tracks();
  const auto from_ann = world.participant(bob).heard().of(tracks[ann_video].ssrc);
  const auto from_bob = world.participant(ann).heard().of(tracks[bob_video].ssrc);
  const auto said = world.participant(ann).heard().of(tracks[bob_audio].ssrc);
  std::printf("# %llu and %llu video packets, %llu audio, worst delay %lld us, %llu turns, %llu at once, trace %llx\n",
              (unsigned long long)from_ann.packets, (unsigned long long)from_bob.packets,
              (unsigned long long)said.packets, (long long)from_bob.worst_delay, (unsigned long long)world.server().turns(),
              (unsigned long long)world.most_turns_at_once(), (unsigned long long)world.network().trace());
}

}  // namespace parley
