// Counts by powers of two, for what is measured often and read rarely: 0, 1, 2–3, 4–7, …; the last bucket has the rest.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace parley {

template <size_t Buckets>
class Histogram {
 public:
  // Bucket i > 0 counts values of i significant bits: below 2^i, and not below half of that.
  void add(uint64_t value, uint64_t times = 1) { counts_[bucket_of(value)] += times; }
  void merge(const Histogram& other) {
    for (size_t i = 0; i < Buckets; ++i) counts_[i] += other.counts_[i];
  }
  [[nodiscard]] const std::array<uint64_t, Buckets>& counts() const { return counts_; }

 private:
  [[nodiscard]] static size_t bucket_of(uint64_t value) {
    const size_t bits = value == 0 ? 0 : 64 - static_cast<size_t>(__builtin_clzll(value));
    return std::min(bits, Buckets - 1);
  }

  std::array<uint64_t, Buckets> counts_{};
};

// Microseconds, up to four seconds; how many of something are together, up to 255.
using TimeHistogram = Histogram<24>;
using SizeHistogram = Histogram<10>;

}  // namespace parley
