// Packets on their way out: written straight into slots, sent together at the end of a loop turn or when the slots are
// full. Neighbouring packets of equal size to one peer leave as one UDP segmentation run (Linux UDP_SEGMENT), which walks
// the IP stack once; the order of packets never changes. See the package's README for what that saves.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/bytes.h"
#include "engine/histogram.h"
#include "engine/route.h"
#include "engine/udp_socket.h"

namespace parley {

struct SendCounters {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t system_calls = 0;
  uint64_t segmented_packets = 0;  // packets that left in runs of two or more
  // Refused by the kernel: its buffer was full, or there is no way to the peer.
  uint64_t dropped = 0;
  // Packets that each system call took, and of each segmentation run, single packets too. Datagrams only.
  SizeHistogram per_call;
  SizeHistogram per_run;
};

// Takes the packets whose route is a stream.
class StreamSender {
 public:
  virtual ~StreamSender() = default;
  // Copies. False when the packet is lost, which is counted there.
  virtual bool send(uint32_t stream, ByteSpan packet) = 0;
  // No more packets for now: they leave. Returns the number of system calls.
  virtual size_t flush() = 0;
};

class SendQueue {
 public:
  static constexpr size_t kSlots = 256;
  static constexpr size_t kSlotBytes = 1536;

  SendQueue();

  // Not owned; until then, packets for streams are dropped.
  void set_streams(StreamSender* streams) { streams_ = streams; }

  // After packets have left: the time to look at the clock, once for all of them.
  void set_on_flushed(std::function<void()> on_flushed) { on_flushed_ = std::move(on_flushed); }

  // A free slot of `kSlotBytes`; sends what waits first when all are taken.
  [[nodiscard]] MutableByteSpan reserve();
  // The reserved slot's first `size` bytes are a packet for that route.
  void commit(const UdpSocket& socket, const Route& route, size_t size);
  void push(const UdpSocket& socket, const Route& route, ByteSpan packet);
  void flush();

  [[nodiscard]] const SendCounters& counters() const { return counters_; }

 private:
  struct Slot {
    const UdpSocket* socket;
    Route route;
    size_t size;
  };

  [[nodiscard]] size_t run_length(size_t first) const;
  size_t send_from(size_t first);
  void send_to_stream(size_t index);
  // One packet of a socket that is not the system's.
  size_t send_simulated(size_t index);
  // How many the kernel took.
  size_t send_plainly(size_t first, size_t count);

  std::vector<uint8_t> bytes_;
  std::vector<Slot> slots_;
  SendCounters counters_;
  StreamSender* streams_ = nullptr;
  std::function<void()> on_flushed_;
  bool can_segment_;
};

}  // namespace parley
