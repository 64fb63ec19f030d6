// One direction of an impaired wire, without sockets or clocks: a packet is offered, the answer is when it arrives, if it does.
//
//   offered → outage? → loss → rate with a drop-tail queue → delay and jitter → late (reordering) → twice (duplication)
//
// The order is that of a real path: what is lost on the radio still was sent, but never fills the queue behind it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace parley::rig {

using Micros = int64_t;

/// What a direction does to packets. The default is a perfect wire.
struct Conditions {
  Micros delayUs = 0;
  /// Each packet waits up to that much longer, evenly distributed; packets do not overtake each other by it.
  Micros jitterUs = 0;
  /// Share of packets lost, 0 to 1.
  double lossRatio = 0;
  /// Mean length of a run of losses (Gilbert's model); 1 or less = every packet by itself.
  double lossBurstPackets = 1;
  /// 0 = unlimited.
  double rateBps = 0;
  /// Packets that would wait longer than that for their turn are dropped. Only with a rate.
  Micros queueUs = 200'000;
  /// Share of packets that arrive `reorderByUs` after their time, so that others overtake them.
  double reorderRatio = 0;
  Micros reorderByUs = 20'000;
  /// Share of packets that arrive twice.
  double duplicateRatio = 0;
  bool isDown = false;
  /// Whether TCP and the rest suffer too; an outage is everybody's in any case.
  bool appliesToAll = false;
};

enum class Fate { delivered, lost, queueFull, outage };

struct Verdict {
  Fate fate = Fate::delivered;
  Micros arrivesAt = 0;
  std::optional<Micros> againAt;
};

/// splitmix64: small, and the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  /// In [0, 1).
  [[nodiscard]] double next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
  }

 private:
  uint64_t state_;
};

class Link {
 public:
  explicit Link(uint64_t seed) : random_(seed) {}

  /// From now on. Packets under way keep the time of arrival that they were given.
  void setConditions(const Conditions& conditions) { conditions_ = conditions; }
  [[nodiscard]] const Conditions& conditions() const { return conditions_; }

  /// `now` must not go back. Each packet takes the same number of random values under the same conditions.
  [[nodiscard]] Verdict offer(Micros now, uint32_t sizeBytes) {
    const Conditions& c = conditions_;
    if (c.isDown) return {Fate::outage, 0, {}};
    if (loses()) return {Fate::lost, 0, {}};

    Micros sentAt = now;
    if (c.rateBps > 0) {
      const Micros start = std::max(now, freeAt_);
      if (start - now > c.queueUs) return {Fate::queueFull, 0, {}};
      sentAt = freeAt_ = start + static_cast<Micros>(sizeBytes * 8e6 / c.rateBps);
    }
    const Micros jitter = c.jitterUs > 0 ? static_cast<Micros>(random_.next() * static_cast<double>(c.jitterUs)) : 0;
    // A real queue delays without reordering; only `reorderRatio` does that.
    Micros arrivesAt = inOrderAt_ = std::max(inOrderAt_, sentAt + c.delayUs + jitter);
    if (c.reorderRatio > 0 && random_.next() < c.reorderRatio) arrivesAt += c.reorderByUs;
    std::optional<Micros> againAt;
    if (c.duplicateRatio > 0 && random_.next() < c.duplicateRatio) againAt = arrivesAt;
    return {Fate::delivered, arrivesAt, againAt};
  }

 private:
  /// Two states, good and bad: every packet of the bad one is lost. The chances of moving give ratio and mean run asked for.
  [[nodiscard]] bool loses() {
    const Conditions& c = conditions_;
    if (c.lossRatio <= 0) return isBad_ = false;
    if (c.lossRatio >= 1) return true;
    if (c.lossBurstPackets <= 1) return random_.next() < c.lossRatio;
    const double leave = 1 / c.lossBurstPackets;
    const double enter = std::min(1.0, leave * c.lossRatio / (1 - c.lossRatio));
    isBad_ = isBad_ ? random_.next() >= leave : random_.next() < enter;
    return isBad_;
  }

  // state
  Conditions conditions_;
  Random random_;
  bool isBad_ = false;
  Micros freeAt_ = 0;
  Micros inOrderAt_ = 0;
};

}  // namespace parley::rig
