#include "engine/stats_table.h"

#include <array>

namespace parley {
namespace {

constexpr size_t kCounts = 3;

template <typename Row>
struct Column {
  std::string_view name;
  double (*value)(const Row&);
};

template <typename Number>
double number(Number value) {
  return static_cast<double>(value);
}

double millis(Micros micros) { return static_cast<double>(micros) / 1000.0; }

constexpr Column<EngineSnapshot> kTotals[] = {
    {"cpuUs", [](const EngineSnapshot& s) { return number(s.cpu_us); }},
    {"packetsReceived", [](const EngineSnapshot& s) { return number(s.packets_received); }},
    {"packetsSent", [](const EngineSnapshot& s) { return number(s.sent.packets); }},
    {"forwarded", [](const EngineSnapshot& s) { return number(s.forwarded); }},
    {"sendCalls", [](const EngineSnapshot& s) { return number(s.sent.system_calls); }},
    {"segmentedPackets", [](const EngineSnapshot& s) { return number(s.sent.segmented_packets); }},
};

constexpr Column<ThreadSnapshot> kThreads[] = {
    {"cpuUs", [](const ThreadSnapshot& t) { return number(t.cpu_us); }},
    {"packetsReceived", [](const ThreadSnapshot& t) { return number(t.packets_received); }},
    {"forwarded", [](const ThreadSnapshot& t) { return number(t.forwarded); }},
    {"handedOver", [](const ThreadSnapshot& t) { return number(t.handed_over); }},
    {"rooms", [](const ThreadSnapshot& t) { return number(t.rooms); }},
};

constexpr Column<TransportSnapshot> kTransports[] = {
    {"transport", [](const TransportSnapshot& t) { return number(t.id); }},
    {"state", [](const TransportSnapshot& t) { return number(t.state); }},
    {"packetsReceived", [](const TransportSnapshot& t) { return number(t.traffic.packets_received); }},
    {"bytesReceived", [](const TransportSnapshot& t) { return number(t.traffic.bytes_received); }},
    {"packetsSent", [](const TransportSnapshot& t) { return number(t.traffic.packets_sent); }},
    {"bytesSent", [](const TransportSnapshot& t) { return number(t.traffic.bytes_sent); }},
    {"idleMs", [](const TransportSnapshot& t) { return number(t.idle_ms); }},
    {"rttMs", [](const TransportSnapshot& t) { return t.rtt_ms; }},
    {"pathRttMs",
     [](const TransportSnapshot& t) { return t.paced.path.round_trip > 0 ? millis(t.paced.path.round_trip) : -1; }},
    {"nacksReceived", [](const TransportSnapshot& t) { return number(t.media.nacks_received); }},
    {"nacksSent", [](const TransportSnapshot& t) { return number(t.media.nacks_sent); }},
    {"retransmitted", [](const TransportSnapshot& t) { return number(t.media.retransmitted); }},
    {"plisReceived", [](const TransportSnapshot& t) { return number(t.media.plis_received); }},
    {"plisSent", [](const TransportSnapshot& t) { return number(t.media.plis_sent); }},
    {"estimateBps", [](const TransportSnapshot& t) { return number(t.paced.target); }},
    {"lossFraction", [](const TransportSnapshot& t) { return t.paced.path.loss; }},
    {"pathQueueMs", [](const TransportSnapshot& t) { return millis(t.paced.path.queue); }},
    {"feedbackReceived", [](const TransportSnapshot& t) { return number(t.paced.path.feedback); }},
    {"feedbackUnmatched", [](const TransportSnapshot& t) { return number(t.paced.path.unmatched); }},
    {"feedbackMissing", [](const TransportSnapshot& t) { return number(t.paced.path.expired); }},
    {"probes", [](const TransportSnapshot& t) { return number(t.paced.path.probes); }},
    {"paddingBytes", [](const TransportSnapshot& t) { return number(t.paced.padding_bytes); }},
    {"pacerQueueMs", [](const TransportSnapshot& t) { return millis(t.paced.queue_age); }},
    {"pacerQueueBytes", [](const TransportSnapshot& t) { return number(t.paced.queued_bytes); }},
    {"pacerDropped", [](const TransportSnapshot& t) { return number(t.paced.expired + t.paced.refused); }},
    {"overTcp", [](const TransportSnapshot& t) { return number(t.over_tcp ? 1 : 0); }},
    {"srtpProfile", [](const TransportSnapshot& t) { return number(t.srtp_profile); }},
};

constexpr Column<LayerSnapshot> kLayers[] = {
    {"source", [](const LayerSnapshot& l) { return number(l.source); }},
    {"encoding", [](const LayerSnapshot& l) { return number(l.layer.id.encoding); }},
    {"spatial", [](const LayerSnapshot& l) { return number(l.layer.id.spatial); }},
    {"temporal", [](const LayerSnapshot& l) { return number(l.layer.id.temporal); }},
    {"bitrateBps", [](const LayerSnapshot& l) { return number(l.layer.bitrate_bps); }},
    {"framesPerSecond", [](const LayerSnapshot& l) { return l.layer.frames_per_second; }},
    {"width", [](const LayerSnapshot& l) { return number(l.layer.width); }},
    {"height", [](const LayerSnapshot& l) { return number(l.layer.height); }},
    {"active", [](const LayerSnapshot& l) { return number(l.layer.active ? 1 : 0); }},
};

// Calls `visit(name, counts)` for each histogram, in the table's order.
template <typename Visitor>
void visit_histograms(const EngineSnapshot& snapshot, Visitor visit) {
  visit("transitUs", snapshot.transit.counts());
  visit("receiveWaitUs", snapshot.receive_wait.counts());
  visit("receiveBatch", snapshot.receive_batch.counts());
  visit("sendCall", snapshot.sent.per_call.counts());
  visit("sendRun", snapshot.sent.per_run.counts());
}

template <typename Row, size_t N>
std::vector<std::string_view> names_of(const Column<Row> (&columns)[N]) {
  std::vector<std::string_view> names;
  for (const Column<Row>& column : columns) names.push_back(column.name);
  return names;
}

template <typename Row, size_t N>
double* write_row(const Column<Row> (&columns)[N], const Row& row, double* out) {
  for (const Column<Row>& column : columns) *out++ = column.value(row);
  return out;
}

}  // namespace

StatsLayout stats_layout() {
  StatsLayout layout;
  layout.totals = names_of(kTotals);
  for (size_t i = 0; i < static_cast<size_t>(Drop::count); ++i) layout.drops.emplace_back(drop_name(static_cast<Drop>(i)));
  visit_histograms({}, [&layout](std::string_view name, const auto& counts) {
    layout.histograms.push_back({name, counts.size()});
  });
  layout.threads = names_of(kThreads);
  layout.transports = names_of(kTransports);
  layout.layers = names_of(kLayers);
  return layout;
}

size_t stats_table_size(const EngineSnapshot& snapshot) {
  size_t size = kCounts + std::size(kTotals) + snapshot.drops.by_reason.size();
  visit_histograms(snapshot, [&size](std::string_view, const auto& counts) { size += counts.size(); });
  return size + snapshot.threads.size() * std::size(kThreads) + snapshot.transports.size() * std::size(kTransports) +
         snapshot.layers.size() * std::size(kLayers);
}

void write_stats_table(const EngineSnapshot& snapshot, double* out) {
  *out++ = number(snapshot.threads.size());
  *out++ = number(snapshot.transports.size());
  *out++ = number(snapshot.layers.size());
  out = write_row(kTotals, snapshot, out);
  for (const uint64_t count : snapshot.drops.by_reason) *out++ = number(count);
  visit_histograms(snapshot, [&out](std::string_view, const auto& counts) {
    for (const uint64_t count : counts) *out++ = number(count);
  });
  for (const ThreadSnapshot& thread : snapshot.threads) out = write_row(kThreads, thread, out);
  for (const TransportSnapshot& transport : snapshot.transports) out = write_row(kTransports, transport, out);
  for (const LayerSnapshot& layer : snapshot.layers) out = write_row(kLayers, layer, out);
}

}  // namespace parley
