// Runs all tests, or those whose name contains the first argument.
#include <cstring>
#include <exception>

#include "test.h"

namespace parley::test {

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

std::vector<uint8_t> hex(std::string_view digits) {
  std::vector<uint8_t> out;
  int high = -1;
  for (const char c : digits) {
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (value < 0) continue;
    if (high < 0) {
      high = value;
    } else {
      out.push_back(static_cast<uint8_t>(high * 16 + value));
      high = -1;
    }
  }
  return out;
}

std::string to_hex(ByteSpan bytes) {
  std::string out;
  for (const uint8_t b : bytes) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", b);
    out += text;
  }
  return out;
}

}  // namespace parley::test

int main(int argc, char** argv) {
  const char* filter = argc > 1 ? argv[1] : "";
  int passed = 0, failed = 0;
  for (const auto& test : parley::test::cases()) {
    if (std::strstr(test.name, filter) == nullptr) continue;
    try {
      test.run();
      std::printf("ok %s\n", test.name);
      passed++;
    } catch (const parley::test::Failure& failure) {
      std::printf("not ok %s: %s\n", test.name, failure.message.c_str());
      failed++;
    } catch (const std::exception& error) {
      std::printf("not ok %s: %s\n", test.name, error.what());
      failed++;
    }
    std::fflush(stdout);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
