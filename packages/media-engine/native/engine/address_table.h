// Who speaks from which address on the shared socket. An address enters when an ICE check from it has been authenticated;
// it is good for DTLS and media only once a check of ours has come back from it (`valid`).
#pragma once

#include <cstdint>
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

  explicit AddressTable(uint64_t hash_seed) : entries_(16, SocketAddressHash{hash_seed}) {}

  [[nodiscard]] const Entry* find(const SocketAddress& address) const {
    const auto found = entries_.find(address);
    return found == entries_.end() ? nullptr : &found->second;
  }

  // The newest owner wins: a NAT may hand a port to another peer, and only authenticated checks get here. A check alone
  // does not take an address away from a transport that is valid on it.
  bool set(const SocketAddress& address, Transport& transport, bool valid) {
    Entry& entry = entries_[address];
    if (!valid && entry.valid) return entry.transport == &transport;
    entry = {&transport, valid};
    return true;
  }

  // Does nothing when the address belongs to another transport by now.
  void remove(const SocketAddress& address, const Transport& transport) {
    const auto found = entries_.find(address);
    if (found != entries_.end() && found->second.transport == &transport) entries_.erase(found);
  }

 private:
  std::unordered_map<SocketAddress, Entry, SocketAddressHash> entries_;
};

}  // namespace parley
