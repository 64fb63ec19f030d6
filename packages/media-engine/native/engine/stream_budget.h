// How many TCP connections there may be, on all loops together: a seat for each, so many in all and from one address. An
// IPv6 network counts as one address, since whoever has one address of it has them all.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/address.h"

namespace parley {

class StreamBudget {
 public:
  static constexpr size_t kMax = 4096;
  // An office may sit behind one address.
  static constexpr size_t kMaxPerAddress = 512;

  explicit StreamBudget(uint64_t hash_seed) : seats_(16, SocketAddressHash{hash_seed}) {}

  // Given back when it goes, on any thread. The budget outlives its seats.
  class Seat {
   public:
    Seat() = default;
    Seat(StreamBudget& budget, const SocketAddress& network) : budget_(&budget), network_(network) {}
    Seat(Seat&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), network_(other.network_) {}
    Seat& operator=(Seat&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(network_, other.network_);
      return *this;
    }
    ~Seat() {
      if (budget_ != nullptr) budget_->give_back(network_);
    }
    // False = there was none.
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    StreamBudget* budget_ = nullptr;
    SocketAddress network_;
  };

  // Any thread.
  [[nodiscard]] Seat take(const SocketAddress& from) {
    const SocketAddress network = network_of(from);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (taken_ >= kMax) return {};
    size_t& here = seats_[network];
    if (here >= kMaxPerAddress) return {};
    ++here;
    ++taken_;
    return {*this, network};
  }

  // The address without its port; of IPv6 the first 64 bits.
  [[nodiscard]] static SocketAddress network_of(SocketAddress address) {
    address.port = 0;
    if (!address.is_v4()) std::memset(address.ip.data() + 8, 0, 8);
    return address;
  }

 private:
  void give_back(const SocketAddress& network) {
    const std::lock_guard<std::mutex> lock(mutex_);
    --taken_;
    const auto found = seats_.find(network);
    if (--found->second == 0) seats_.erase(found);
  }

  std::mutex mutex_;
  size_t taken_ = 0;
  std::unordered_map<SocketAddress, size_t, SocketAddressHash> seats_;
};

}  // namespace parley
