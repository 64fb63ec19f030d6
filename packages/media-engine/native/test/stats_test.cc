// Statistics: histograms, the table that crosses into JavaScript, and readings of several loops.
#include <algorithm>
#include <thread>
#include <vector>

#include "engine/sample_collector.h"
#include "engine/stats_table.h"
#include "test.h"

namespace parley {
namespace {

size_t column(const std::vector<std::string_view>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  CHECK(found != names.end());
  return static_cast<size_t>(found - names.begin());
}

EngineSnapshot snapshot_of(uint32_t transport) {
  EngineSnapshot snapshot;
  snapshot.forwarded = 10;
  snapshot.drops.add(Drop::srtp_auth, 3);
  snapshot.transit.add(100, 7);
  snapshot.threads.push_back({1, 2, 10, 4, 5});
  TransportSnapshot entry;
  entry.id = transport;
  entry.media.plis_sent = 6;
  entry.paced.path.round_trip = 12'500;
  entry.srtp_profile = 7;
  snapshot.transports.push_back(entry);
  LayerSnapshot layer;
  layer.source = transport + 1;
  layer.layer.height = 720;
  layer.layer.active = true;
  snapshot.layers.push_back(layer);
  return snapshot;
}

}  // namespace

TEST(stats_histogram, "histogram: buckets are powers of two, and the last one has the rest") {
  Histogram<6> histogram;
  for (uint64_t value = 0; value <= 8; value++) histogram.add(value);
  histogram.add(15, 10);
  histogram.add(16);
  histogram.add(UINT64_MAX);
  const std::array<uint64_t, 6> expected{1, 1, 2, 4, 11, 2};
  CHECK(histogram.counts() == expected);
  Histogram<6> twice = histogram;
  twice.merge(histogram);
  for (size_t i = 0; i < 6; i++) CHECK_EQ(twice.counts()[i], 2 * expected[i]);
}

TEST(stats_table, "statistics: everything stands where the layout says") {
  EngineSnapshot snapshot = snapshot_of(20);
  snapshot.add(snapshot_of(30));
  const StatsLayout layout = stats_layout();
  const double guard = -77;
  const size_t size = stats_table_size(snapshot);
  std::vector<double> numbers(size + 1, guard);
  write_stats_table(snapshot, numbers.data());
  CHECK_EQ(numbers[size], guard);
  CHECK_EQ(std::count(numbers.begin(), numbers.end(), guard), 1);
  CHECK_EQ(numbers[0], 2.0);
  CHECK_EQ(numbers[1], 2.0);
  CHECK_EQ(numbers[2], 2.0);
  size_t at = 3;
  CHECK_EQ(numbers[at + column(layout.totals, "forwarded")], 20.0);
  at += layout.totals.size();
  CHECK_EQ(numbers[at + column(layout.drops, "srtp-auth")], 6.0);
  at += layout.drops.size();
  CHECK(layout.histograms.front().name == "transitUs");
  CHECK_EQ(numbers[at + 7], 14.0);  // 64 to 127
  for (const auto& part : layout.histograms) at += part.size;
  CHECK_EQ(numbers[at + layout.threads.size() + column(layout.threads, "rooms")], 5.0);
  at += 2 * layout.threads.size() + layout.transports.size();
  CHECK_EQ(numbers[at + column(layout.transports, "transport")], 30.0);
  CHECK_EQ(numbers[at + column(layout.transports, "pathRttMs")], 12.5);
  CHECK_EQ(numbers[at + column(layout.transports, "srtpProfile")], 7.0);
  at += layout.transports.size();
  CHECK_EQ(numbers[at + column(layout.layers, "source")], 21.0);
  CHECK_EQ(numbers[at + column(layout.layers, "height")], 720.0);
  CHECK_EQ(numbers[at + column(layout.layers, "active")], 1.0);
  CHECK_EQ(at + 2 * layout.layers.size(), size);
}

TEST(stats_names, "statistics: every reason for a drop has a name of its own") {
  std::vector<std::string_view> names = stats_layout().drops;
  CHECK_EQ(names.size(), static_cast<size_t>(Drop::count));
  std::sort(names.begin(), names.end());
  CHECK(!names.front().empty());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST(stats_collector, "sample collector: told once, when the last thread has answered, again and again") {
  constexpr size_t kThreads = 3;
  std::atomic<int> told{0};
  SampleCollector collector(kThreads, [&told] { told.fetch_add(1); });
  EngineSnapshot out;
  CHECK(!collector.take(out));
  for (int round = 1; round <= 20; round++) {
    CHECK(collector.begin());
    CHECK(!collector.begin());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; i++) {
      if (i == kThreads - 1) CHECK(!collector.take(out));
      threads.emplace_back([&collector, i] {
        EngineSnapshot& part = collector.part(i);
        part.clear();
        part.add(snapshot_of(static_cast<uint32_t>(10 * i)));
        collector.finish();
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK_EQ(told.load(), round);
    CHECK(collector.take(out));
    CHECK(!collector.take(out));
    CHECK_EQ(out.forwarded, 30u);
    CHECK_EQ(out.transports.size(), kThreads);
  }
}

TEST(stats_incomplete, "sample collector: a reading without one of the threads counts for nothing, the next one does") {
  int told = 0;
  SampleCollector collector(2, [&told] { told++; });
  EngineSnapshot out;
  CHECK(collector.begin());
  collector.finish();
  collector.finish(false);
  CHECK_EQ(told, 1);
  CHECK(!collector.take(out));
  CHECK(collector.begin());
  collector.finish();
  collector.finish();
  CHECK(collector.take(out));
}

}  // namespace parley
