// A small fuzzer for machines without libFuzzer: mutates inputs and keeps those that reach code not reached before. The
// compiler calls __sanitizer_cov_trace_pc at every edge of the cores and targets; this file is compiled without.
//
//   driver --current FILE [--seconds S] [--seed N] [corpus file …]
//
// The input being tried is always in FILE (mapped memory), so that it survives any kind of death.
#include "fuzz.h"

#include <cstring>
#include <fstream>
#include <string>

namespace parley::fuzz {

std::vector<uint8_t> hex(std::string_view digits) {
  std::vector<uint8_t> out;
  int high = -1;
  for (const char c : digits) {
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) continue;
    if (high >= 0) out.push_back(static_cast<uint8_t>(high * 16 + value));
    high = high < 0 ? value : -1;
  }
  return out;
}

}  // namespace parley::fuzz

#ifdef PARLEY_LIBFUZZER

// libFuzzer brings its own main; it reads the corpus after this, so the seeds are put there.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* directory = std::getenv("PARLEY_SEED_DIRECTORY");
  if (directory == nullptr) return 0;
  int n = 0;
  for (const std::vector<uint8_t>& seed : parley::fuzz::seeds()) {
    std::ofstream file(std::string(directory) + "/seed-" + std::to_string(n++), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
  }
  return 0;
}

#else

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace {

constexpr size_t kMapBits = 16;
constexpr size_t kMaxInput = 2048;
constexpr size_t kMaxPool = 4000;
constexpr unsigned kSecondsForOneInput = 10;

uint8_t reached[1u << kMapBits];
size_t reached_count = 0;

using Input = std::vector<uint8_t>;

struct Random {
  uint64_t state;
  uint64_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Du;
  }
  size_t below(size_t n) { return n == 0 ? 0 : static_cast<size_t>((next() >> 16) % n); }
};

void mutate_once(Input& input, const std::vector<Input>& pool, Random& random) {
  static const uint32_t interesting[] = {0,   1,   2,   3,   4,      7,      8,      15,         16,        20,
                                         127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0xffffffff};
  const size_t at = random.below(input.size());
  switch (random.below(9)) {
    case 0:
      if (!input.empty()) input[at] = static_cast<uint8_t>(input[at] ^ (1u << random.below(8)));
      break;
    case 1:
      if (!input.empty()) input[at] = static_cast<uint8_t>(random.next());
      break;
    case 2: {
      const size_t width = size_t{1} << random.below(3);
      const uint32_t value = interesting[random.below(std::size(interesting))];
      for (size_t i = 0; i < width && at + i < input.size(); i++) {
        input[at + i] = static_cast<uint8_t>(value >> (8 * (width - 1 - i)));
      }
      break;
    }
    case 3: input.resize(random.below(input.size() + 1)); break;
    case 4:
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), 1 + random.below(8),
                   static_cast<uint8_t>(random.next()));
      break;
    case 5: {
      const size_t n = std::min(input.size() - at, 1 + random.below(8));
      input.erase(input.begin() + static_cast<std::ptrdiff_t>(at), input.begin() + static_cast<std::ptrdiff_t>(at + n));
      break;
    }
    case 6: {  // repeat a part
      const size_t n = std::min(input.size() - at, random.below(64));
      const Input part(input.begin() + static_cast<std::ptrdiff_t>(at),
                       input.begin() + static_cast<std::ptrdiff_t>(at + n));
      input.insert(input.end(), part.begin(), part.end());
      break;
    }
    case 7: {  // go on as another input does
      const Input& other = pool[random.below(pool.size())];
      const size_t from = random.below(other.size());
      input.resize(at);
      input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
      break;
    }
    default:
      if (!input.empty()) input[at] = static_cast<uint8_t>(input[at] + (random.below(2) == 0 ? 1 : 255));
      break;
  }
  if (input.size() > kMaxInput) input.resize(kMaxInput);
}

class Runner {
 public:
  explicit Runner(const char* current_path) {
    const int fd = ::open(current_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ::ftruncate(fd, sizeof(uint32_t) + kMaxInput) != 0) {
      std::perror(current_path);
      std::exit(2);
    }
    void* memory = ::mmap(nullptr, sizeof(uint32_t) + kMaxInput, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (memory == MAP_FAILED) std::exit(2);
    current_ = static_cast<uint8_t*>(memory);
  }

  /// True when the input reached something new.
  bool run(const Input& input) {
    const auto size = static_cast<uint32_t>(std::min(input.size(), kMaxInput));
    std::memcpy(current_, &size, sizeof size);
    if (size != 0) std::memcpy(current_ + sizeof size, input.data(), size);
    const size_t before = reached_count;
    ::alarm(kSecondsForOneInput);
    // Its own allocation of exactly this size, so that a read one byte too far is seen.
    const Input exact(input.begin(), input.begin() + size);
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
    return reached_count > before;
  }

 private:
  uint8_t* current_;
};

Input read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  const auto pc = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  uint8_t& mark = reached[(pc * 0x9E3779B97F4A7C15u) >> (64 - kMapBits)];
  if (mark == 0) {
    mark = 1;
    reached_count++;
  }
}

int main(int argc, char** argv) {
  double seconds = 5;
  uint64_t seed = 1;
  const char* current = "/dev/null";
  std::vector<Input> pool = parley::fuzz::seeds();
  for (int i = 1; i < argc; i++) {
    const std::string argument = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (argument == "--seconds") {
      seconds = std::atof(value);
      i++;
    } else if (argument == "--seed") {
      seed = std::strtoull(value, nullptr, 10);
      i++;
    } else if (argument == "--current") {
      current = value;
      i++;
    } else {
      pool.push_back(read_file(argv[i]));
    }
  }
  pool.push_back({});
  Runner runner(current);
  const size_t given = pool.size();
  for (size_t i = 0; i < given; i++) runner.run(pool[i]);

  Random random{seed * 0x9E3779B97F4A7C15u + 1};
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  uint64_t runs = 0;
  while (runs % 64 != 0 || elapsed() < seconds) {
    Input input = pool[random.below(pool.size())];
    const size_t mutations = 1 + random.below(6);
    for (size_t i = 0; i < mutations; i++) mutate_once(input, pool, random);
    if (runner.run(input)) {
      if (pool.size() < kMaxPool) {
        pool.push_back(std::move(input));
      } else {
        pool[given + random.below(pool.size() - given)] = std::move(input);
      }
    }
    runs++;
  }
  std::printf("%llu runs, %zu places reached, %zu inputs kept, seed %llu\n", static_cast<unsigned long long>(runs),
              reached_count, pool.size() - given, static_cast<unsigned long long>(seed));
  return 0;
}
#endif
