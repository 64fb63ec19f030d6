// A router between devices: every packet passes the `up` link of the device it comes from, then the `down` link of the one
// that has its destination. Owns the devices; the caller owns the loop.
#pragma once

#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "link.h"
#include "namespaces.h"

namespace parley::rig {

struct LinkCounters {
  uint64_t offered = 0;
  uint64_t delivered = 0;
  uint64_t deliveredBytes = 0;
  uint64_t lost = 0;
  uint64_t queueFull = 0;
  uint64_t outage = 0;
  uint64_t duplicated = 0;
};

struct Direction {
  explicit Direction(uint64_t seed) : link(seed) {}
  Link link;
  LinkCounters counters;
};

struct Device {
  Device(std::string deviceName, Fd deviceTun, Ipv4 deviceAddress, uint64_t seed)
      : name(std::move(deviceName)),
        tun(std::move(deviceTun)),
        address(deviceAddress),
        outsideAddress(deviceAddress),
        up(seed),
        down(seed ^ 0x5bd1e9955bd1e995ULL) {}
  // given
  std::string name;
  Fd tun;
  Ipv4 address;
  // state
  /// What others see as the source of its UDP packets; its own address unless a router translates.
  Ipv4 outsideAddress;
  int outsidePortOffset = 0;
  Direction up;
  Direction down;
};

class Relay {
 public:
  Device* find(const std::string& name) {
    const auto found = devices_.find(name);
    return found == devices_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] const std::map<std::string, std::shared_ptr<Device>>& devices() const { return devices_; }
  [[nodiscard]] uint64_t unroutable() const { return unroutable_; }
  [[nodiscard]] uint64_t overflow() const { return overflow_; }

  void add(std::shared_ptr<Device> device) { devices_.emplace(device->name, device); }
  /// Packets on their way to it get lost.
  void remove(const std::string& name) { devices_.erase(name); }

  /// Takes what `device` sent. At most some packets at once, so that the others get their turn.
  void read(Device& device, Micros now) {
    for (int count = 0; count < 64; count++) {
      uint8_t buffer[2048];
      const ssize_t size = ::read(device.tun.get(), buffer, sizeof buffer);
      if (size <= 0) return;
      Bytes bytes(buffer, buffer + size);
      Ipv4Packet packet(bytes);
      if (!packet.isValid()) continue;  // IPv6's own talk on a new device
      if (packet.isUdp() && (device.outsideAddress != device.address || device.outsidePortOffset != 0)) {
        packet.translateSource(device.outsideAddress, device.outsidePortOffset);
      }
      pass(device.up, Hop{std::move(bytes), nullptr}, now);
    }
  }

  /// Moves what is due.
  void deliver(Micros now) {
    while (!underway_.empty() && underway_.top().at <= now) {
      const Micros at = underway_.top().at;
      const std::shared_ptr<Hop> hop = underway_.top().hop;
      underway_.pop();
      if (hop->to) write(*hop, at);
      else route(*hop, at);
    }
  }

  /// When `deliver` has something to do; -1 = nothing is under way.
  [[nodiscard]] Micros nextAt() const { return underway_.empty() ? -1 : underway_.top().at; }

 private:
  struct Hop {
    Bytes bytes;
    /// Set once it is on the last link.
    std::shared_ptr<Device> to;
  };
  struct Underway {
    Micros at;
    uint64_t order;
    std::shared_ptr<Hop> hop;
    bool operator<(const Underway& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  void pass(Direction& direction, Hop&& hop, Micros now) {
    auto& [link, counters] = direction;
    counters.offered++;
    const bool isImpaired = link.conditions().isDown || link.conditions().appliesToAll || Ipv4Packet(hop.bytes).isUdp();
    const auto size = static_cast<uint32_t>(hop.bytes.size());
    const Verdict verdict = isImpaired ? link.offer(now, size) : Verdict{Fate::delivered, now, {}};
    switch (verdict.fate) {
      case Fate::lost: counters.lost++; return;
      case Fate::queueFull: counters.queueFull++; return;
      case Fate::outage: counters.outage++; return;
      case Fate::delivered: break;
    }
    counters.delivered++;
    counters.deliveredBytes += size;
    const auto shared = std::make_shared<Hop>(std::move(hop));
    enqueue(verdict.arrivesAt, shared);
    if (!verdict.againAt) return;
    counters.duplicated++;
    enqueue(*verdict.againAt, std::make_shared<Hop>(*shared));
  }

  void enqueue(Micros at, std::shared_ptr<Hop> hop) {
    if (underway_.size() >= maxUnderway) {
      overflow_++;
      return;
    }
    underway_.push({at, order_++, std::move(hop)});
  }

  void route(Hop& hop, Micros now) {
    Ipv4Packet packet(hop.bytes);
    const Ipv4 destination = packet.destination();
    for (const auto& [name, device] : devices_) {
      const bool isTranslated = device->outsideAddress != device->address || device->outsidePortOffset != 0;
      if (destination != (packet.isUdp() ? device->outsideAddress : device->address)) continue;
      if (packet.isUdp() && isTranslated) packet.translateDestination(device->address, -device->outsidePortOffset);
      return pass(device->down, Hop{std::move(hop.bytes), device}, now);
    }
    unroutable_++;
  }

  void write(const Hop& hop, Micros) {
    // Full or gone: as on any wire, nobody is told.
    if (::write(hop.to->tun.get(), hop.bytes.data(), hop.bytes.size()) < 0) overflow_++;
  }

  // owned
  std::map<std::string, std::shared_ptr<Device>> devices_;
  // state
  std::priority_queue<Underway> underway_;
  uint64_t order_ = 0;
  uint64_t unroutable_ = 0;
  uint64_t overflow_ = 0;
  /// About 60 MB at most.
  static constexpr size_t maxUnderway = 40'000;
};

}  // namespace parley::rig
