// Which loop owns which address, for the loops that share a port, and the kernel's knowledge of it.
//
// The kernel spreads datagrams over the sockets of one port by a hash of the addresses, which knows nothing of rooms. So
// the table of authenticated addresses is compiled into a filter (core/steering_program.h) that the kernel runs for each
// datagram: from then on an address' packets arrive at the loop that owns its room. What comes before that, or does not
// fit the filter, arrives anywhere and is handed over in batches (inbox.h). See docs/decisions on media threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "core/address.h"

namespace parley {

class Steering {
 public:
  Steering(uint32_t loops, uint64_t seed);

  // Any thread. The newest owner wins, but a check alone (not `valid`) does not take an address away from a loop where it is
  // valid. Returns the loop that owned the address before, if it was another one.
  std::optional<uint32_t> set(const SocketAddress& address, uint32_t loop, bool valid);
  // Any thread. Does nothing when the address belongs to another loop by now.
  void remove(const SocketAddress& address, uint32_t loop);
  // Any thread.
  [[nodiscard]] std::optional<uint32_t> owner(const SocketAddress& address) const;

  // Any thread: tells the kernel, unless it knows everything already. `socket_fd` is any socket of the port.
  void apply(int socket_fd);
  [[nodiscard]] bool is_dirty() const { return dirty_.load(); }

 private:
  struct Owner {
    uint32_t loop;
    bool valid;
  };

  const uint32_t loops_;
  const uint32_t seed_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<SocketAddress, Owner, SocketAddressHash> owners_;
  std::atomic<bool> dirty_{true};
  // One at a time, so that an older filter never replaces a newer one.
  std::mutex apply_mutex_;
  size_t max_rules_;
};

}  // namespace parley
