// Datagrams that another thread of the engine read and this one has to treat: what the kernel gave to a wrong thread. They
// come in whole batches, one short lock each; a lock-free ring for each pair of threads would cost quadratic memory and
// save nothing, as this is the exception (see steering.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine/udp_socket.h"

namespace parley {

class Inbox {
 public:
  static constexpr size_t kMaxDatagrams = 1024;
  static constexpr size_t kMaxBytes = 1024 * 1024;

  // Any thread: copies. Returns how many were refused because the inbox is full.
  [[nodiscard]] size_t push(const std::vector<Datagram>& batch);
  // Any thread.
  [[nodiscard]] bool is_empty();
  // The owner's thread. What `out` refers to is valid until the next call.
  void take(std::vector<Datagram>& out);

 private:
  struct Letter {
    Datagram datagram;  // `bytes` is set when taken
    size_t offset;
    size_t size;
  };
  struct Tray {
    std::vector<Letter> letters;
    std::vector<uint8_t> bytes;
  };

  std::mutex mutex_;
  Tray filling_;  // guarded
  Tray taken_;    // the owner's
};

}  // namespace parley
