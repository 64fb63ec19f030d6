// The way of a packet to a peer: where to, and as whom. On a machine with several addresses an answer must leave from the
// address that was asked, or the peer takes it for a stranger's (RFC 8445 §7.2.5.2.1) and a firewall drops it.
// Over TCP the way is the connection that the peer opened.
#pragma once

#include <cstdint>
#include <deque>

#include "core/address.h"

namespace parley {

struct Route {
  SocketAddress to;
  // Local address, its port means nothing; null = the system's choice. Owned by LocalAddresses.
  const SocketAddress* from = nullptr;
  // The TCP connection to go by instead, see tcp_streams.h; 0 = none. It may be gone by now.
  uint32_t stream = 0;
};

// The machine's addresses at which datagrams have arrived, numbered for ICE pairs. There are few; what a machine with more
// than `kMax` does beyond them is up to the system.
class LocalAddresses {
 public:
  static constexpr uint32_t kMax = 64;
  static constexpr uint32_t kAny = 0;

  // kAny for an unset address, and when there are too many.
  [[nodiscard]] uint32_t id_of(const SocketAddress& local) {
    if (local == SocketAddress{}) return kAny;
    if (last_ != kAny && addresses_[last_ - 1] == local) return last_;
    for (uint32_t i = 0; i < addresses_.size(); ++i) {
      if (addresses_[i] == local) return last_ = i + 1;
    }
    if (addresses_.size() == kMax) return kAny;
    addresses_.push_back(local);
    return last_ = static_cast<uint32_t>(addresses_.size());
  }

  // Null for kAny and unknown ids. Valid as long as this.
  [[nodiscard]] const SocketAddress* find(uint32_t id) const {
    return id == kAny || id > addresses_.size() ? nullptr : &addresses_[id - 1];
  }

 private:
  std::deque<SocketAddress> addresses_;  // a deque's elements stay where they are
  uint32_t last_ = kAny;
};

}  // namespace parley
