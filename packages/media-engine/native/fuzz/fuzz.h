// What every fuzz target has: the entry point that libFuzzer and our own driver call, and inputs to begin with.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "../core/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace parley::fuzz {

/// Well-formed inputs, built in code, from which mutation starts.
std::vector<std::vector<uint8_t>> seeds();

std::vector<uint8_t> hex(std::string_view digits);

}  // namespace parley::fuzz

/// A property that must hold for every input.
#define REQUIRE(condition)                                                               \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (0)
