// Layout of the program: head (hash of the sender into A), then a tree of comparisons whose leaves try up to eight hashes
// one by one. Jumps on a condition reach 255 instructions only, so that the right half of a node is reached by BPF_JA.
#include "steering_program.h"

#include <algorithm>

namespace parley {
namespace {

// Codes of classic BPF (linux/bpf_common.h), named here so that this file builds on every system.
constexpr uint16_t kLoadWord = 0x20;      // A = word at k
constexpr uint16_t kLoadHalf = 0x28;      // A = half word at k
constexpr uint16_t kLoadByte = 0x30;      // A = byte at k
constexpr uint16_t kLoadXImmediate = 0x01;
constexpr uint16_t kToX = 0x07;
constexpr uint16_t kMultiply = 0x24;      // A *= k
constexpr uint16_t kModulo = 0x94;        // A %= k
constexpr uint16_t kShiftRight = 0x74;    // A >>= k
constexpr uint16_t kXorX = 0xac;          // A ^= X
constexpr uint16_t kJump = 0x05;
constexpr uint16_t kJumpEqual = 0x15;
constexpr uint16_t kJumpGreaterEqual = 0x35;
constexpr uint16_t kReturn = 0x06;
constexpr uint16_t kReturnA = 0x16;

// The packet as the program sees it begins behind the UDP header; the IP header is reached by this offset (SKF_NET_OFF).
constexpr uint32_t kNetwork = 0xfff00000u;

constexpr uint32_t kFactor = 0x85ebca6bu;
constexpr size_t kLeaf = 8;

uint32_t mix(uint32_t hash, uint32_t word) { return (word ^ hash) * kFactor; }

class Builder {
 public:
  explicit Builder(uint32_t threads) : threads_(threads) {}

  void add(uint16_t code, uint32_t k, size_t jump_true = 0, size_t jump_false = 0) {
    program_.push_back({code, static_cast<uint8_t>(jump_true), static_cast<uint8_t>(jump_false), k});
  }
  // hash = mix(hash, A), with the hash so far in X and afterwards in both.
  void add_mix() {
    add(kXorX, 0);
    add(kMultiply, kFactor);
    add(kToX, 0);
  }
  void add_default() {
    add(kModulo, threads_);
    add(kReturnA, 0);
  }
  void add_tree(const SteeringRule* first, const SteeringRule* last) {
    const auto count = static_cast<size_t>(last - first);
    if (count <= kLeaf) {
      for (const SteeringRule* rule = first; rule != last; ++rule) {
        add(kJumpEqual, rule->hash, 0, 1);
        add(kReturn, rule->thread);
      }
      add_default();
      return;
    }
    const SteeringRule* middle = first + count / 2;
    add(kJumpGreaterEqual, middle->hash, 0, 1);
    const size_t jump = program_.size();
    add(kJump, 0);
    add_tree(first, middle);
    program_[jump].k = static_cast<uint32_t>(program_.size() - jump - 1);
    add_tree(middle, last);
  }
  [[nodiscard]] size_t size() const { return program_.size(); }
  std::vector<SteeringInstruction> take() { return std::move(program_); }

 private:
  const uint32_t threads_;
  std::vector<SteeringInstruction> program_;
};

void add_head(Builder& builder, uint32_t seed) {
  constexpr size_t kMix = 3;
  constexpr size_t kIpv4 = 1 + kMix + 1 + 1;  // address, mix, port, jump to the end
  constexpr size_t kIpv6 = 4 * (1 + kMix) + 1;
  builder.add(kLoadXImmediate, seed);
  builder.add(kLoadByte, kNetwork);
  // IPv4 without options. Anything that is neither plain IPv4 nor plain IPv6 is hashed as what lies where IPv4's
  // addresses would, and handed over if that was the wrong thread.
  builder.add(kShiftRight, 4);
  builder.add(kJumpEqual, 6, kIpv4, 0);
  builder.add(kLoadWord, kNetwork + 12);
  builder.add_mix();
  builder.add(kLoadHalf, kNetwork + 20);
  builder.add(kJump, kIpv6);
  for (uint32_t word = 0; word < 4; ++word) {
    builder.add(kLoadWord, kNetwork + 8 + 4 * word);
    builder.add_mix();
  }
  builder.add(kLoadHalf, kNetwork + 40);
  builder.add_mix();
  builder.add(kShiftRight, 15);
  builder.add(kXorX, 0);
  builder.add(kMultiply, kFactor);
  builder.add(kShiftRight, 1);
}

}  // namespace

uint32_t steering_hash(const SocketAddress& from, uint32_t seed) {
  const auto word = [&from](size_t at) {
    const uint8_t* b = from.ip.data() + at;
    return uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | b[3];
  };
  uint32_t hash = seed;
  for (size_t at = from.is_v4() ? 12 : 0; at < 16; at += 4) hash = mix(hash, word(at));
  hash = mix(hash, from.port);
  return ((hash ^ (hash >> 15)) * kFactor) >> 1;
}

std::vector<SteeringInstruction> steering_program(std::vector<SteeringRule> rules, uint32_t threads, uint32_t seed) {
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
  std::vector<SteeringRule> wanted;
  for (const SteeringRule& rule : rules) {
    if (!wanted.empty() && wanted.back().hash == rule.hash) wanted.pop_back();
    wanted.push_back(rule);
  }
  if (wanted.size() > kMaxSteeringRules) wanted.resize(kMaxSteeringRules);
  Builder builder(threads);
  add_head(builder, seed);
  builder.add_tree(wanted.data(), wanted.data() + wanted.size());
  return builder.take();
}

}  // namespace parley
