// RFC 4571: packets in and out of byte streams that come and go in pieces of any size.
#include <algorithm>

#include "../core/frame_backlog.h"
#include "../core/frame_reader.h"
#include "test.h"

namespace parley {
using test::FixedRandom;

namespace {

using Packet = std::vector<uint8_t>;

std::vector<Packet> read_all(FrameReader& reader, Packet bytes, FrameReader::Result& last) {
  std::vector<Packet> packets;
  MutableByteSpan frame;
  reader.push(bytes);
  while ((last = reader.next(frame)) == FrameReader::Result::Frame) packets.emplace_back(frame.begin(), frame.end());
  return packets;
}

Packet framed(const std::vector<Packet>& packets) {
  Packet bytes;
  for (const Packet& packet : packets) {
    bytes.push_back(static_cast<uint8_t>(packet.size() >> 8));
    bytes.push_back(static_cast<uint8_t>(packet.size()));
    bytes.insert(bytes.end(), packet.begin(), packet.end());
  }
  return bytes;
}

}  // namespace

TEST(frames_cut, "frames are the same however the stream is cut") {
  FixedRandom random(7);
  std::vector<Packet> packets;
  for (size_t i = 0; i < 200; ++i) packets.emplace_back(1 + random.u32() % kMaxFrameBytes, static_cast<uint8_t>(i));
  packets.emplace_back(1, 0xab);
  packets.emplace_back(kMaxFrameBytes, 0xcd);
  const Packet bytes = framed(packets);
  for (const size_t largest : {1u, 2u, 3u, 100u, 5000u, 1000000u}) {
    FrameReader reader;
    std::vector<Packet> read;
    FrameReader::Result last{};
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = std::min(bytes.size() - at, 1 + random.u32() % largest);
      const Packet piece(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                         bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
      for (Packet& packet : read_all(reader, piece, last)) read.push_back(std::move(packet));
      CHECK(last == FrameReader::Result::NeedsMore);
      at += size;
    }
    CHECK(read == packets);
  }
}

TEST(frames_broken, "empty frames mean nothing, too long ones end the stream") {
  FrameReader reader;
  FrameReader::Result last{};
  CHECK(read_all(reader, {0, 0, 0, 0, 0, 1, 7, 0}, last) == std::vector<Packet>{{7}});
  CHECK(read_all(reader, {0, 0, 1, 8, 0x08, 0x01, 1, 2, 3}, last) == std::vector<Packet>{{8}});
  CHECK(last == FrameReader::Result::Broken);
  CHECK(read_all(reader, {0, 1, 9}, last).empty());
  CHECK(last == FrameReader::Result::Broken);
}

TEST(frames_rest, "what follows a frame is told, so that the stream can go on elsewhere") {
  Packet bytes = framed({{1, 2, 3}, {4, 5}});
  bytes.push_back(0);
  FrameReader first;
  MutableByteSpan frame;
  first.push(bytes);
  CHECK(first.next(frame) == FrameReader::Result::Frame);
  FrameReader second;
  FrameReader::Result last{};
  CHECK(read_all(second, Packet(first.rest().begin(), first.rest().end()), last) == std::vector<Packet>({{4, 5}}));
  CHECK(read_all(second, {1, 6}, last) == std::vector<Packet>({{6}}));
}

TEST(backlog_order, "a backlog gives out whole frames in order, however little the stream takes") {
  FixedRandom random(3);
  FrameBacklog backlog;
  std::vector<Packet> packets;
  Packet written;
  for (int i = 0; i < 500; ++i) {
    Packet packet(1 + random.u32() % 1400, static_cast<uint8_t>(i));
    if (backlog.push(i, packet, true)) packets.push_back(std::move(packet));
    const ByteSpan part = backlog.pending().first(random.u32() % 1400);
    written.insert(written.end(), part.begin(), part.end());
    backlog.consume(part.size());
  }
  written.insert(written.end(), backlog.pending().begin(), backlog.pending().end());
  backlog.consume(backlog.pending().size());
  CHECK(backlog.empty() && packets.size() == 500);
  CHECK(written == framed(packets));
}

TEST(backlog_stall, "a stream that stalls is given no more media, by size and by time, and still what keeps it alive") {
  const Packet packet(1000, 1);
  FrameBacklog by_size;
  size_t taken = 0;
  while (by_size.push(0, packet, true)) ++taken;
  CHECK_EQ(taken, FrameBacklog::kMaxBytes / 1002);
  CHECK(by_size.push(0, packet, false));
  while (by_size.push(0, packet, false)) ++taken;
  CHECK(by_size.pending().size() <= FrameBacklog::kMaxBytesOfAll);

  FrameBacklog by_time;
  CHECK(by_time.push(0, packet, true));
  CHECK(by_time.push(FrameBacklog::kMaxWait, packet, true));
  CHECK(!by_time.push(FrameBacklog::kMaxWait + 1, packet, true));
  CHECK(by_time.push(FrameBacklog::kMaxWait + 1, packet, false));
  // The oldest frame is through but for its last byte: it is still the oldest.
  by_time.consume(1001);
  CHECK(!by_time.push(FrameBacklog::kMaxWait + 1, packet, true));
  by_time.consume(1);
  CHECK(by_time.push(FrameBacklog::kMaxWait + 1, packet, true));
}

}  // namespace parley
