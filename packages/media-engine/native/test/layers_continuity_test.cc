// Streams that stop, pause, begin anew, change their codec or lose packets for good: numbers go on, memory is bounded.
#include "layers_runs.h"

namespace parley {
using namespace parley::test;

TEST(projection_restart, "projection: a sender that begins anew, and pauses") {
  for (const SenderOptions& o : {vp8_simulcast(), vp9(true), av1(3, false)}) {
    Scenario scenario{o, {}};
    scenario.restarts = 5;
    scenario.pauses = 5;
    for (uint64_t seed = 1; seed <= 4; seed++) {
      Run run(scenario, seed);
      run.play();
      CheckedReceiver::Expect expect = exact();
      // Reports of the old time line mislead until the next one.
      expect.timestamp_error = 6 * 90000;
      run.receiver.check(run.sender.frames, expect);
      CHECK(run.receiver.packets.size() > 800);
    }
  }
}

TEST(projection_lost_for_good, "projection: unrepaired loss leaves holes, never wrong numbers") {
  for (const SenderOptions& o : {vp8_simulcast(), vp9(false), vp9(true), av1(3, true)}) {
    Scenario scenario{o, {10, false, true}};
    CheckedReceiver::Expect expect = exact();
    expect.no_holes = false;
    expect.all_references = false;
    expect.picture_ids_close = false;
    for (uint64_t seed = 1; seed <= 4; seed++) {
      Run run(scenario, seed);
      run.play();
      // A lost structure makes the receiver's own reading impossible, as it does in real ones.
      if (!o.descriptor) run.receiver.check(run.sender.frames, expect);
      CHECK(run.receiver.packets.size() > 300);
    }
  }
}

TEST(projection_silence, "projection: an encoding that stops is left at the next key frame of a lower one") {
  Scenario scenario{vp8_simulcast(), {}};
  scenario.target_changes = 0;
  Run run(scenario, 1);
  run.projection.set_target({2, 0, 2});
  int lower = 0;
  Micros stopped = 0, fell_back = 0;
  for (int picture = 0; picture < 300; picture++) {
    run.now += kFrameTime;
    if (picture == 100) {
      run.sender.set_silent(2, true);
      stopped = run.now;
    }
    for (const SentPacket& packet : run.sender.picture(run.now)) run.arrive(packet, run.now);
    run.ask(run.now);
    const auto current = run.projection.current();
    if (picture == 99) CHECK_EQ(current->encoding, 2);
    if (picture > 100 && current->encoding < 2 && fell_back == 0) fell_back = run.now;
    if (current->encoding == 1) lower++;
    if (picture == 200) run.sender.set_silent(2, false);
  }
  CHECK(fell_back != 0);
  CHECK(fell_back - stopped < 500 * kMillisecond);
  CHECK(lower > 50);
  CHECK_EQ(run.projection.current()->encoding, 2);
  run.receiver.check(run.sender.frames, exact());
}

TEST(projection_no_reports, "projection: without sender reports timestamps go on by time of arrival") {
  Scenario scenario{vp8_simulcast(), {}};
  scenario.reports = false;
  run_clean(scenario);
}

TEST(projection_shed_loss, "projection: packets lost inside layers that are left out leave no hole") {
  Scenario scenario{vp9(false), {20, false, false}};
  scenario.target_changes = 0;
  Run run(scenario, 3);
  run.target = {0, 0, 2};
  run.play();
  size_t holes = 0;
  for (auto it = run.receiver.packets.begin(), next = std::next(it); next != run.receiver.packets.end(); it = next++) {
    holes += next->first - it->first - 1;
  }
  // A picture has 1.5 packets of S0 and 6 of others on average. Of 20 % loss S0 has a quarter of a packet for each one
  // forwarded; where whole frames are lost it is not sure to which layer they belonged.
  CHECK(holes * 100 < run.receiver.packets.size() * 35);
}

TEST(projection_whole, "projection: an opaque stream without descriptor is forwarded whole, also after a pause") {
  SenderOptions o = vp8_simulcast();
  o.encodings = 1;
  o.opaque = true;
  o.codec = VideoCodec::Unknown;
  Scenario scenario{o, {}};
  scenario.pauses = 5;
  Run run(scenario, 1);
  run.play();
  size_t sent = 0;
  for (const auto& [id, frame] : run.sender.frames) sent += static_cast<size_t>(frame.packets);
  CHECK_EQ(run.receiver.packets.size(), sent);
  CHECK_EQ(run.dropped, 0);
  run.receiver.check(run.sender.frames, exact());
}

// One packet of a frame for a few tests that need nothing of a real sender.
LayerPacket simple_packet(LayerScheme scheme, uint64_t sequence, Micros now, bool key) {
  LayerPacket packet;
  packet.scheme = scheme;
  packet.sequence = sequence;
  packet.timestamp = static_cast<uint32_t>(now * 9 / 100);
  packet.arrived = now;
  packet.marker = true;
  packet.starts_frame = packet.ends_frame = true;
  packet.starts_key_frame = key;
  return packet;
}

TEST(projection_other_codec, "projection: after a change of codec a key frame is asked for until one came") {
  StreamProjection projection({100, 90000, 96}, {0, kEveryLayer, kEveryLayer});
  Micros now = kSecond;
  CHECK(projection.project(simple_packet(LayerScheme::Simulcast, 1000, now, true)).action ==
        Projected::Action::Forward);
  CHECK(!projection.key_frame_needed(1, now));
  // The first packet of the new codec's key frame is lost.
  for (uint64_t sequence = 1002; sequence < 1010; sequence++) {
    now += kFrameTime;
    CHECK(projection.project(simple_packet(LayerScheme::Svc, sequence, now, false)).action == Projected::Action::Drop);
    CHECK_EQ(projection.key_frame_needed(1, now).value_or(9), 0);
  }
  const Projected p = projection.project(simple_packet(LayerScheme::Svc, 1010, now + kFrameTime, true));
  CHECK(p.action == Projected::Action::Forward);
  CHECK(!projection.key_frame_needed(1, now));
}

TEST(projection_pause_clock, "projection: after a pause the sender's clock goes on to the tick, without reports") {
  StreamProjection projection({100, 48000, 96}, {0, kEveryLayer, kEveryLayer});
  LayerPacket packet = simple_packet(LayerScheme::Whole, 1000, kSecond, false);
  const uint32_t offset = projection.project(packet).timestamp - packet.timestamp;
  projection.restart();
  // Arrived late by 37 ms, which is not the stream's affair.
  packet = simple_packet(LayerScheme::Whole, 1100, 3 * kSecond, false);
  packet.arrived += 37 * kMillisecond;
  CHECK_EQ(projection.project(packet).timestamp - packet.timestamp, offset);
}

TEST(projection_padding, "projection: padding does not keep an encoding that stopped") {
  StreamProjection projection({100, 90000, 96}, {1, kEveryLayer, kEveryLayer});
  LayerTable table;
  Micros now = kSecond;
  uint64_t sequence[2] = {1000, 70000};
  const auto send = [&](uint8_t encoding, bool key, bool padding) {
    LayerPacket packet = simple_packet(LayerScheme::Simulcast, sequence[encoding]++, now, key);
    packet.encoding = encoding;
    packet.padding_only = padding;
    table.on_packet(packet, 500);
    (void)projection.project(packet);
  };
  send(0, true, false);
  send(1, true, false);
  CHECK_EQ(projection.current()->encoding, 1);
  Micros asked = 0;
  for (int i = 0; i < 20 && asked == 0; i++) {
    now += kFrameTime;
    send(0, false, false);
    send(1, false, true);
    if (projection.key_frame_needed(table.active_encodings(now), now)) asked = now;
  }
  CHECK(asked != 0 && asked - kSecond < 450 * kMillisecond);
  send(0, true, false);
  CHECK_EQ(projection.current()->encoding, 0);
}

TEST(projection_forgets, "projection: memory is bounded; what is forgotten is not answered, and never wrongly") {
  SenderOptions o = vp8_simulcast();
  Scenario scenario{o, {}};
  scenario.target_changes = 0;
  scenario.pictures = 2000;
  Run run(scenario, 1);
  run.target = {0, 0, 0};
  run.play();
  // A dropped picture for every range: T0 only leaves out three of four.
  CHECK(run.projection.memory() < 7'000);
  const uint64_t end = run.projection.next_out();
  int known = 0;
  for (uint64_t out = run.receiver.packets.begin()->first; out < end; out++) {
    const auto origin = run.projection.origin_of(static_cast<uint16_t>(out));
    if (!origin || origin->out != out) continue;
    known++;
    const SentPacket& sent = run.history[origin->encoding].at(origin->sequence);
    CHECK_EQ(sent.frame, run.receiver.packets.at(out).frame);
  }
  // At least a second and a half of them.
  CHECK(known > 40 && known < 200);
}

TEST(projection_skip, "projection: numbers that somebody else used are skipped") {
  SenderOptions o = vp8_simulcast();
  Run run({o, {}, true, 0, 0, 0, 0, 50}, 1);
  run.play();
  const uint64_t before = run.projection.next_out();
  run.projection.skip_to(before - 10);
  CHECK(run.projection.current().has_value());
  CHECK_EQ(run.projection.next_out(), before);
  run.projection.skip_to(before + 70'000);
  CHECK(!run.projection.current());
  CHECK(!run.projection.origin_of(static_cast<uint16_t>(before - 1)));
  CHECK_EQ(run.projection.timestamp_offset(), 0u);
  CHECK_EQ(*run.projection.key_frame_needed(7, run.now), 2);
  run.sender.request_key_frame(2);
  const uint32_t last = run.receiver.packets.rbegin()->second.frame;
  for (const SentPacket& packet : run.sender.picture(run.now + kFrameTime)) run.arrive(packet, run.now + kFrameTime);
  CHECK_EQ(run.receiver.packets.upper_bound(before)->first, before + 70'000);
  CHECK(run.receiver.packets.rbegin()->second.frame > last);
}

TEST(projection_late_structure, "projection: packets whose structure is missing are kept for when it has come") {
  SenderOptions o = av1(1, false);
  LayeredSender sender(o);
  LayerReader reader(0, 0);
  StreamProjection projection({100, 90000, 96}, {0, 0, 2});
  Micros now = kSecond;
  const auto read = [&](const SentPacket& p) {
    RtpPacket rtp;
    CHECK(rtp_parse(p.bytes, rtp));
    return reader.read(rtp, p.sequence, now, o.codec, kDescriptorId);
  };
  for (int i = 0; i < 10; i++) {
    now += kFrameTime;
    for (const auto& p : sender.picture(now)) CHECK(projection.project(read(p)).action == Projected::Action::Forward);
  }
  // A new key frame with other template ids, its first packet late.
  sender.request_key_frame(0);
  now += kFrameTime;
  auto key = sender.picture(now);
  const auto renumber = [](SentPacket& p) {
    p.bytes[17] = static_cast<uint8_t>((p.bytes[17] & 0xC0) | ((p.bytes[17] + 20) & 0x3F));
  };
  RtpPacket first;
  CHECK(rtp_parse(key[0].bytes, first));
  const auto extension = rtp_find_extension(first, kDescriptorId);
  DependencyFrame d;
  CHECK(dependency_parse(*extension, nullptr, d) == DependencyParse::Ok);
  auto moved = std::make_shared<DependencyStructure>(*d.structure);
  moved->template_id_offset = static_cast<uint8_t>(moved->template_id_offset + 20);
  d.structure = moved;
  d.template_id = static_cast<uint8_t>(d.template_id + 20);
  std::vector<uint8_t> written(255);
  written.resize(dependency_write(written, d));
  RtpHeader header;
  header.payload_type = 96;
  header.marker = first.marker;
  header.sequence_number = first.sequence_number;
  header.timestamp = first.timestamp;
  key[0].bytes = make_rtp(header, written, first.payload);
  now += kFrameTime;
  auto next = sender.picture(now);
  for (auto& p : next) renumber(p);
  std::vector<LayerPacket> held;
  const uint64_t before = projection.next_out();
  for (const auto& p : next) {
    held.push_back(read(p));
    CHECK(!held.back().readable);
    const Projected unread = projection.project(held.back());
    CHECK(unread.action == Projected::Action::Drop);
    CHECK(unread.is_lost);
  }
  CHECK_EQ(projection.next_out(), before + key.size() + next.size());
  const Projected repaired = projection.project(read(key[0]));
  CHECK(repaired.action == Projected::Action::Forward);
  CHECK_EQ(repaired.sequence, before);
  // Now the receiver asks for what it misses.
  for (size_t i = 0; i < next.size(); i++) {
    const auto origin = projection.origin_of(static_cast<uint16_t>(before + key.size() + i));
    CHECK(origin.has_value());
    CHECK_EQ(origin->sequence, next[i].sequence);
    RtpPacket rtp;
    CHECK(rtp_parse(next[i].bytes, rtp));
    const LayerPacket again = reader.read_again(rtp, origin->sequence, now, o.codec, kDescriptorId);
    CHECK(again.readable);
    CHECK(projection.project_again(again, origin->out).action == Projected::Action::Forward);
  }
}

}  // namespace parley
