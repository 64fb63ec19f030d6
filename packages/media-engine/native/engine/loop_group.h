// What the loops of one engine share when there are several: who owns which address, and a way to each other.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/inbox.h"
#include "engine/steering.h"
#include "engine/stream_budget.h"

namespace parley {

class Loop;

struct LoopGroup {
  LoopGroup(uint32_t count, uint64_t seed) : steering(count, seed), stream_budget(seed) {}

  // Filled before the first thread starts, constant afterwards; the loops outlive their threads.
  std::vector<Loop*> loops;
  Steering steering;
  StreamBudget stream_budget;
};

// Loops are told apart by ids: what belongs to a room has an id that leaves the loop's index when divided by the number of
// loops. Transaction tags are transport ids, and a local user name fragment begins with the loop's base64 digit.
[[nodiscard]] inline uint32_t loop_of_id(uint32_t id, uint32_t loops) { return id % loops; }

// `loops` or more when the name is none of ours.
[[nodiscard]] inline uint32_t loop_of_ufrag(std::string_view ufrag, uint32_t loops) {
  if (ufrag.empty()) return loops;
  const char c = ufrag.front();
  if (c >= 'A' && c <= 'Z') return static_cast<uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0') + 52;
  return c == '+' ? 62 : c == '/' ? 63 : loops;
}

}  // namespace parley
