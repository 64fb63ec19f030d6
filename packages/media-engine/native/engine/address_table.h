// Who speaks from which address on the shared socket. An address enters when an ICE check from it has been authenticated;
// it is good for DTLS and media only once a check of ours has come back from it (`valid`).
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "core/address.h"

namespace parley {

class Transport;

class AddressTable {
 public:
  struct Entry {
    Transport* transport = nullptr;
    bool valid = false;
  };

  // `on_change`: an address got an entry here, another one, or none any more (null). May be empty.
  using OnChange = std::function<void(const SocketAddress&, const Entry*)>;

  explicit AddressTable(uint64_t hash_seed, OnChange on_change = nullptr)
      : entries_(16, SocketAddressHash{hash_seed}), on_change_(std::move(on_change)) {}

  [[nodiscard]] const Entry* find(const SocketAddress& address) const {
    const auto found = entries_.find(address);
    return found == entries_.end() ? nullptr : &found->second;
  }

  // The newest owner wins: a NAT may hand a port to another peer, and only authenticated checks get here. A check alone
  // does not take an address away from a transport that is valid on it.
  bool set(const SocketAddress& address, Transport& transport, bool valid) {
    Entry& entry = entries_[address];
    if (!valid && entry.valid) return entry.transport == &transport;
    const bool is_news = entry.transport == nullptr || entry.valid != valid;
    entry = {&transport, valid};
    if (is_news && on_change_) on_change_(address, &entry);
    return true;
  }

  // Does nothing when the address belongs to another transport by now.
  void remove(const SocketAddress& address, const Transport& transport) {
    const auto found = entries_.find(address);
    if (found == entries_.end() || found->second.transport != &transport) return;
    entries_.erase(found);
    if (on_change_) on_change_(address, nullptr);
  }

  // The address belongs to somebody else now, whoever had it here.
  void forget(const SocketAddress& address) { entries_.erase(address); }
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  std::unordered_map<SocketAddress, Entry, SocketAddressHash> entries_;
  OnChange on_change_;
};

}  // namespace parley
