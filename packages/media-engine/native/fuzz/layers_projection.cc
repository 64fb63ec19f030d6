// Conversations of a sender, a receiver that asks again, and targets that change: whatever comes, no outgoing number is
// used twice, memory stays bounded, and a repeated packet is what it was at first.
//
//   steps of | what (1) | …
//     packet: encoding, sequence step, timestamp step, marker, sizes of descriptor and payload (1 each), bytes
//     target: encoding, spatial, temporal (1 each)       again: how far back (1)       others: one byte
#include <map>

#include "../layers/layer_reader.h"
#include "../layers/layer_table.h"
#include "../layers/stream_projection.h"
#include "fuzz.h"

using namespace parley;

namespace {

constexpr uint8_t kId = 5;
constexpr size_t kMaxOut = 4096;

struct Kept {
  std::vector<uint8_t> bytes;
  VideoCodec codec = VideoCodec::Unknown;
  Projected projected;
  uint64_t structure = 0;
};

class Conversation {
 public:
  explicit Conversation(Reader reader) : reader_(reader), projection_({0x7FF0, 90000, 16}, {2, 255, 255}) {
    for (uint8_t e = 0; e < 3; e++) readers_.emplace_back(e, e);
  }

  void run() {
    while (reader_.remaining() > 0) {
      const uint8_t what = reader_.u8();
      now_ += (what >> 4) * 10 * kMillisecond;
      switch (what & 7) {
        case 0: projection_.set_target({static_cast<uint8_t>(reader_.u8() % 4), reader_.u8(), reader_.u8()}); break;
        case 1: projection_.restart(); break;
        case 2: again(reader_.u8()); break;
        case 3: readers_[what % 3].on_sender_report(uint64_t{reader_.u8()} << 28, reader_.u8(), 90000); break;
        default: packet(static_cast<VideoCodec>(what % 5)); break;
      }
      (void)projection_.key_frame_needed(table_.active_encodings(now_), now_);
      (void)projection_.current();
      REQUIRE(projection_.memory() < 7'000);
      REQUIRE(table_.layers(now_).size() <= 96);
    }
  }

 private:
  void packet(VideoCodec codec) {
    const uint8_t e = reader_.u8() % 3;
    const auto step = static_cast<int8_t>(reader_.u8());
    sequence_[e] += static_cast<uint64_t>(static_cast<int64_t>(step > 100 ? step * 300 : step));
    timestamp_[e] += uint32_t{reader_.u8()} * 500;
    const uint8_t marker = reader_.u8();
    const size_t extension_size = reader_.u8(), payload_size = reader_.u8();
    const ByteSpan extension = reader_.bytes(std::min(extension_size, reader_.remaining()));
    const ByteSpan payload = reader_.bytes(std::min(payload_size, reader_.remaining()));
    const uint64_t sequence = sequence_[e];
    if (history_[e].count(sequence) != 0) return;
    Kept kept;
    kept.codec = codec;
    kept.bytes = make(static_cast<uint16_t>(sequence), timestamp_[e], (marker & 1) != 0, extension, payload);
    RtpPacket rtp;
    REQUIRE(rtp_parse(kept.bytes, rtp));
    const LayerPacket read = readers_[e].read(rtp, sequence, now_, codec, kId);
    table_.on_packet(read, kept.bytes.size());
    kept.projected = projection_.project(read);
    kept.structure = read.structure_sequence;
    if (kept.projected.action != Projected::Action::Drop) {
      REQUIRE(out_.emplace(kept.projected.sequence, std::pair(e, sequence)).second);
      REQUIRE(kept.projected.sequence < projection_.next_out());
      if (out_.size() > kMaxOut) out_.erase(out_.begin());
      write(read, kept.projected, rtp);
    }
    history_[e][sequence] = std::move(kept);
  }

  void again(uint8_t back) {
    const uint64_t out = projection_.next_out() - 1 - back;
    const auto origin = projection_.origin_of(static_cast<uint16_t>(out));
    if (!origin) return;
    REQUIRE(origin->out == out && origin->encoding < 3);
    const auto found = history_[origin->encoding].find(origin->sequence);
    if (found == history_[origin->encoding].end()) return;
    const Kept& kept = found->second;
    RtpPacket rtp;
    REQUIRE(rtp_parse(kept.bytes, rtp));
    const LayerPacket read = readers_[origin->encoding].read_again(rtp, origin->sequence, now_, kept.codec, kId);
    const Projected p = projection_.project_again(read, out);
    if (p.action != Projected::Action::Drop) write(read, p, rtp);
    const Projected& first = kept.projected;
    if (read.structure_sequence != kept.structure || first.action == Projected::Action::Drop || first.sequence != out)
      return;
    if (!read.readable || p.action == Projected::Action::Drop) return;  // its structure, or its segment, is forgotten
    REQUIRE(p.action == first.action && p.timestamp == first.timestamp && p.marker == first.marker);
    REQUIRE(p.picture_id == first.picture_id && p.tl0_pic_idx == first.tl0_pic_idx);
    REQUIRE(p.frame_number == first.frame_number && p.active == first.active && p.descriptor == first.descriptor);
  }

  static void write(const LayerPacket& packet, const Projected& projected, const RtpPacket& rtp) {
    std::vector<uint8_t> out(512);
    const size_t size = write_payload_descriptor(out, rtp.payload, packet, projected);
    REQUIRE(size <= rtp.payload.size());
    if (projected.descriptor != Projected::Descriptor::Rewrite) return;
    const auto extension = rtp_find_extension(rtp, kId);
    REQUIRE(extension.has_value());
    const size_t written = write_dependency_descriptor(out, *extension, packet, projected);
    REQUIRE(written != 0 && written <= extension->size() + 5);
  }

  static std::vector<uint8_t> make(uint16_t sequence, uint32_t timestamp, bool marker, ByteSpan extension,
                                   ByteSpan payload) {
    std::vector<uint8_t> out(12);
    out[0] = extension.empty() ? 0x80 : 0x90;
    rtp_set_marker(out.data(), marker);
    rtp_set_sequence_number(out.data(), sequence);
    rtp_set_timestamp(out.data(), timestamp);
    if (!extension.empty()) {
      const size_t words = (extension.size() + 2 + 3) / 4;
      out.resize(16 + words * 4);
      store_u16(out.data() + 12, 0x1000);
      store_u16(out.data() + 14, static_cast<uint16_t>(words));
      out[16] = kId;
      out[17] = static_cast<uint8_t>(extension.size());
      std::memcpy(out.data() + 18, extension.data(), extension.size());
    }
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
  }

  Reader reader_;
  StreamProjection projection_;
  std::vector<LayerReader> readers_;
  LayerTable table_;
  Micros now_ = kSecond;
  uint64_t sequence_[3] = {0x10FF0, 0x20000, 0x37FF0};
  uint32_t timestamp_[3] = {0, 0xFFFFF000, 77};
  std::map<uint64_t, Kept> history_[3];
  std::map<uint64_t, std::pair<uint8_t, uint64_t>> out_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Conversation(Reader(ByteSpan(data, size))).run();
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  const auto packet = [](uint8_t what, uint8_t encoding, const char* descriptor, const char* payload) {
    const std::vector<uint8_t> d = hex(descriptor), p = hex(payload);
    std::vector<uint8_t> out = {
        what, encoding, 1, 6, 1, static_cast<uint8_t>(d.size()), static_cast<uint8_t>(p.size())};
    out.insert(out.end(), d.begin(), d.end());
    out.insert(out.end(), p.begin(), p.end());
    return out;
  };
  const auto join = [](std::initializer_list<std::vector<uint8_t>> parts) {
    std::vector<uint8_t> out;
    for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
  };
  const char* structure =
      "c0000580081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157e0"
      "0197"
      "4ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf";
  // `what` modulo 5 is the codec: 6 = VP8, 7 = VP9, 4 = AV1, 5 = none; see VideoCodec.
  return {
      join({packet(6, 0, "", "90e0923456000000009d012a4001b400"),
            packet(6, 0, "", "90e0923557a001"),
            {0, 1, 0, 1},
            packet(6, 1, "", "90e0800001000000009d012a8002680100"),
            {2, 0}}),
      join({packet(7, 0, "", "bebe191050014000b402800168050002d083"),
            packet(7, 0, "", "fdbe1a500287000000"),
            {0, 0, 1, 1},
            packet(7, 0, "", "fdbe1b300487080600"),
            {2, 1}}),
      join({packet(4, 0, structure, "280f08"),
            packet(4, 0, "850006", "10"),
            packet(4, 0, "c30008", "10"),
            {0, 0, 1, 0},
            packet(4, 0, "c10011", "10"),
            {2, 2},
            {1}}),
      join({packet(5, 0, "", "0102"), packet(5, 1, "", "0304")}),
  };
}
