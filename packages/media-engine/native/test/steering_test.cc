// The program is run by a small interpreter of the instructions it uses, over the headers a kernel would show it.
#include "../core/steering_program.h"

#include <map>

#include "test.h"

namespace parley {
using test::FixedRandom;

namespace {

constexpr uint32_t kNetwork = 0xfff00000u;

std::vector<uint8_t> headers_of(const SocketAddress& from) {
  std::vector<uint8_t> bytes(from.is_v4() ? 28 : 48);
  bytes[0] = from.is_v4() ? 0x45 : 0x60;
  if (from.is_v4()) {
    std::copy(from.v4_bytes(), from.v4_bytes() + 4, bytes.begin() + 12);
  } else {
    std::copy(from.ip.begin(), from.ip.end(), bytes.begin() + 8);
  }
  const size_t port = from.is_v4() ? 20 : 40;
  bytes[port] = static_cast<uint8_t>(from.port >> 8);
  bytes[port + 1] = static_cast<uint8_t>(from.port);
  return bytes;
}

uint32_t run(const std::vector<SteeringInstruction>& program, const std::vector<uint8_t>& packet) {
  uint32_t a = 0;
  uint32_t x = 0;
  const auto load = [&](uint32_t at, size_t size) {
    const uint32_t offset = at - kNetwork;
    CHECK(offset + size <= packet.size());
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | packet[offset + i];
    return value;
  };
  for (size_t pc = 0; pc < program.size(); pc++) {
    const SteeringInstruction& i = program[pc];
    switch (i.code) {
      case 0x20: a = load(i.k, 4); break;
      case 0x28: a = load(i.k, 2); break;
      case 0x30: a = load(i.k, 1); break;
      case 0x01: x = i.k; break;
      case 0x07: x = a; break;
      case 0x24: a *= i.k; break;
      case 0x94: a %= i.k; break;
      case 0x74: a >>= i.k; break;
      case 0xac: a ^= x; break;
      case 0x05: pc += i.k; break;
      case 0x15: pc += a == i.k ? i.jump_true : i.jump_false; break;
      case 0x35: pc += a >= i.k ? i.jump_true : i.jump_false; break;
      case 0x06: return i.k;
      case 0x16: return a;
      default: CHECK(!"an instruction the kernel would not know here");
    }
  }
  CHECK(!"the program runs off its end");
  return 0;
}

SocketAddress address_of(FixedRandom& random) {
  std::array<uint8_t, 16> ip{};
  random.fill(MutableByteSpan(ip.data(), ip.size()));
  const auto port = static_cast<uint16_t>(random.next());
  return random.chance(50) ? SocketAddress::from_v4(ip.data(), port) : SocketAddress::from_v6(ip.data(), port);
}

}  // namespace

TEST(steering_finds, "steering: the program finds every known sender and spreads the others") {
  FixedRandom random(7);
  for (const size_t count : {size_t{0}, size_t{1}, size_t{8}, size_t{9}, size_t{300}, kMaxSteeringRules}) {
    const uint32_t threads = 5;
    const uint32_t seed = static_cast<uint32_t>(random.next());
    std::vector<SocketAddress> known;
    std::vector<SteeringRule> rules;
    for (size_t i = 0; i < count; i++) {
      known.push_back(address_of(random));
      rules.push_back({steering_hash(known.back(), seed), static_cast<uint32_t>(i % threads)});
    }
    const auto program = steering_program(rules, threads, seed);
    CHECK(program.size() <= kMaxSteeringInstructions);
    size_t right = 0;
    for (size_t i = 0; i < count; i++) {
      if (run(program, headers_of(known[i])) == rules[i].thread) right++;
    }
    CHECK(right + 2 >= count);  // two random senders may share a hash
    std::map<uint32_t, int> spread;
    for (int i = 0; i < 2000; i++) {
      const SocketAddress stranger = address_of(random);
      const uint32_t thread = run(program, headers_of(stranger));
      CHECK_EQ(thread, steering_default(steering_hash(stranger, seed), threads));
      spread[thread]++;
    }
    for (uint32_t thread = 0; thread < threads; thread++) CHECK(spread[thread] > 300 && spread[thread] < 500);
  }
}

TEST(steering_neighbours, "steering: ports of one address spread too") {
  std::map<uint32_t, int> spread;
  for (uint16_t port = 40000; port < 41000; port++) {
    spread[steering_default(steering_hash(SocketAddress::v4(127, 0, 0, 1, port), 3), 4)]++;
  }
  for (uint32_t thread = 0; thread < 4; thread++) CHECK(spread[thread] > 180 && spread[thread] < 320);
}

TEST(steering_bounds, "steering: too many rules are left out, of two alike the later one counts") {
  std::vector<SteeringRule> rules;
  for (uint32_t i = 0; i < 3 * kMaxSteeringRules; i++) rules.push_back({i * 17, 1});
  CHECK(steering_program(rules, 64, 1).size() <= kMaxSteeringInstructions);
  const SocketAddress from = SocketAddress::v4(192, 0, 2, 1, 5);
  const uint32_t hash = steering_hash(from, 1);
  CHECK_EQ(run(steering_program({{hash, 3}, {hash, 2}}, 4, 1), headers_of(from)), 2u);
}

}  // namespace parley
