// Numbers sampled while a simulation runs, and what is usually asked about them.
#pragma once

#include <cmath>
#include <numeric>

#include "simulation.h"

namespace parley::sim {

/// Samples of one quantity with their times.
class Series {
 public:
  void add(Micros at, double value) { samples_.push_back({at, value}); }
  /// Values with from ≤ time < to.
  [[nodiscard]] std::vector<double> between(Micros from, Micros to) const {
    std::vector<double> values;
    for (const Sample& s : samples_) {
      if (s.at >= from && s.at < to) values.push_back(s.value);
    }
    return values;
  }

 private:
  struct Sample {
    Micros at;
    double value;
  };
  std::vector<Sample> samples_;
};

/// Calls `sample` every `interval` until the simulation ends.
inline void every(Simulation& simulation, Micros interval, std::function<void(Micros now)> sample) {
  simulation.after(interval, [&simulation, interval, sample = std::move(sample)]() mutable {
    sample(simulation.now());
    every(simulation, interval, std::move(sample));
  });
}

inline double mean(const std::vector<double>& values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
/// `share` 0…1; 0 for no values.
inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}
/// 1 = all the same, 1/n = one has it all (Jain, Chiu, Hawe 1984).
inline double jain(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double v : values) {
    sum += v;
    squares += v * v;
  }
  return squares > 0 ? sum * sum / (static_cast<double>(values.size()) * squares) : 1;
}

}  // namespace parley::sim
