#include "engine/stats.h"

#include <iterator>
#include <utility>

namespace parley {

void EngineSnapshot::add(EngineSnapshot other) {
  cpu_us += other.cpu_us;
  packets_received += other.packets_received;
  forwarded += other.forwarded;
  sent.packets += other.sent.packets;
  sent.bytes += other.sent.bytes;
  sent.system_calls += other.sent.system_calls;
  sent.segmented_packets += other.sent.segmented_packets;
  sent.dropped += other.sent.dropped;
  for (size_t i = 0; i < drops.by_reason.size(); ++i) drops.by_reason[i] += other.drops.by_reason[i];
  std::move(other.transports.begin(), other.transports.end(), std::back_inserter(transports));
  std::move(other.layers.begin(), other.layers.end(), std::back_inserter(layers));
  std::move(other.threads.begin(), other.threads.end(), std::back_inserter(threads));
}

}  // namespace parley
