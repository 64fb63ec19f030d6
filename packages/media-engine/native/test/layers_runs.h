// Whole streams through LayerReader and StreamProjection, with targets that change at random moments, loss, reordering,
// retransmission, wraps and restarts. What the receiver gets is checked from its bytes (layers_model.h).
#pragma once

#include <algorithm>

#include "../layers/layer_table.h"
#include "layers_model.h"

namespace parley::test {

inline constexpr Micros kFrameTime = 33333;

struct Impairment {
  unsigned loss_percent = 0;
  bool repairs = true;  // lost packets come late; otherwise never
  bool reorders = false;
};

struct Scenario {
  SenderOptions sender;
  Impairment network;
  bool reports = true;          // sender reports
  unsigned target_changes = 2;  // percent of pictures
  unsigned restarts = 0;        // in a thousand pictures
  unsigned pauses = 0;          // likewise
  unsigned silences = 0;        // likewise, of an encoding for a second
  int pictures = 1200;
};

struct Run {
  explicit Run(const Scenario& scenario, uint64_t seed)
      : scenario(scenario),
        random(seed),
        sender(scenario.sender, seed),
        receiver(scenario.sender),
        projection(config(seed), target) {
    for (int e = 0; e < scenario.sender.encodings; e++) {
      readers.emplace_back(static_cast<uint8_t>(e), uint8_t{3});
      history.emplace_back();
    }
  }
  static ReceiverNumbers::Config config(uint64_t seed) {
    ReceiverNumbers::Config c;
    c.first_sequence = static_cast<uint16_t>(seed % 2 == 0 ? 0x7FF0 : 5);
    return c;
  }

  void play();
  void arrive(const SentPacket& packet, Micros at);
  void choose_target();
  void ask(Micros now);
  void answer_nacks();
  void check_again();

  const Scenario scenario;
  FixedRandom random;
  LayeredSender sender;
  CheckedReceiver receiver;
  LayerId target{kEveryLayer, kEveryLayer, kEveryLayer};
  StreamProjection projection;
  std::vector<LayerReader> readers;
  std::vector<std::map<uint64_t, SentPacket>> history;
  LayerTable table;
  std::multimap<Micros, SentPacket> on_the_way;
  std::map<uint64_t, Projected> projected;
  Micros now = kSecond;
  Micros next_key_frame = 0;
  int switches = 0, dropped = 0, blanks = 0, answered = 0;
  std::optional<LayerId> before;
};

inline void Run::choose_target() {
  const auto pick = [&](int n) { return static_cast<uint8_t>(random.next() % static_cast<uint64_t>(n)); };
  target = {pick(scenario.sender.encodings), pick(scenario.sender.spatial), pick(scenario.sender.temporal)};
  projection.set_target(target);
}

inline void Run::ask(Micros at) {
  const auto wanted = projection.key_frame_needed(table.active_encodings(at), at);
  if (!wanted || at < next_key_frame) return;
  sender.request_key_frame(std::min<int>(*wanted, scenario.sender.encodings - 1));
  next_key_frame = at + 200 * kMillisecond;
}

inline void Run::arrive(const SentPacket& sent, Micros at) {
  RtpPacket rtp;
  CHECK(rtp_parse(sent.bytes, rtp));
  const auto e = static_cast<size_t>(sent.encoding);
  if (!history[e].emplace(sent.sequence, sent).second) return;
  const LayerPacket packet = readers[e].read(rtp, sent.sequence, at, scenario.sender.codec, kDescriptorId);
  table.on_packet(packet, sent.bytes.size());
  const Projected p = projection.project(packet);
  if (p.action == Projected::Action::Drop) {
    dropped++;
    return;
  }
  if (p.action == Projected::Action::Blank) blanks++;
  receiver.receive(sent, packet, p);
  projected[p.sequence] = p;
  const auto current = projection.current();
  if (current && !(before && *before == *current)) switches++;
  before = current;
}

inline void Run::play() {
  projection.set_target(target);
  std::vector<Micros> silent_until(static_cast<size_t>(scenario.sender.encodings), 0);
  for (int picture = 0; picture < scenario.pictures; picture++) {
    now += kFrameTime;
    if (random.chance(scenario.target_changes)) choose_target();
    if (random.next() % 1000 < scenario.restarts) sender.restart();
    if (random.next() % 1000 < scenario.pauses) projection.restart();
    for (size_t e = 0; e < silent_until.size(); e++) {
      if (random.next() % 1000 < scenario.silences) silent_until[e] = now + kSecond;
      sender.set_silent(static_cast<int>(e), now < silent_until[e]);
      if (scenario.reports && picture % 60 == 7) sender.report(readers[e], static_cast<int>(e), now);
    }
    Micros delay = 10 * kMillisecond;
    for (const SentPacket& packet : sender.picture(now)) {
      delay += 50;
      Micros at = now + delay;
      // Nobody can know of parameter sets before the first packet that comes.
      if (picture == 0 && scenario.sender.codec == VideoCodec::H264) {
        on_the_way.emplace(at, packet);
        continue;
      }
      if (random.chance(scenario.network.loss_percent)) {
        if (!scenario.network.repairs) continue;
        at += 40 * kMillisecond + static_cast<Micros>(random.next() % 40000);
      } else if (scenario.network.reorders && random.chance(5)) {
        at += static_cast<Micros>(random.next() % 400);
      }
      on_the_way.emplace(at, packet);
    }
    while (!on_the_way.empty() && on_the_way.begin()->first < now + kFrameTime) {
      const auto first = on_the_way.begin();
      arrive(first->second, first->first);
      on_the_way.erase(first);
    }
    ask(now);
    if (picture % 5 == 4) answer_nacks();
    if (picture % 100 == 99) check_again();
  }
  while (!on_the_way.empty()) {
    const auto first = on_the_way.begin();
    arrive(first->second, first->first);
    on_the_way.erase(first);
  }
  answer_nacks();
  CHECK(projection.memory() < 7'000);
}

// The receiver asks for all it misses; what we have by now is sent.
inline void Run::answer_nacks() {
  const uint64_t end = projection.next_out();
  for (uint64_t out = end < 400 ? 0 : end - 400; out < end; out++) {
    if (receiver.packets.empty() || out < receiver.packets.begin()->first || receiver.packets.count(out) != 0) continue;
    const auto origin = projection.origin_of(static_cast<uint16_t>(out));
    if (!origin) continue;
    CHECK_EQ(origin->out, out);
    const auto sent = history[origin->encoding].find(origin->sequence);
    if (sent == history[origin->encoding].end()) continue;
    RtpPacket rtp;
    CHECK(rtp_parse(sent->second.bytes, rtp));
    const LayerPacket packet =
        readers[origin->encoding].read_again(rtp, origin->sequence, now, scenario.sender.codec, kDescriptorId);
    const Projected p = projection.project_again(packet, out);
    if (p.action == Projected::Action::Drop) continue;
    receiver.receive(sent->second, packet, p);
    projected[out] = p;
    answered++;
  }
}

// Every number of the last while that the receiver may ask for leads back to its packet and to the same bytes.
inline void Run::check_again() {
  int found = 0;
  for (auto it = receiver.packets.rbegin(); it != receiver.packets.rend() && found < 60; ++it, found++) {
    const auto origin = projection.origin_of(static_cast<uint16_t>(it->first));
    CHECK(origin.has_value());
    CHECK_EQ(origin->out, it->first);
    CHECK_EQ(origin->generation, 3);
    const SentPacket& sent = history[origin->encoding].at(origin->sequence);
    RtpPacket rtp;
    CHECK(rtp_parse(sent.bytes, rtp));
    const LayerPacket packet =
        readers[origin->encoding].read_again(rtp, origin->sequence, now, scenario.sender.codec, kDescriptorId);
    const Projected p = projection.project_again(packet, origin->out);
    CHECK(p.action == projected[it->first].action);
    CHECK_EQ(p.sequence, it->first);
    CHECK_BYTES(CheckedReceiver::write(sent.bytes, packet, p), it->second.bytes);
  }
}

inline SenderOptions vp8_simulcast() {
  SenderOptions o;
  o.encodings = 3;
  return o;
}

inline SenderOptions vp9(bool key_svc) {
  SenderOptions o;
  o.codec = VideoCodec::Vp9;
  o.spatial = 3;
  o.key_svc = key_svc;
  return o;
}

inline SenderOptions av1(int spatial, bool key_svc) {
  SenderOptions o;
  o.codec = VideoCodec::Av1;
  o.spatial = spatial;
  o.key_svc = key_svc;
  o.descriptor = true;
  return o;
}

inline CheckedReceiver::Expect exact() {
  CheckedReceiver::Expect e;
  // Simulcast: two encodings' pictures of one moment cannot have one timestamp.
  e.timestamp_error = 3000;
  return e;
}

/// Nothing is lost: everything must hold.
inline void run_clean(const Scenario& scenario, uint64_t seeds = 4) {
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    Run run(scenario, seed);
    run.play();
    run.receiver.check(run.sender.frames, exact());
    CHECK(run.receiver.packets.size() > 800);
    CHECK(run.switches > 5);
    CHECK_EQ(run.blanks + run.answered, 0);
  }
}

/// Loss that is repaired: every number is filled in the end.
inline void run_lossy(Scenario scenario, uint64_t seeds = 4) {
  scenario.network.loss_percent = 5;
  scenario.network.reorders = true;
  CheckedReceiver::Expect expect = exact();
  expect.picture_ids_close = false;
  // A key frame that comes late, with the next pictures of the former encoding forwarded, cannot go back in time.
  expect.timestamp_error = 4 * 3000;
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    Run run(scenario, seed);
    run.play();
    run.receiver.check(run.sender.frames, expect);
    CHECK(run.receiver.packets.size() > 400);
  }
}

}  // namespace parley::test
