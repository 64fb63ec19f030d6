// The descriptors that layers are told apart by: VP9's, the dependency descriptor, and Chromium's own bytes of both.
#include <sstream>

#include "../layers/bits.h"
#include "../layers/layer_table.h"
#include "../layers/stream_projection.h"
#include "layers_captures.h"
#include "layers_model.h"

namespace parley {
using namespace parley::test;

namespace {

struct Captured {
  uint8_t encoding = 0;
  uint64_t sequence = 0;
  uint32_t timestamp = 0;
  bool marker = false;
  std::vector<uint8_t> payload, descriptor;
};

template <size_t N>
std::vector<Captured> load(const char* const (&lines)[N]) {
  std::vector<Captured> result;
  for (const char* line : lines) {
    std::istringstream in(line);
    unsigned encoding = 0, marker = 0;
    Captured c;
    std::string payload, descriptor;
    in >> encoding >> c.sequence >> c.timestamp >> marker >> payload >> descriptor;
    c.encoding = static_cast<uint8_t>(encoding);
    c.sequence += 0x10000;
    c.marker = marker != 0;
    c.payload = hex(payload);
    c.descriptor = hex(descriptor);
    result.push_back(c);
  }
  return result;
}

std::vector<uint8_t> rtp_of(const Captured& c) {
  RtpHeader header;
  header.payload_type = 96;
  header.marker = c.marker;
  header.sequence_number = static_cast<uint16_t>(c.sequence);
  header.timestamp = c.timestamp;
  return make_rtp(header, c.descriptor, c.payload);
}

/// Plays a recording to a receiver with this target; checks what it gets by the descriptors alone. Frames by layer.
std::map<std::pair<int, int>, int> play(const std::vector<Captured>& capture, VideoCodec codec, const LayerId& target) {
  std::vector<LayerReader> readers;
  for (uint8_t e = 0; e < 3; e++) readers.emplace_back(e, uint8_t{0});
  StreamProjection projection({1000, 90000, 96}, target);
  std::map<std::pair<int, int>, int> frames;
  std::set<uint16_t> numbers;
  std::shared_ptr<const DependencyStructure> structure;
  uint64_t expected = 1000;
  std::optional<uint32_t> open_picture;
  // In one picture of full SVC the encoder left out what should have ended it.
  std::set<uint32_t> ended;
  for (const Captured& c : capture) {
    if (c.marker) ended.insert(c.timestamp);
  }
  Micros now = kSecond;
  for (const Captured& c : capture) {
    now += 5 * kMillisecond;
    const auto bytes = rtp_of(c);
    RtpPacket rtp;
    CHECK(rtp_parse(bytes, rtp));
    const LayerPacket packet = readers[c.encoding].read(rtp, c.sequence, now, codec, kDescriptorId);
    CHECK(packet.scheme == LayerScheme::Descriptor && packet.readable);
    const Projected p = projection.project(packet);
    if (p.action == Projected::Action::Drop) continue;
    CHECK(p.action == Projected::Action::Forward);
    CHECK_EQ(p.sequence, expected++);
    CHECK(!open_picture || *open_picture == p.timestamp);
    open_picture = p.marker || ended.count(c.timestamp) == 0 ? std::nullopt : std::optional(p.timestamp);
    const auto out = CheckedReceiver::write(bytes, packet, p);
    RtpPacket got;
    CHECK(rtp_parse(out, got));
    DependencyFrame d;
    CHECK(dependency_parse(*rtp_find_extension(got, kDescriptorId), structure, d) == DependencyParse::Ok);
    if (d.has_structure) structure = d.structure;
    for (size_t i = 0; i < d.frame_diffs.count; i++) {
      CHECK(numbers.count(static_cast<uint16_t>(d.frame_number - d.frame_diffs.values[i])) == 1);
    }
    numbers.insert(d.frame_number);
    if (d.start_of_frame) frames[{d.spatial, d.temporal}]++;
  }
  return frames;
}

}  // namespace

TEST(bits_round_trip, "bits: fields of every width, and ns(n)") {
  std::vector<uint8_t> bytes(64);
  BitWriter writer(bytes);
  writer.bits(0x5, 3);
  for (uint32_t n = 1; n < 20; n++) {
    for (uint32_t v = 0; v < n && writer.position() < 440; v++) writer.non_symmetric(n, v);
  }
  writer.bits(0xDEADBEEF, 32);
  CHECK(writer.ok());
  BitReader reader(ByteSpan(bytes).first(writer.size()));
  CHECK_EQ(reader.bits(3), 0x5u);
  for (uint32_t n = 1; n < 20; n++) {
    for (uint32_t v = 0; v < n && reader.position() < 440; v++) CHECK_EQ(reader.non_symmetric(n), v);
  }
  CHECK_EQ(reader.bits(32), 0xDEADBEEFu);
  CHECK(reader.ok());
  CHECK_EQ(reader.bits(9), 0u);
  CHECK(!reader.ok());
  BitWriter small(MutableByteSpan(bytes).first(1));
  small.bits(1, 9);
  CHECK(!small.ok() && small.size() == 0);
}

TEST(vp9_flexible, "vp9: flexible mode with references") {
  Vp9Descriptor d;
  CHECK(vp9_parse(hex("fdbe1b300487080600"), d));
  CHECK(d.inter_picture && d.flexible && d.starts_frame && d.ends_frame && d.not_inter_layer);
  CHECK_EQ(*d.picture_id, 0x3E1B);
  CHECK(d.picture_id_long && !d.tl0_pic_idx);
  CHECK_EQ(d.temporal_id, 1);
  CHECK(d.switching_up && !d.inter_layer);
  CHECK_EQ(d.picture_diff_count, 1);
  CHECK_EQ(d.picture_diffs[0], 2);
  CHECK_EQ(d.size, 5u);
  CHECK(!d.starts_key_picture());
}

TEST(vp9_structure, "vp9: key picture with a scalability structure") {
  Vp9Descriptor d;
  CHECK(vp9_parse(hex("bebe191050014000b402800168050002d083"), d));
  CHECK(d.starts_key_picture());
  CHECK_EQ(d.structure_layers, 3);
  CHECK_EQ(d.width[2], 1280);
  CHECK_EQ(d.height[0], 180);
  CHECK_EQ(d.height[2], 720);
  CHECK_EQ(d.size, 17u);
}

TEST(vp9_group, "vp9: non-flexible mode, group of pictures, seven-bit picture id") {
  Vp9Descriptor d;
  // I L B V, id 5, T0 S0, TL0PICIDX 9; one layer, no sizes, group of 2: T0 with one reference, T1 with two.
  CHECK(vp9_parse(hex("aa 05 00 09 08 02 04 02 28 01 02 ff"), d));
  CHECK(!d.flexible && !d.picture_id_long);
  CHECK_EQ(*d.picture_id, 5);
  CHECK_EQ(*d.tl0_pic_idx, 9);
  CHECK_EQ(d.structure_layers, 1);
  CHECK_EQ(d.size, 11u);
  auto copy = hex("aa 05 00 09 08");
  copy.resize(12);
  vp9_rewrite(copy, d, 0x1FE, 77);
  CHECK_EQ(copy[1], 0x7E);
  CHECK_EQ(copy[3], 77);
}

TEST(vp9_malformed, "vp9: truncated descriptors and a fourth reference are refused") {
  const auto good = hex("febe1951 03 05 02 5001 4000b402800168 0500 02d0 aa");
  Vp9Descriptor d;
  CHECK(vp9_parse(good, d));
  CHECK_EQ(d.picture_diff_count, 3);
  for (size_t size = 0; size < good.size(); size++) CHECK(!vp9_parse(ByteSpan(good).first(size), d));
  CHECK(!vp9_parse(hex("fcbe1951 03 05 03 02 aa"), d));
}

TEST(dd_structure, "dependency descriptor: the structure of L3T3_KEY as Chromium sends it") {
  const auto capture = load(kVp9L3T3Key);
  DependencyFrame d;
  CHECK(dependency_parse(capture[0].descriptor, nullptr, d) == DependencyParse::Ok);
  CHECK(d.start_of_frame && d.end_of_frame && d.has_structure && !d.has_active);
  CHECK_EQ(d.frame_number, 5);
  CHECK_EQ(d.structure->targets.size(), 9u);
  CHECK_EQ(d.structure->chain_count, 3);
  CHECK_EQ(d.structure->resolutions.size(), 3u);
  CHECK_EQ(d.structure->resolutions[2].width, 1280);
  CHECK_EQ(d.structure->resolutions[0].height, 180);
  CHECK_EQ(d.active, 0x1FFu);
  CHECK_EQ(d.indications.switchable, 0x1FFu);
  int full = -1;
  for (size_t i = 0; i < 9; i++) {
    if (d.structure->targets[i].spatial == 2 && d.structure->targets[i].temporal == 2) full = static_cast<int>(i);
  }
  CHECK(full >= 0);
  // K-SVC: who gets S2 gets no S0 and S1 between key frames.
  const uint32_t within = d.structure->targets_within(static_cast<size_t>(full));
  for (size_t i = 0; i < 9; i++) CHECK_EQ((within >> i & 1u) != 0, d.structure->targets[i].spatial == 2);
}

TEST(dd_exact, "dependency descriptor: Chromium's bytes are written again as they were") {
  for (const auto& capture : {load(kVp9L3T3Key), load(kVp9L3T3), load(kAv1L3T3Key), load(kVp8Simulcast)}) {
    std::map<int, std::shared_ptr<const DependencyStructure>> structures;
    for (const Captured& c : capture) {
      DependencyFrame d;
      CHECK(dependency_parse(c.descriptor, structures[c.encoding], d) == DependencyParse::Ok);
      if (d.has_structure) structures[c.encoding] = d.structure;
      std::vector<uint8_t> out(255);
      out.resize(dependency_write(out, d));
      CHECK_BYTES(out, c.descriptor);
      // With another number and mask, everything else stays.
      std::vector<uint8_t> changed(255);
      changed.resize(dependency_rewrite(changed, c.descriptor, d, 0xABCD, 0x5));
      DependencyFrame e;
      CHECK(dependency_parse(changed, structures[c.encoding], e) == DependencyParse::Ok);
      CHECK_EQ(e.frame_number, 0xABCD);
      CHECK(e.has_active && e.active == 0x5);
      CHECK(e.indications == d.indications && e.frame_diffs == d.frame_diffs && e.chain_diffs == d.chain_diffs);
      CHECK_EQ(e.has_structure, d.has_structure);
      CHECK(e.start_of_frame == d.start_of_frame && e.end_of_frame == d.end_of_frame && e.template_id == d.template_id);
      std::vector<uint8_t> renumbered(255);
      renumbered.resize(dependency_rewrite(renumbered, c.descriptor, d, d.frame_number, std::nullopt));
      CHECK_BYTES(renumbered, c.descriptor);
    }
  }
}

TEST(dd_agrees, "dependency descriptor: tells of VP9 what its payload tells") {
  for (const auto& capture : {load(kVp9L3T3Key), load(kVp9L3T3)}) {
    LayerReader reader(0, 0);
    for (const Captured& c : capture) {
      const auto bytes = rtp_of(c);
      RtpPacket rtp;
      CHECK(rtp_parse(bytes, rtp));
      const LayerPacket packet = reader.read(rtp, c.sequence, 0, VideoCodec::Vp9, kDescriptorId);
      CHECK(packet.vp9.has_value());
      CHECK_EQ(packet.vp9->spatial_id, packet.dependency->spatial);
      CHECK_EQ(packet.vp9->temporal_id, packet.dependency->temporal);
      CHECK_EQ(packet.vp9->starts_frame, packet.dependency->start_of_frame);
    }
  }
}

TEST(dd_active, "dependency descriptor: the mask of active targets stays in force until it is told anew") {
  LayerReader reader(0, 0);
  std::set<uint32_t> masks;
  for (const Captured& c : load(kVp9L3T3)) {
    const auto bytes = rtp_of(c);
    RtpPacket rtp;
    CHECK(rtp_parse(bytes, rtp));
    const LayerPacket packet = reader.read(rtp, c.sequence, 0, VideoCodec::Vp9, kDescriptorId);
    masks.insert(packet.dependency->active);
    // The targets of the layers that are being sent.
    for (size_t i = 0; i < 9; i++) {
      if (packet.dependency->structure->targets[i].spatial == packet.spatial)
        CHECK((packet.dependency->active >> i & 1u) != 0);
    }
  }
  CHECK(masks.size() > 1);
}

TEST(dd_malformed, "dependency descriptor: malformed ones are refused") {
  const auto good = load(kVp9L3T3Key)[0].descriptor;
  DependencyFrame d;
  for (size_t size = 0; size < good.size(); size++) {
    CHECK(dependency_parse(ByteSpan(good).first(size), nullptr, d) != DependencyParse::Ok);
  }
  CHECK(dependency_parse(hex("c30102"), nullptr, d) == DependencyParse::UnknownTemplate);
  CHECK_EQ(d.frame_number, 0x0102);
  CHECK(dependency_parse(good, nullptr, d) == DependencyParse::Ok);
  DependencyFrame other;
  CHECK(dependency_parse(hex("ff0102"), d.structure, other) == DependencyParse::UnknownTemplate);
  // Templates without end, and more references than there can be.
  CHECK(dependency_parse(hex("c00001 80 0001 0000000000000000000000000000000000000000000000000000"), nullptr, d) ==
        DependencyParse::Malformed);
  DependencyFrame base;
  CHECK(dependency_parse(good, nullptr, base) == DependencyParse::Ok);
  CHECK(dependency_parse(hex("c00001 12 4924924924924924924924924924924924924924"), base.structure, d) !=
        DependencyParse::Ok);
}

TEST(capture_vp9_key, "captures: K-SVC of VP9 and AV1, each layer") {
  for (const bool av1 : {false, true}) {
    const auto capture = av1 ? load(kAv1L3T3Key) : load(kVp9L3T3Key);
    const VideoCodec codec = av1 ? VideoCodec::Av1 : VideoCodec::Vp9;
    for (uint8_t s = 0; s < 3; s++) {
      for (uint8_t t = 0; t < 3; t++) {
        auto frames = play(capture, codec, {0, s, t});
        for (int fs = 0; fs < 3; fs++) {
          for (int ft = 0; ft < 3; ft++) {
            // Below the target only the key picture's frames.
            const int count = frames[{fs, ft}];
            if (fs == s && ft <= t) CHECK(count >= 3);
            if (fs < s) CHECK_EQ(count, ft == 0 ? 1 : 0);
            if (fs > s || ft > t) CHECK_EQ(count, 0);
          }
        }
      }
    }
  }
}

TEST(capture_vp9_full, "captures: full SVC of VP9, layers that come in without a key picture") {
  const auto capture = load(kVp9L3T3);
  for (uint8_t s = 0; s < 3; s++) {
    for (uint8_t t = 0; t < 3; t++) {
      auto frames = play(capture, VideoCodec::Vp9, {0, s, t});
      for (int fs = 0; fs < 3; fs++) {
        for (int ft = 0; ft < 3; ft++) CHECK_EQ((frames[{fs, ft}]) > 0, fs <= s && ft <= t);
      }
    }
  }
}

TEST(capture_vp8, "captures: VP8 simulcast by dependency descriptor, each encoding and temporal layer") {
  const auto capture = load(kVp8Simulcast);
  for (uint8_t e = 0; e < 3; e++) {
    for (uint8_t t = 0; t < 3; t++) {
      auto frames = play(capture, VideoCodec::Vp8, {e, 0, t});
      CHECK(!frames.empty());
      for (const auto& [layer, count] : frames) CHECK(layer.first == 0 && layer.second <= t);
    }
  }
}

TEST(table_capture, "layer table: sizes, rates and activity of a recorded L3T3_KEY") {
  LayerReader reader(0, 0);
  LayerTable table;
  Micros now = kSecond;
  uint32_t first = 0;
  size_t all = 0;
  for (const Captured& c : load(kVp9L3T3Key)) {
    if (first == 0) first = c.timestamp;
    now = kSecond + static_cast<Micros>(c.timestamp - first) * 100 / 9;
    const auto bytes = rtp_of(c);
    RtpPacket rtp;
    CHECK(rtp_parse(bytes, rtp));
    table.on_packet(reader.read(rtp, c.sequence, now, VideoCodec::Vp9, kDescriptorId), 1000);
    all += 1000;
  }
  const auto layers = table.layers(now);
  CHECK_EQ(layers.size(), 9u);
  uint32_t last = 0;
  for (const auto& layer : layers) {
    CHECK(layer.active);
    CHECK_EQ(layer.height, 180 << layer.id.spatial);
    CHECK_EQ(layer.width, 320 << layer.id.spatial);
    if (layer.id.temporal == 2) CHECK(layer.frames_per_second > 25 && layer.frames_per_second < 40);
    if (layer.id.temporal == 0) CHECK(layer.frames_per_second > 6 && layer.frames_per_second < 13);
    if (layer.id.temporal != 0) CHECK(layer.bitrate_bps > last);
    last = layer.bitrate_bps;
  }
  CHECK_EQ(table.active_encodings(now), 1);
  CHECK(table.active_encodings(now + 2 * kSecond) == 0);
  CHECK(!table.layers(now + 2 * kSecond)[0].active);
  CHECK(table.layers(now + 11 * kSecond).empty());
}

TEST(table_simulcast, "layer table: cumulative rates; an encoding that stops is known soon when others go on") {
  SenderOptions o;
  o.encodings = 3;
  LayeredSender sender(o);
  std::vector<LayerReader> readers;
  for (uint8_t e = 0; e < 3; e++) readers.emplace_back(e, uint8_t{0});
  LayerTable table;
  Micros now = kSecond;
  const auto run = [&](int pictures) {
    for (int i = 0; i < pictures; i++) {
      now += 33333;
      for (const auto& p : sender.picture(now)) {
        RtpPacket rtp;
        CHECK(rtp_parse(p.bytes, rtp));
        table.on_packet(readers[static_cast<size_t>(p.encoding)].read(rtp, p.sequence, now, o.codec, 0), 500);
      }
    }
  };
  run(60);
  CHECK_EQ(table.active_encodings(now), 7);
  auto layers = table.layers(now);
  CHECK_EQ(layers.size(), 9u);
  for (size_t i = 0; i < 9; i++) {
    CHECK_EQ(layers[i].id.encoding, i / 3);
    const double fps = i % 3 == 0 ? 7.5 : i % 3 == 1 ? 15 : 30;
    CHECK(std::abs(layers[i].frames_per_second - fps) < 3);
    if (i % 3 != 0) CHECK(layers[i].bitrate_bps > layers[i - 1].bitrate_bps);
  }
  // One or two packets a frame of 500 bytes: 180 kbps.
  CHECK(layers[2].bitrate_bps > 140'000 && layers[2].bitrate_bps < 220'000);
  sender.set_silent(2, true);
  run(11);
  CHECK_EQ(table.active_encodings(now), 3);
  CHECK(!table.layers(now).back().active);
  sender.set_silent(2, false);
  run(3);
  CHECK_EQ(table.active_encodings(now), 7);
  CHECK(table.memory() < 12'000);
}

TEST(table_begin, "layer table: what an encoding costs is known soon after it begins, and after a rest") {
  LayerTable table;
  LayerPacket packet;
  packet.codec = VideoCodec::H264;
  Micros now = 100 * kSecond;
  // 30 frames a second of 2500 bytes, after a key frame: 600 kbps.
  const auto flow = [&](Micros time) {
    const auto frame = [&](size_t bytes) {
      packet.arrived = now;
      packet.timestamp += 3000;
      table.on_packet(packet, bytes);
      now += kSecond / 30;
    };
    frame(15'000);
    for (const Micros end = now + time; now < end;) frame(2500);
  };
  const auto kbps = [&] { return table.layers(now).at(0).bitrate_bps / 1000; };
  for (int rest = 0; rest < 3; rest++) {
    flow(100 * kMillisecond);
    CHECK(kbps() > 300 && kbps() < 900);
    flow(2 * kSecond);
    CHECK(kbps() > 500 && kbps() < 700);
    now += 7 * kSecond;
    flow(400 * kMillisecond);
    CHECK(kbps() > 500 && kbps() < 900);
    now += 7 * kSecond;
  }
}

}  // namespace parley
