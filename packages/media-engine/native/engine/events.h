// Facts for JavaScript, collected by the loop and taken in one batch. The loop never waits here: when JavaScript falls
// behind, audio levels are dropped first, they are worth nothing late.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace parley {

enum class TransportState : uint8_t { fresh, connecting, connected, disconnected, failed, closed };

struct EngineEvent {
  // As JavaScript knows them, see addon/handle.cc.
  enum class Type : uint8_t { transport_state = 0, audio_levels = 1, bandwidth_estimate = 2, mapped_address = 8 };
  Type type = Type::transport_state;
  // Transport or room.
  uint32_t id = 0;
  TransportState state = TransportState::fresh;
  const char* reason = nullptr;  // a literal, for `failed`
  std::string remote_address;  // of a transport's peer, or of a STUN server
  std::string mapped_address;  // of ours, as that server sees it; empty = it did not say
  // Pairs of source id and level.
  std::vector<uint32_t> levels;
  int64_t bps = 0;
};

class EventQueue {
 public:
  // `notify` is called on the loop's thread when a queue that was empty has events; it must not block.
  explicit EventQueue(std::function<void()> notify) : notify_(std::move(notify)) {}

  // Loop thread: kept until `publish`.
  void add(EngineEvent event) { pending_.push_back(std::move(event)); }
  // Loop thread, once a turn.
  void publish();
  // Any thread.
  [[nodiscard]] std::vector<EngineEvent> take();
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  static constexpr size_t kMaxLevelEvents = 1024;
  static constexpr size_t kMaxEvents = 65536;

  const std::function<void()> notify_;
  std::vector<EngineEvent> pending_;
  std::mutex mutex_;
  std::vector<EngineEvent> queue_;
  uint64_t dropped_ = 0;
};

}  // namespace parley
