// A sender with layers, and a receiver that checks what reaches it, for the tests of native/layers.
//
// The sender makes real RTP packets of frames whose references are known. The receiver knows nothing but the bytes that
// were forwarded, besides the frame's own number that the sender hides in each payload's end.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "../layers/layer_reader.h"
#include "../layers/stream_projection.h"
#include "test.h"

namespace parley::test {

constexpr uint8_t kDescriptorId = 5;

struct SenderOptions {
  VideoCodec codec = VideoCodec::Vp8;
  int encodings = 1;
  int spatial = 1;
  int temporal = 3;
  bool key_svc = false;
  bool descriptor = false;  // dependency descriptor on every packet
  bool opaque = false;      // payload of random bytes
  bool picture_ids = true;  // VP8; Chromium leaves them out when there is a dependency descriptor
  bool long_picture_id = true;
  bool flexible = true;     // VP9
  bool long_cycle = false;  // temporal layers that refer further back
  uint16_t first_picture_id = 0x7FF0;
  uint16_t first_frame_number = 0xFFE0;
  uint64_t first_sequence = 0x1FFF0;
};

struct SentFrame {
  uint32_t id = 0;
  int encoding = 0, spatial = 0, temporal = 0;
  bool key = false;
  int picture = 0;
  std::vector<uint32_t> references;
  int packets = 0;
};

struct SentPacket {
  int encoding = 0;
  uint64_t sequence = 0;
  Micros sent = 0;
  uint32_t frame = 0;
  std::vector<uint8_t> bytes;
};

/// One-byte form where it fits, else two-byte.
inline std::vector<uint8_t> make_rtp(const RtpHeader& header, ByteSpan extension, ByteSpan payload) {
  std::vector<uint8_t> out(12);
  out[0] = extension.empty() ? 0x80 : 0x90;
  out[1] = header.payload_type;
  rtp_set_marker(out.data(), header.marker);
  rtp_set_sequence_number(out.data(), header.sequence_number);
  rtp_set_timestamp(out.data(), header.timestamp);
  rtp_set_ssrc(out.data(), header.ssrc);
  if (!extension.empty()) {
    const bool two_byte = extension.size() > 16;
    const size_t used = extension.size() + (two_byte ? 2 : 1);
    const size_t words = (used + 3) / 4;
    out.resize(16 + words * 4);
    store_u16(out.data() + 12, two_byte ? 0x1000 : kOneByteExtensions);
    store_u16(out.data() + 14, static_cast<uint16_t>(words));
    if (two_byte) {
      out[16] = kDescriptorId;
      out[17] = static_cast<uint8_t>(extension.size());
    } else {
      out[16] = static_cast<uint8_t>((kDescriptorId << 4) | (extension.size() - 1));
    }
    std::memcpy(out.data() + (two_byte ? 18 : 17), extension.data(), extension.size());
  }
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

class LayeredSender {
 public:
  explicit LayeredSender(const SenderOptions& options, uint64_t seed = 1);

  /// One captured picture: all its packets, in order.
  std::vector<SentPacket> picture(Micros now);
  void request_key_frame(int encoding) { key_wanted_[static_cast<size_t>(encoding)] = true; }
  /// The encoding sends nothing until told otherwise.
  void set_silent(int encoding, bool silent) { silent_[static_cast<size_t>(encoding)] = silent; }
  /// All numbers begin elsewhere, as after a new encoder.
  void restart();
  void report(LayerReader& reader, int encoding, Micros now) const;

  std::map<uint32_t, SentFrame> frames;
  [[nodiscard]] uint32_t timestamp_of(int encoding, Micros now) const;

 private:
  struct Position {
    int temporal = 0;
    std::vector<int> back;  // pictures back that it uses
    bool sync = true;       // uses only T0
    bool up = true;         // U of VP9
  };
  [[nodiscard]] Position position(int in_cycle) const;
  [[nodiscard]] int cycle() const;
  std::shared_ptr<const DependencyStructure> make_structure() const;
  void fill_indications(const SentFrame& frame, int in_cycle, DependencyFrame& out) const;
  std::vector<uint8_t> describe(const SentFrame& frame, int in_cycle, bool first, bool last);
  std::vector<uint8_t> payload(const SentFrame& frame, const Position& at, int number, bool last);

  SenderOptions options_;
  FixedRandom random_;
  struct Stream {
    uint64_t sequence = 0;
    uint32_t timestamp = 0;
    uint16_t picture_id = 0;
    uint8_t tl0 = 0;
    int since_key = -1;
    int pictures = 0;
    uint16_t frame_number = 0;
    std::map<std::pair<int, int>, uint32_t> by_picture;  // (picture, spatial) -> frame
    std::map<int, uint16_t> chain;
  };
  std::vector<Stream> streams_;
  std::vector<bool> key_wanted_, silent_;
  std::map<uint32_t, uint16_t> frame_numbers_;
  std::shared_ptr<const DependencyStructure> structure_;
  uint32_t next_id_ = 1;
  uint16_t next_frame_number_ = 0;
};

inline LayeredSender::LayeredSender(const SenderOptions& options, uint64_t seed) : options_(options), random_(seed) {
  streams_.resize(static_cast<size_t>(options.encodings));
  key_wanted_.assign(streams_.size(), true);
  silent_.assign(streams_.size(), false);
  uint64_t sequence = options.first_sequence;
  for (Stream& s : streams_) {
    s.sequence = sequence;
    sequence += 0x10000 + random_.next() % 60000;
    s.timestamp = static_cast<uint32_t>(random_.next());
    s.picture_id = options.first_picture_id;
    s.tl0 = static_cast<uint8_t>(random_.next());
  }
  next_frame_number_ = options.first_frame_number;
  structure_ = make_structure();
}

inline void LayeredSender::restart() {
  for (Stream& s : streams_) {
    s.timestamp = static_cast<uint32_t>(random_.next());
    s.picture_id = static_cast<uint16_t>(random_.next());
    s.tl0 = static_cast<uint8_t>(random_.next());
    s.since_key = -1;
    s.by_picture.clear();
    s.chain.clear();
  }
  next_frame_number_ = static_cast<uint16_t>(random_.next());
  key_wanted_.assign(streams_.size(), true);
}

inline uint32_t LayeredSender::timestamp_of(int encoding, Micros now) const {
  return streams_[static_cast<size_t>(encoding)].timestamp + static_cast<uint32_t>(now * 9 / 100);
}

inline void LayeredSender::report(LayerReader& reader, int encoding, Micros now) const {
  const uint64_t ntp = (uint64_t{1000} << 32) + (static_cast<uint64_t>(now) << 32) / kSecond;
  reader.on_sender_report(ntp, timestamp_of(encoding, now), 90000);
}

inline int LayeredSender::cycle() const {
  return options_.temporal == 1 ? 1 : options_.temporal == 2 ? 2 : options_.long_cycle ? 8 : 4;
}

inline LayeredSender::Position LayeredSender::position(int i) const {
  if (options_.temporal == 1) return {0, {1}, true, true};
  if (options_.temporal == 2) return i == 0 ? Position{0, {2}, true, true} : Position{1, {1}, true, true};
  switch (i) {
    case 0: return {0, {4}, true, true};
    case 1: return {2, {1}, true, true};
    case 2: return {1, {2}, true, true};
    case 3: return {2, {1}, false, true};
    // The second half of a long cycle: T1 and T2 use frames of their own layers from before the T0.
    case 4: return {0, {4}, true, false};
    case 5: return {2, {1, 3}, false, true};
    case 6: return {1, {2, 4}, false, false};
    default: return {2, {1, 2}, false, true};
  }
}

inline std::shared_ptr<const DependencyStructure> LayeredSender::make_structure() const {
  auto s = std::make_shared<DependencyStructure>();
  s->template_id_offset = 7;
  s->chain_count = static_cast<uint8_t>(options_.spatial);
  for (int sp = 0; sp < options_.spatial; sp++) {
    for (int t = 0; t < options_.temporal; t++) {
      DependencyTemplate& added = s->templates.emplace_back();
      added.spatial = static_cast<uint8_t>(sp);
      added.temporal = static_cast<uint8_t>(t);
      for (int ds = 0; ds < options_.spatial; ds++) {
        for (int dt = 0; dt < options_.temporal; dt++) {
          const bool present = t <= dt && (options_.key_svc ? sp == ds : sp <= ds);
          if (present) added.indications.present |= 1u << (ds * options_.temporal + dt);
        }
      }
      added.chain_diffs.assign(s->chain_count, 1);
    }
    for (int t = 0; t < options_.temporal; t++) s->targets.push_back({0, 0, static_cast<uint8_t>(sp)});
    s->resolutions.push_back({static_cast<uint16_t>(320 << sp), static_cast<uint16_t>(180 << sp)});
  }
  s->derive_target_layers();
  return s;
}

inline void LayeredSender::fill_indications(const SentFrame& frame, int i, DependencyFrame& out) const {
  DecodeTargetIndications& dti = out.indications;
  for (int s = 0; s < options_.spatial; s++) {
    for (int t = 0; t < options_.temporal; t++) {
      const uint32_t bit = 1u << (s * options_.temporal + t);
      const bool inside = options_.key_svc && !frame.key ? frame.spatial == s : frame.spatial <= s;
      if (frame.temporal > t || !inside) continue;
      dti.present |= bit;
      if (frame.key) {
        dti.switchable |= bit;
      } else if (frame.spatial == s && frame.temporal == 0) {
        // T0 in the middle of a long cycle is followed by frames that look behind it.
        if (t == 0 || i != 4) dti.switchable |= bit;
      } else if (frame.spatial == s && frame.temporal < t && i != 6) {
        dti.switchable |= bit;
      } else if (frame.spatial == s && frame.temporal == t && !(options_.long_cycle && i != 7)) {
        dti.discardable |= bit;
      }
    }
  }
}

inline std::vector<uint8_t> LayeredSender::describe(const SentFrame& frame, int i, bool first, bool last) {
  Stream& stream = streams_[static_cast<size_t>(frame.encoding)];
  DependencyFrame d;
  d.structure = structure_;
  d.start_of_frame = first;
  d.end_of_frame = last;
  d.template_id = static_cast<uint8_t>((7 + frame.spatial * options_.temporal + frame.temporal) % 64);
  d.frame_number = frame_numbers_[frame.id];
  d.has_structure = first && frame.key && frame.spatial == 0;
  d.custom_indications = true;
  d.custom_diffs = true;
  d.custom_chains = true;
  fill_indications(frame, i, d);
  for (const uint32_t reference : frame.references) {
    d.frame_diffs.values[d.frame_diffs.count++] = static_cast<uint16_t>(d.frame_number - frame_numbers_[reference]);
  }
  for (int c = 0; c < options_.spatial; c++) {
    const auto known = stream.chain.find(c);
    if (known != stream.chain.end() && !(frame.key && frame.spatial == 0)) {
      d.chain_diffs[static_cast<size_t>(c)] = static_cast<uint8_t>(d.frame_number - known->second);
    }
  }
  if (last && frame.temporal == 0) {
    for (int c = 0; c < options_.spatial; c++) {
      const bool part = options_.key_svc && !frame.key ? frame.spatial == c : frame.spatial <= c;
      if (part) stream.chain[c] = d.frame_number;
    }
  }
  std::vector<uint8_t> out(255);
  out.resize(dependency_write(out, d));
  return out;
}

inline std::vector<uint8_t> LayeredSender::payload(const SentFrame& frame, const Position& at, int number, bool last) {
  const bool first = number == 0;
  const Stream& stream = streams_[static_cast<size_t>(frame.encoding)];
  std::vector<uint8_t> out;
  const auto picture_id = [&] {
    if (options_.long_picture_id) out.push_back(static_cast<uint8_t>(0x80 | (stream.picture_id >> 8 & 0x7F)));
    out.push_back(static_cast<uint8_t>(options_.long_picture_id ? stream.picture_id : stream.picture_id & 0x7F));
  };
  if (options_.opaque) {
    out.resize(20);
    random_.fill(out);
  } else if (options_.codec == VideoCodec::Vp8) {
    out.push_back(static_cast<uint8_t>((options_.picture_ids ? 0x80 : 0) | (first ? 0x10 : 0)));
    if (options_.picture_ids) {
      out.push_back(0xE0);
      picture_id();
      out.push_back(stream.tl0);
      out.push_back(static_cast<uint8_t>((frame.temporal << 6) | (at.sync && frame.temporal != 0 ? 0x20 : 0)));
    }
    out.push_back(frame.key ? 0x00 : 0x01);
    for (const int byte : {0x00, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0x00})
      out.push_back(static_cast<uint8_t>(byte));
  } else if (options_.codec == VideoCodec::Vp9) {
    const bool inter_layer = frame.spatial > 0 && (frame.key || !options_.key_svc);
    const bool structure = first && frame.key && frame.spatial == 0;
    const bool z = frame.spatial + 1 == options_.spatial || (options_.key_svc && !frame.key);
    out.push_back(static_cast<uint8_t>(0x80 | (frame.key ? 0 : 0x40) | 0x20 | (options_.flexible ? 0x10 : 0) |
                                       (first ? 0x08 : 0) | (last ? 0x04 : 0) | (structure ? 0x02 : 0) | (z ? 1 : 0)));
    picture_id();
    out.push_back(static_cast<uint8_t>((frame.temporal << 5) | (at.up ? 0x10 : 0) | (frame.spatial << 1) |
                                       (inter_layer ? 1 : 0)));
    if (!options_.flexible) out.push_back(stream.tl0);
    if (options_.flexible && !frame.key) {
      for (size_t i = 0; i < at.back.size(); i++) {
        out.push_back(static_cast<uint8_t>((at.back[i] << 1) | (i + 1 < at.back.size() ? 1 : 0)));
      }
    }
    if (structure) {
      out.push_back(static_cast<uint8_t>(((options_.spatial - 1) << 5) | 0x10));
      for (int s = 0; s < options_.spatial; s++) {
        for (const int size : {320 << s, 180 << s}) {
          out.push_back(static_cast<uint8_t>(size >> 8));
          out.push_back(static_cast<uint8_t>(size));
        }
      }
    }
    out.push_back(0xAA);
  } else if (options_.codec == VideoCodec::H264) {
    // A key frame is two parameter sets and an IDR slice in fragments.
    static const std::vector<uint8_t> kKey[] = {{0x67, 0x42}, {0x68, 0xCE}, {0x7C, 0x85, 0x88}, {0x7C, 0x05, 0x00}};
    out = frame.key ? kKey[std::min(number, 3)]
                    : first ? std::vector<uint8_t>{0x41, 0x9A} : std::vector<uint8_t>{0x7C, 0x01, 0x00};
  } else {
    out.push_back(first && frame.key && frame.spatial == 0 ? 0x18 : 0x10);
    out.push_back(0x0A);
  }
  const size_t at_id = out.size();
  out.resize(at_id + 4);
  store_u32(out.data() + at_id, frame.id);
  return out;
}

inline std::vector<SentPacket> LayeredSender::picture(Micros now) {
  std::vector<SentPacket> result;
  for (int e = 0; e < options_.encodings; e++) {
    Stream& stream = streams_[static_cast<size_t>(e)];
    if (silent_[static_cast<size_t>(e)]) continue;
    const bool key = key_wanted_[static_cast<size_t>(e)] || stream.since_key < 0;
    key_wanted_[static_cast<size_t>(e)] = false;
    stream.since_key = key ? 0 : stream.since_key + 1;
    const int in_cycle = stream.since_key % cycle();
    const Position at = position(in_cycle);
    stream.pictures++;
    stream.picture_id++;
    if (at.temporal == 0) stream.tl0++;
    for (int s = 0; s < options_.spatial; s++) {
      SentFrame frame;
      frame.id = next_id_++;
      frame.encoding = e;
      frame.spatial = s;
      frame.temporal = at.temporal;
      frame.key = key;
      frame.picture = stream.pictures;
      frame.packets = 1 + s + static_cast<int>(random_.next() % 2);
      if (options_.codec == VideoCodec::H264 && key) frame.packets += 3;
      if (!key) {
        for (const int back : at.back) frame.references.push_back(stream.by_picture[{stream.pictures - back, s}]);
      }
      if (s > 0 && (key || !options_.key_svc)) frame.references.push_back(stream.by_picture[{stream.pictures, s - 1}]);
      stream.by_picture[{stream.pictures, s}] = frame.id;
      frame_numbers_[frame.id] = next_frame_number_++;
      frames[frame.id] = frame;
      for (int p = 0; p < frame.packets; p++) {
        const bool first = p == 0, last = p + 1 == frame.packets;
        RtpHeader header;
        header.marker = last && s + 1 == options_.spatial;
        header.payload_type = 96;
        header.sequence_number = static_cast<uint16_t>(stream.sequence);
        header.timestamp = timestamp_of(e, now);
        header.ssrc = static_cast<uint32_t>(100 + e);
        const auto extension = options_.descriptor ? describe(frame, in_cycle, first, last) : std::vector<uint8_t>{};
        result.push_back({e, stream.sequence++, now, frame.id,
                          make_rtp(header, extension, payload(frame, at, p, last))});
      }
    }
  }
  return result;
}

/// What one receiver got, by outgoing number.
class CheckedReceiver {
 public:
  explicit CheckedReceiver(const SenderOptions& options) : options_(options) {}

  struct Got {
    uint32_t frame = 0;  // 0 = blank
    Micros sent = 0;
    std::vector<uint8_t> bytes;
  };
  std::map<uint64_t, Got> packets;

  /// Writes the packet as forwarding does.
  static std::vector<uint8_t> write(ByteSpan original, const LayerPacket& packet, const Projected& p);
  void receive(const SentPacket& sent, const LayerPacket& packet, const Projected& p) {
    CHECK(packets.count(p.sequence) == 0);
    const bool blank = p.action == Projected::Action::Blank;
    packets[p.sequence] = {blank ? 0 : sent.frame, sent.sent, write(sent.bytes, packet, p)};
  }

  struct Expect {
    bool no_holes = true;
    bool all_references = true;
    bool picture_ids_close = true;  // VP8, when nothing was lost
    int64_t timestamp_error = 0;    // ticks that gaps between pictures may differ from the time of capture
  };
  void check(const std::map<uint32_t, SentFrame>& frames, const Expect& expect) const;

 private:
  SenderOptions options_;
};

inline std::vector<uint8_t> CheckedReceiver::write(ByteSpan original, const LayerPacket& packet, const Projected& p) {
  RtpPacket rtp;
  CHECK(rtp_parse(original, rtp));
  RtpHeader header;
  header.marker = p.marker;
  header.payload_type = rtp.payload_type;
  header.sequence_number = static_cast<uint16_t>(p.sequence);
  header.timestamp = p.timestamp;
  header.ssrc = 1;
  if (p.action == Projected::Action::Blank) {
    auto out = make_rtp(header, {}, kBlankPadding);
    out[0] |= 0x20;
    return out;
  }
  std::vector<uint8_t> extension;
  if (const auto found = rtp_find_extension(rtp, kDescriptorId)) {
    extension.assign(found->begin(), found->end());
    if (p.descriptor == Projected::Descriptor::FrameNumber) {
      dependency_set_frame_number(extension.data(), p.frame_number);
    } else if (p.descriptor == Projected::Descriptor::Rewrite) {
      std::vector<uint8_t> rewritten(255);
      rewritten.resize(write_dependency_descriptor(rewritten, extension, packet, p));
      CHECK(!rewritten.empty());
      CHECK(rewritten.size() <= extension.size() + 5);
      extension = rewritten;
    }
  }
  std::vector<uint8_t> payload(rtp.payload.begin(), rtp.payload.end());
  std::vector<uint8_t> prefix(64);
  const size_t size = write_payload_descriptor(prefix, rtp.payload, packet, p);
  CHECK((size != 0) == p.payload_changes);
  std::copy(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(size), payload.begin());
  return make_rtp(header, extension, payload);
}

inline void CheckedReceiver::check(const std::map<uint32_t, SentFrame>& frames, const Expect& expect) const {
  std::map<uint32_t, int> received;  // packets of each frame
  std::optional<uint64_t> last_number;
  struct Picture {
    uint32_t timestamp = 0;
    Micros sent = 0;
    uint64_t marked_at = 0, last_at = 0;
    std::optional<uint16_t> picture_id;
    bool begins_key = false;
  };
  std::vector<Picture> pictures;
  std::set<uint16_t> frame_numbers;
  std::shared_ptr<const DependencyStructure> structure;
  std::optional<uint16_t> newest_frame_number;
  std::set<uint16_t> picture_ids;
  for (const auto& [number, got] : packets) {
    if (expect.no_holes && last_number) CHECK_EQ(number, *last_number + 1);
    last_number = number;
    RtpPacket rtp;
    CHECK(rtp_parse(got.bytes, rtp));
    CHECK_EQ(rtp.sequence_number, static_cast<uint16_t>(number));
    if (got.frame == 0) {
      CHECK(rtp.payload.empty());
      CHECK_EQ(rtp.padding, 1);
      continue;
    }
    CHECK_EQ(load_u32(rtp.payload.data() + rtp.payload.size() - 4), got.frame);
    received[got.frame]++;
    const bool begins = pictures.empty() || pictures.back().timestamp != rtp.timestamp;
    if (begins) {
      if (!pictures.empty()) {
        const auto ticks = static_cast<int32_t>(rtp.timestamp - pictures.back().timestamp);
        CHECK(ticks > 0);
        const int64_t captured = (got.sent - pictures.back().sent) * 9 / 100;
        CHECK(std::abs(captured - ticks) <= expect.timestamp_error + 1);
      }
      pictures.push_back({rtp.timestamp, got.sent, 0, 0, std::nullopt, frames.at(got.frame).key});
    }
    Picture& picture = pictures.back();
    picture.last_at = number;
    if (rtp.marker) {
      CHECK_EQ(picture.marked_at, 0u);
      picture.marked_at = number;
    }
    std::optional<uint16_t> id;
    uint16_t mask = options_.long_picture_id ? 0x7FFF : 0x7F;
    if (!options_.opaque && options_.codec == VideoCodec::Vp8) {
      Vp8Descriptor d;
      CHECK(vp8_parse(rtp.payload, d));
      id = d.picture_id;
    } else if (!options_.opaque && options_.codec == VideoCodec::Vp9) {
      Vp9Descriptor d;
      CHECK(vp9_parse(rtp.payload, d));
      id = d.picture_id;
      if (expect.all_references) {
        for (size_t i = 0; i < d.picture_diff_count; i++) {
          CHECK(picture_ids.count(static_cast<uint16_t>((*id - d.picture_diffs[i]) & mask)) == 1);
        }
      }
      picture_ids.insert(*id);
    }
    if (id) {
      if (begins && pictures.size() > 1 && pictures[pictures.size() - 2].picture_id) {
        const auto step = static_cast<uint16_t>((*id - *pictures[pictures.size() - 2].picture_id) & mask);
        CHECK(step > 0 && step <= mask / 2);
        if (expect.picture_ids_close && options_.codec == VideoCodec::Vp8) CHECK_EQ(step, 1);
      } else if (!begins) {
        CHECK(*picture.picture_id == *id);
      }
      picture.picture_id = id;
    }
    if (options_.descriptor) {
      const auto extension = rtp_find_extension(rtp, kDescriptorId);
      CHECK(extension.has_value());
      DependencyFrame d;
      CHECK(dependency_parse(*extension, structure, d) == DependencyParse::Ok);
      if (d.has_structure) structure = d.structure;
      if (newest_frame_number) {
        CHECK(static_cast<uint16_t>(d.frame_number - *newest_frame_number) < 0x8000);
      }
      newest_frame_number = d.frame_number;
      if (expect.all_references) {
        for (size_t i = 0; i < d.frame_diffs.count; i++) {
          CHECK(frame_numbers.count(static_cast<uint16_t>(d.frame_number - d.frame_diffs.values[i])) == 1);
        }
      }
      frame_numbers.insert(d.frame_number);
    }
  }
  std::set<uint32_t> unfinished;
  // The newest picture may still be on its way. One is left unfinished when the key frame of another encoding overtakes
  // it.
  for (size_t i = 0; expect.no_holes && i + 1 < pictures.size(); i++) {
    if (pictures[i].marked_at == 0 && pictures[i + 1].begins_key) {
      unfinished.insert(packets.at(pictures[i].last_at).frame);
      continue;
    }
    CHECK_EQ(pictures[i].marked_at, pictures[i].last_at);
  }
  if (!expect.all_references) return;
  for (const auto& [id, count] : received) {
    const SentFrame& frame = frames.at(id);
    if (id != received.rbegin()->first && unfinished.count(id) == 0) CHECK_EQ(count, frame.packets);
    for (const uint32_t reference : frame.references) CHECK(received.count(reference) == 1);
  }
}

}  // namespace parley::test
