#include "engine/stats.h"

#include <utility>

namespace parley {
namespace {

template <typename Row>
void append(std::vector<Row>& to, const std::vector<Row>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

void EngineSnapshot::add(const EngineSnapshot& other) {
  cpu_us += other.cpu_us;
  packets_received += other.packets_received;
  forwarded += other.forwarded;
  sent.packets += other.sent.packets;
  sent.bytes += other.sent.bytes;
  sent.system_calls += other.sent.system_calls;
  sent.segmented_packets += other.sent.segmented_packets;
  sent.dropped += other.sent.dropped;
  sent.per_call.merge(other.sent.per_call);
  sent.per_run.merge(other.sent.per_run);
  for (size_t i = 0; i < drops.by_reason.size(); ++i) drops.by_reason[i] += other.drops.by_reason[i];
  transit.merge(other.transit);
  receive_wait.merge(other.receive_wait);
  receive_batch.merge(other.receive_batch);
  append(transports, other.transports);
  append(layers, other.layers);
  append(threads, other.threads);
}

void EngineSnapshot::clear() {
  transports.clear();
  layers.clear();
  threads.clear();
  EngineSnapshot empty;
  empty.transports.swap(transports);
  empty.layers.swap(layers);
  empty.threads.swap(threads);
  *this = std::move(empty);
}

}  // namespace parley
