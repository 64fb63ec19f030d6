// What whole engines tell of themselves: times in the engine, round trips, and why packets were lost.
#include <array>
#include <numeric>

#include "../sim/engine_world.h"
#include "core/rtcp.h"
#include "test.h"

namespace parley {

using sim::EngineWorld;
using sim::symmetric_path;

namespace {

template <typename Histogram>
uint64_t total(const Histogram& histogram) {
  return std::accumulate(histogram.counts().begin(), histogram.counts().end(), uint64_t{0});
}

struct Call {
  EngineWorld world;
  size_t ann, bob, video;

  explicit Call(BitRate down = 0) {
    sim::PathConfig path = symmetric_path(20 * kMillisecond);
    if (down != 0) path.down.rate = down;
    ann = world.join(1, symmetric_path(20 * kMillisecond));
    bob = world.join(1, path);
    video = world.publish(ann, {MediaKind::video, 150, 1000, 5});  // 1.2 Mbit/s
    world.forward_all(1);
  }
  [[nodiscard]] EngineSnapshot at_server() { return world.server().loop().snapshot(); }
  // From bob's transport to the server, under his keys.
  void send_rtcp(ByteSpan packet) {
    const std::vector<uint8_t> copy(packet.begin(), packet.end());
    world.participant(bob).node().post([copy](Loop& loop) {
      CHECK(loop.find_transport(sim::Participant::kTransport)->send_rtcp(copy));
    });
    world.run_for(50 * kMillisecond);
  }
};

}  // namespace

TEST(engine_insight_transit, "engine: each forwarded packet's time in the engine is counted once, however it left") {
  Call wide;
  wide.world.run_for(5 * kSecond);
  const EngineSnapshot fast = wide.at_server();
  CHECK(fast.forwarded > 600);
  CHECK_EQ(total(fast.transit), fast.forwarded);
  CHECK_EQ(total(fast.receive_batch), total(fast.receive_wait));
  CHECK(total(fast.receive_batch) > 0);

  Call narrow(800 * kKbps);
  narrow.world.run_for(8 * kSecond);
  const EngineSnapshot slow = narrow.at_server();
  // 16 ms and more: nothing waits for so long but in the pacer.
  const auto& counts = slow.transit.counts();
  CHECK(std::accumulate(counts.begin() + 15, counts.end(), uint64_t{0}) > 100);
  CHECK(total(slow.transit) <= slow.forwarded);
}

TEST(engine_insight_round_trip, "engine: feedback tells the round trip of media") {
  Call call;
  call.world.run_for(5 * kSecond);
  const Micros round_trip = call.world.snapshot_at_server(call.bob).paced.path.round_trip;
  // 40 ms of path, and the pause between two feedbacks.
  CHECK(round_trip >= 40 * kMillisecond);
  CHECK(round_trip < 250 * kMillisecond);
}

TEST(engine_insight_closed, "engine: what waits for a receiver who goes is counted as lost with them, packet by packet") {
  Call call(300 * kKbps);
  const auto waiting = [&] { return call.world.snapshot_at_server(call.bob).paced.queued_bytes; };
  for (int i = 0; i < 200 && waiting() < 20'000; i++) call.world.run_for(50 * kMillisecond);
  const size_t bytes = waiting();
  CHECK(bytes >= 20'000);
  CHECK_EQ(call.world.drops(Drop::transport_closed), 0u);
  call.world.close_at_server(call.bob);
  call.world.run_for(kMillisecond);
  const uint64_t lost = call.world.drops(Drop::transport_closed);
  // Packets of about 1100 bytes on the wire.
  CHECK(lost >= bytes / 1200);
  CHECK(lost <= bytes / 1000 + 1);
}

TEST(engine_insight_rtcp, "engine: an unreadable compound packet is one drop, however much of it is unreadable") {
  Call call;
  call.world.run_for(2 * kSecond);
  CHECK_EQ(call.world.all_drops(), 0u);
  std::array<uint8_t, 200> bytes;
  RtcpWriter writer{MutableByteSpan(bytes)};
  const std::array<uint8_t, 4> too_short{};
  for (int i = 0; i < 3; i++) writer.feedback(RtcpType::TransportFeedback, kFmtTransportCc, 1, 2, ByteSpan(too_short));
  call.send_rtcp(ByteSpan(bytes.data(), writer.size()));
  CHECK_EQ(call.world.drops(Drop::malformed_rtcp), 1u);
  CHECK_EQ(call.world.all_drops(), 1u);
}

TEST(engine_insight_limits, "engine: requests for key frames beyond the budget are counted, each once") {
  Call call;
  call.world.run_for(2 * kSecond);
  const auto heard = [&] { return call.world.snapshot_at_server(call.bob).media.plis_received; };
  const uint64_t before = heard();
  const uint64_t limited = call.world.drops(Drop::rtcp_limited);
  std::array<uint8_t, 1000> bytes;
  RtcpWriter writer{MutableByteSpan(bytes)};
  for (int i = 0; i < 60; i++) writer.pli(1, call.world.tracks()[call.video].ssrc);
  call.send_rtcp(ByteSpan(bytes.data(), writer.size()));
  const uint64_t refused = call.world.drops(Drop::rtcp_limited) - limited;
  CHECK(refused > 0);
  CHECK_EQ(heard() - before + refused, 60u);
}

}  // namespace parley
