// The TCP connections of one loop: RFC 4571 frames in and out. What frames mean, and whose they are, is the loop's business
// (loop_streams.cc).
//
// A connection is one local address of its peer's transport, known to ICE by its number. It has a transport as soon as its
// first frame has named one; until then it is a stranger's, of which there may be few and not for long. Sending never waits:
// what the kernel does not take stays in a bounded backlog.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/frame_backlog.h"
#include "core/frame_reader.h"
#include "core/ice.h"
#include "engine/context.h"
#include "engine/poller.h"
#include "engine/send_queue.h"
#include "engine/tcp_listener.h"

namespace parley {

struct TcpStream {
  uint32_t id = 0;
  std::unique_ptr<TcpConnection> connection;
  FrameReader reader;
  FrameBacklog backlog;
  uint32_t transport = 0;  // 0 = not named yet
  Micros since = 0;
  Micros last_read = 0;
  bool is_dirty = false;
  bool waits_for_output = false;
  bool is_broken = false;  // writing failed; the poller tells reading it next
};

class TcpStreams final : public StreamSender {
 public:
  static constexpr size_t kMaxStrangers = 256;
  static constexpr size_t kMaxStrangersPerAddress = 32;
  static constexpr size_t kMaxPerTransport = 16;
  static constexpr Micros kNamingTime = 5 * kSecond;
  // Longer than a peer rests between two checks of a pair that it keeps as a spare.
  static constexpr Micros kIdleTime = 60 * kSecond;
  static constexpr size_t kReadBytes = 64 * 1024;

  TcpStreams(EngineContext& context, Poller& poller) : context_(context), poller_(poller), buffer_(kReadBytes) {}

  // Null when the system refuses to watch it. When there are too many strangers, the oldest goes: who belongs here says so
  // at once.
  TcpStream* add(std::unique_ptr<TcpConnection> connection);
  [[nodiscard]] TcpStream* find(uint32_t id) const;
  [[nodiscard]] size_t count_of(uint32_t transport) const;
  void close(uint32_t id);
  void close_all_of(uint32_t transport);
  void clear() { streams_.clear(); }
  // Takes it out alive, for another loop.
  [[nodiscard]] std::unique_ptr<TcpConnection> release(uint32_t id);

  // What has come, at most `kReadBytes`, empty when nothing has; nullopt when the stream has ended. Valid until the next call.
  [[nodiscard]] std::optional<MutableByteSpan> receive(TcpStream& stream);

  bool send(uint32_t stream, ByteSpan packet) override;
  size_t flush() override;
  // The kernel takes more again.
  void resume(uint32_t id);

  // Strangers that did not name a transport in time, and connections over which nothing has come for long.
  [[nodiscard]] std::vector<uint32_t> overdue();
  // When to ask for them; kNever = no connections.
  [[nodiscard]] Micros next_deadline() const { return streams_.empty() ? kNever : next_scan_; }

 private:
  bool write(TcpStream& stream);
  void make_room(const SocketAddress& from);

  // given
  EngineContext& context_;
  Poller& poller_;

  // owned
  std::unordered_map<uint32_t, std::unique_ptr<TcpStream>> streams_;
  std::vector<uint8_t> buffer_;

  // state
  uint32_t last_number_ = 0;
  std::vector<uint32_t> dirty_;
  Micros next_scan_ = 0;
};

// Number of the listening socket at the poller.
inline constexpr uint32_t kTcpListenerId = kIceTcp;

}  // namespace parley
