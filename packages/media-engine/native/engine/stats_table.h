// Statistics as rows of numbers, so that they cross into JavaScript in one array that is used again each time. The columns
// have names, which JavaScript asks for once; what is not a number is an index or a flag there.
//
//   threads, transports, layers │ totals │ drops │ histograms │ thread rows │ transport rows │ layer rows
//   (how many rows of each)
#pragma once

#include <string_view>
#include <vector>

#include "engine/stats.h"

namespace parley {

struct StatsLayout {
  struct Part {
    std::string_view name;
    size_t size;
  };
  std::vector<std::string_view> totals;
  std::vector<std::string_view> drops;
  std::vector<Part> histograms;  // sizes in buckets, see histogram.h
  std::vector<std::string_view> threads;
  std::vector<std::string_view> transports;
  std::vector<std::string_view> layers;
};

[[nodiscard]] StatsLayout stats_layout();
// How many numbers the table takes.
[[nodiscard]] size_t stats_table_size(const EngineSnapshot& snapshot);
// Writes that many.
void write_stats_table(const EngineSnapshot& snapshot, double* out);

}  // namespace parley
