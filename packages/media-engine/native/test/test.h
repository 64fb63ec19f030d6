// A test registers itself; the runner prints one line each and counts. A failed CHECK ends its test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "../core/bytes.h"
#include "../core/random.h"

namespace parley::test {

struct Failure {
  std::string message;
};
struct Case {
  const char* name;
  void (*run)();
};
std::vector<Case>& cases();
struct Registration {
  Registration(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

template <typename A, typename B>
void check_equal(const A& a, const B& b, const char* text, const char* file, int line) {
  if (a == b) return;
  std::ostringstream out;
  out << file << ":" << line << ": " << text << ": " << +a << " is not " << +b;
  throw Failure{out.str()};
}

/// Bytes from hex digits; anything else is skipped.
std::vector<uint8_t> hex(std::string_view digits);
std::string to_hex(ByteSpan bytes);

/// xorshift64*: the same numbers in every run.
class FixedRandom : public RandomSource {
 public:
  explicit FixedRandom(uint64_t seed = 1) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Du;
  }
  void fill(MutableByteSpan out) override {
    for (uint8_t& b : out) b = static_cast<uint8_t>(next() >> 56);
  }
  /// True in `percent` of the cases.
  bool chance(unsigned percent) { return next() % 100 < percent; }

 private:
  uint64_t state_;
};

}  // namespace parley::test

#define TEST(id, name)                                                      \
  static void test_##id();                                                  \
  static const ::parley::test::Registration register_##id(name, test_##id); \
  static void test_##id()
#define CHECK_TEXT(x) #x
#define CHECK(condition)                                                                                       \
  do {                                                                                                         \
    if (!(condition)) {                                                                                        \
      throw ::parley::test::Failure{std::string(__FILE__) + ":" + std::to_string(__LINE__) + ": " #condition}; \
    }                                                                                                          \
  } while (0)
#define CHECK_EQ(a, b) ::parley::test::check_equal((a), (b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_BYTES(a, b)                                                                                             \
  do {                                                                                                                \
    const std::string left = ::parley::test::to_hex(a), right = ::parley::test::to_hex(b);                            \
    if (left != right) {                                                                                              \
      throw ::parley::test::Failure{std::string(__FILE__) + ":" + std::to_string(__LINE__) + ": " #a " == " #b ": " + \
                                    left + " is not " + right};                                                       \
    }                                                                                                                 \
  } while (0)
