// The engine's promises, watched from outside while a conversation runs: what was allowed when, as the commands had it, and
// what the engine put on the wire and let be heard.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "../sim/engine_world.h"
#include "fuzz.h"

namespace parley::fuzz {

// Longer than the pacer holds a packet.
inline constexpr Micros kHeld = 1200 * kMillisecond;
// From a participant's leaving until the server hears of it, and more.
inline constexpr Micros kSignalling = 50 * kMillisecond;
// Longer than a packet and its repairs take to the server.
inline constexpr Micros kOnTheWay = 3 * kSecond;

class EngineWatch {
 public:
  explicit EngineWatch(sim::EngineWorld& world) : world_(world) {
    world_.wire().set_on_rtp([this](const sim::Packet& packet, uint32_t ssrc) { on_rtp(packet, ssrc); });
  }

  void set_forwarded(size_t who, const std::vector<size_t>& tracks) {
    settle();
    forwarded_[who] = tracks;
  }
  void set_blocked(size_t track, bool blocked) {
    settle();
    blocked_[track] = blocked;
  }
  void add_participant(size_t who) {
    world_.participant(who).heard().set_on_packet([this, who](uint32_t ssrc, Micros made, Micros now) {
      const size_t track = (ssrc - kSsrc) / 10;
      settle();
      const Micros since = kOnTheWay + stalled_;
      // A command waits while the server's thread is asleep.
      const Micros last = last_allowed_[std::pair(who, track)] + kSignalling + stalled_;
      if (made >= 0 && made <= now && now - made < since) REQUIRE(last >= made);
    });
  }
  // The server does nothing for so long: what it took before may come out behind it.
  void stalled(Micros time) { stalled_ += time; }

  void check() {
    settle();
    REQUIRE(world_.wire().reused() == 0);
    REQUIRE(world_.most_turns_at_once() <= 64);
    for (const auto& server : world_.servers()) check(server->loop());
  }

 private:
  static constexpr uint32_t kSsrc = 100'000;

  void check(const Loop& loop) const {
    const LoopTables tables = loop.tables();
    REQUIRE(tables.transports <= world_.participants());
    REQUIRE(tables.sources <= world_.tracks().size());
    REQUIRE(tables.ufrags <= 3 * tables.transports);
    REQUIRE(tables.addresses <= 32 * tables.transports);
    for (const TransportSnapshot& transport : loop.snapshot().transports) {
      REQUIRE(transport.paced.queued_bytes <= 2'000'000);
      // Audio adds what it is; it never waits for long.
      REQUIRE(transport.paced.queue_age <= kHeld + stalled_);
    }
  }

  [[nodiscard]] bool is_allowed(size_t who, size_t track) const {
    const auto list = forwarded_.find(who);
    const auto blocked = blocked_.find(track);
    return list != forwarded_.end() && world_.tracks()[track].open && (blocked == blocked_.end() || !blocked->second) &&
           std::find(list->second.begin(), list->second.end(), track) != list->second.end();
  }
  // What is allowed has been so until now; before every change.
  void settle() {
    for (const auto& [who, tracks] : forwarded_) {
      for (const size_t track : tracks) {
        if (is_allowed(who, track)) last_allowed_[{who, track}] = world_.simulation().now();
      }
    }
  }
  void on_rtp(const sim::Packet& packet, uint32_t ssrc) {
    if (packet.from.ip != world_.server_address().ip) return;
    const auto who = world_.participant_at(packet.to);
    REQUIRE(who);  // never to a stranger
    const size_t track = (ssrc - kSsrc) / 10;
    REQUIRE(ssrc >= kSsrc && track < world_.tracks().size());
    REQUIRE(world_.tracks()[track].owner != *who);
    settle();
    const auto last = last_allowed_.find({*who, track});
    REQUIRE(last != last_allowed_.end());
    REQUIRE(world_.simulation().now() - last->second <= kHeld + stalled_);
  }

  sim::EngineWorld& world_;
  std::map<size_t, std::vector<size_t>> forwarded_;
  std::map<size_t, bool> blocked_;
  std::map<std::pair<size_t, size_t>, Micros> last_allowed_;
  Micros stalled_ = 0;
};

}  // namespace parley::fuzz
