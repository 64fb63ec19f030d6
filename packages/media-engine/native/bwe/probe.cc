#include "probe.h"

namespace parley {

namespace {

// Of the burst, so that a few lost packets do not waste it and a torn one does not count.
constexpr double kMinShare = 0.8;
constexpr Micros kMaxDuration = kSecond;
// Arrival far faster than sending is an artefact of something that held the packets back.
constexpr double kMaxSpeedUp = 2.0;
constexpr double kUnsaturated = 0.9;
// A saturated path is to be used a little below what it carried.
constexpr double kUtilisation = 0.95;

}  // namespace

void ProbeMeasurement::on_cluster(const ProbeCluster& cluster) {
  bursts_[next_] = Burst{};
  bursts_[next_].cluster = cluster;
  next_ = (next_ + 1) % bursts_.size();
}

std::optional<ProbeResult> ProbeMeasurement::on_arrival(uint8_t probe, Micros sent_at, Micros arrived_at,
                                                        int64_t bytes) {
  if (probe == 0) return std::nullopt;
  for (Burst& b : bursts_) {
    if (b.cluster.id != probe) continue;
    if (b.packets == 0 || sent_at < b.first_sent) b.first_sent = sent_at;
    if (b.packets == 0 || sent_at >= b.last_sent) {
      b.last_sent = sent_at;
      b.last_sent_bytes = bytes;
    }
    if (b.packets == 0 || arrived_at < b.first_arrived) {
      b.first_arrived = arrived_at;
      b.first_arrived_bytes = bytes;
    }
    if (b.packets == 0 || arrived_at > b.last_arrived) b.last_arrived = arrived_at;
    b.packets++;
    b.bytes += bytes;
    return measure(b);
  }
  return std::nullopt;
}

std::optional<ProbeResult> ProbeMeasurement::measure(const Burst& b) {
  if (b.packets < kMinShare * b.cluster.min_packets) return std::nullopt;
  if (static_cast<double>(b.bytes) < kMinShare * b.cluster.min_bytes) return std::nullopt;
  const Micros sending = b.last_sent - b.first_sent;
  const Micros arriving = b.last_arrived - b.first_arrived;
  if (sending <= 0 || sending > kMaxDuration || arriving <= 0 || arriving > kMaxDuration) return std::nullopt;
  // The last packet sent ends the interval of sending, the first that arrived begins the other: neither is inside it.
  const double sent = static_cast<double>(rate_of(b.bytes - b.last_sent_bytes, sending));
  const double arrived = static_cast<double>(rate_of(b.bytes - b.first_arrived_bytes, arriving));
  if (arrived > kMaxSpeedUp * sent) return std::nullopt;
  if (arrived < kUnsaturated * sent) return ProbeResult{static_cast<BitRate>(kUtilisation * arrived), true};
  return ProbeResult{static_cast<BitRate>(std::min(sent, arrived)), false};
}

}  // namespace parley
