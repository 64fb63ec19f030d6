// Which layers a source has now, and what each would cost a receiver: measured over the last second from the packets
// themselves. This is what allocation chooses from.
//
// A row is what a receiver of that layer gets: with everything that the layer needs below it (full SVC), without what
// it does not (K-SVC), with its lower temporal layers.
#pragma once

#include <array>
#include <vector>

#include "layer_packet.h"

namespace parley {

class LayerTable {
 public:
  struct Layer {
    LayerId id;
    uint16_t width = 0;  // 0 = the stream does not tell
    uint16_t height = 0;
    double frames_per_second = 0;
    uint32_t bitrate_bps = 0;  // RTP payloads and headers
    bool active = false;
  };

  /// Each new packet once, in order of arrival. `bytes` = the whole RTP packet.
  void on_packet(const LayerPacket& packet, size_t bytes);

  /// All layers heard of in the last 10 s, lowest first.
  [[nodiscard]] std::vector<Layer> layers(Micros now) const;
  /// Bit i: packets come from encoding i. One that stopped is known after 300 ms when the others go on (then others
  /// have begun five frames meanwhile), else after 1.5 s: a screen that does not change sends a frame a second.
  [[nodiscard]] uint8_t active_encodings(Micros now) const;
  /// Bytes held, about.
  [[nodiscard]] size_t memory() const { return sizeof *this + rows_.capacity() * sizeof(Row); }

 private:
  static constexpr size_t kBuckets = 10;
  static constexpr Micros kBucket = 100 * kMillisecond;
  static constexpr size_t kEncodings = 8;
  static constexpr size_t kMaxRows = 96;

  struct Row {
    LayerId id;
    Micros last_frame = -1;  // of a frame of exactly this layer
    int64_t bucket = 0;      // the newest one's number
    std::array<uint32_t, kBuckets> bytes{};
    std::array<uint16_t, kBuckets> frames{};
    bool produced = true;  // by the sender's mask of active decode targets
    void advance(int64_t to);
  };
  struct Encoding {
    Micros first_packet = -1;
    Micros last_packet = -1;
    uint8_t others_frames = 0;  // begun by other encodings since then
    uint32_t timestamp = 0;
    std::array<uint16_t, 8> width{}, height{};  // by spatial layer
  };

  [[nodiscard]] Row* row(const LayerId& id);
  void add(const LayerId& id, const LayerPacket& packet, size_t bytes, bool frame_begins, bool own);
  void add_by_descriptor(const LayerPacket& packet, size_t bytes, bool frame_begins);
  void add_by_payload(const LayerPacket& packet, size_t bytes, bool frame_begins);
  void note_sizes(const LayerPacket& packet, Encoding& encoding);
  [[nodiscard]] Layer layer_of(const Row& row, Micros now) const;

  std::vector<Row> rows_;  // ordered by id
  std::array<Encoding, kEncodings> encodings_;
};

}  // namespace parley
