// Which layer of one source a receiver gets out of a budget, without oscillation: up rarely and with room to spare,
// down when it must be, and the more rarely up again the sooner the last attempt failed. Pure: state in, state out. A
// conference-wide allocation decides the budget of each source; this decides what is made of it.
//
//   up    budget ≥ 1.15 · cost of the layer, for a second, and ten seconds after any switch (more after failures)
//   down  budget < 0.85 · cost for half a second, or < 0.6 · cost at once
//
// The band between is wide on purpose: an estimate that swings by a seventh about the present rate is a healthy one.
#pragma once

#include <optional>

#include "../core/bytes.h"
#include "rate.h"

namespace parley {

struct LayerState {
  /// Index into the costs; empty = nothing fits.
  std::optional<size_t> layer;
  Micros fits_since = kNever;   // a higher layer has fitted
  Micros short_since = kNever;  // the present one has not
  Micros went_up = -1;
  Micros up_after = 0;  // not before
  Micros pause = 0;     // after a failed attempt
};

namespace layer_budget {
inline constexpr double kUpRoom = 1.15;
inline constexpr double kDownBelow = 0.85;
inline constexpr double kDownAtOnce = 0.6;
inline constexpr Micros kUpHold = kSecond;
inline constexpr Micros kDownHold = 500 * kMillisecond;
inline constexpr Micros kPause = 10 * kSecond;
inline constexpr Micros kMaxPause = 60 * kSecond;
}  // namespace layer_budget

/// `costs` ascending, in bits per second; one call whenever the budget may have changed, and at least a few times a
/// second. A layer that is not there any more (fewer costs than before) is left at once.
[[nodiscard]] inline LayerState choose_layer(LayerState state, Micros now, Span<const BitRate> costs, BitRate budget) {
  using namespace layer_budget;
  const auto highest_within = [&](double room) {
    std::optional<size_t> best;
    for (size_t i = 0; i < costs.size(); i++) {
      if (static_cast<double>(costs[i]) * room <= static_cast<double>(budget)) best = i;
    }
    return best;
  };
  const auto above = [](std::optional<size_t> a, std::optional<size_t> b) { return a && (!b || *a > *b); };

  if (state.layer && *state.layer >= costs.size()) {
    state.layer = highest_within(1);
    state.fits_since = state.short_since = kNever;
  }
  if (state.layer) {
    const double share = static_cast<double>(budget) / static_cast<double>(std::max<BitRate>(costs[*state.layer], 1));
    if (share >= kDownBelow) state.short_since = kNever;
    if (share < kDownBelow && state.short_since == kNever) state.short_since = now;
    const bool must = share < kDownAtOnce || (state.short_since != kNever && now - state.short_since >= kDownHold);
    if (must) {
      // An attempt that failed soon makes the next one wait longer.
      const bool failed = state.went_up >= 0 && now - state.went_up < 2 * kPause;
      state.pause = failed ? std::min(std::max(2 * state.pause, 2 * kPause), kMaxPause) : kPause;
      state.up_after = now + state.pause;
      state.layer = highest_within(1);
      state.fits_since = state.short_since = kNever;
      return state;
    }
  }
  const std::optional<size_t> better = highest_within(kUpRoom);
  if (!above(better, state.layer)) {
    state.fits_since = kNever;
    return state;
  }
  if (state.fits_since == kNever) state.fits_since = now;
  // Something instead of nothing needs no caution.
  const bool at_once = !state.layer;
  if (!at_once && (now - state.fits_since < kUpHold || now < state.up_after)) return state;
  state.layer = better;
  state.went_up = now;
  state.up_after = now + kPause;
  state.fits_since = state.short_since = kNever;
  return state;
}

}  // namespace parley
