// Which thread of several gets a datagram of a port they all listen on: a classic BPF program for Linux'
// SO_ATTACH_REUSEPORT_CBPF that looks at the sender's address. It is made from a list of addresses, without a system call.
//
// The program hashes address and port of the sender, finds the hash by binary search among the known senders and returns
// the thread of that one; for anybody else the hash decides. Only senders that the hash alone would take to a wrong thread
// are in the list. Two senders with one hash are no harm: the thread that gets a packet of another one hands it over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "address.h"

namespace parley {

/// As the kernel's `struct sock_filter`.
struct SteeringInstruction {
  uint16_t code;
  uint8_t jump_true;
  uint8_t jump_false;
  uint32_t k;
};

/// The kernel takes programs of up to this many instructions.
inline constexpr size_t kMaxSteeringInstructions = 4096;
/// So many senders always fit.
inline constexpr size_t kMaxSteeringRules = 1400;

struct SteeringRule {
  uint32_t hash = 0;
  uint32_t thread = 0;
};

/// 31 bits, the same value that the program computes. A secret seed keeps people from choosing colliding ports.
[[nodiscard]] uint32_t steering_hash(const SocketAddress& from, uint32_t seed);

/// Where a sender goes that no rule names.
[[nodiscard]] inline uint32_t steering_default(uint32_t hash, uint32_t threads) { return hash % threads; }

/// Rules beyond `kMaxSteeringRules` are left out; of two with one hash the later one counts.
[[nodiscard]] std::vector<SteeringInstruction> steering_program(std::vector<SteeringRule> rules, uint32_t threads,
                                                                uint32_t seed);

}  // namespace parley
