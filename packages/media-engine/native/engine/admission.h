// Bounds the work that strangers can cause: of an address that keeps sending STUN for nobody here, the rest of it is
// dropped before it is parsed. Messages that name a transport are bounded there, see Loop::dispatch_stun.
#pragma once

#include <array>
#include <vector>

#include "core/address.h"
#include "engine/token_bucket.h"

namespace parley {

class Admission {
 public:
  explicit Admission(uint64_t hash_seed) : hash_{hash_seed}, buckets_(kBuckets, TokenBucket(kPerSecond, kBurst)) {}

  [[nodiscard]] bool allows(const SocketAddress& from, Micros now) { return !bucket(from).empty(now); }
  // A packet from there was of no use.
  void charge(const SocketAddress& from, Micros now) { static_cast<void>(bucket(from).take(now)); }

 private:
  static constexpr size_t kBuckets = 2048;  // addresses share them by hash, so memory is fixed
  // A closed page's browser goes on checking for a while, and an office may sit behind one address.
  static constexpr int64_t kPerSecond = 200;
  static constexpr int64_t kBurst = 1000;

  TokenBucket& bucket(SocketAddress from) {
    from.port = 0;
    return buckets_[hash_(from) % kBuckets];
  }

  SocketAddressHash hash_;
  std::vector<TokenBucket> buckets_;
};

}  // namespace parley
