#include "engine/steering.h"

#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "core/steering_program.h"

#if defined(__linux__)
#include <linux/filter.h>
#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif
#endif

namespace parley {

Steering::Steering(uint32_t loops, uint64_t seed)
    : loops_(loops),
      seed_(static_cast<uint32_t>(seed >> 32)),
      owners_(16, SocketAddressHash{seed}),
      max_rules_(kMaxSteeringRules) {}

std::optional<uint32_t> Steering::set(const SocketAddress& address, uint32_t loop, bool valid) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  const auto [entry, is_new] = owners_.try_emplace(address, Owner{loop, valid});
  if (is_new) {
    dirty_.store(true);
    return std::nullopt;
  }
  const Owner before = entry->second;
  if (before.loop != loop && before.valid && !valid) return std::nullopt;
  entry->second = {loop, valid};
  if (before.loop == loop) return std::nullopt;
  dirty_.store(true);
  return before.loop;
}

void Steering::remove(const SocketAddress& address, uint32_t loop) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  const auto entry = owners_.find(address);
  if (entry == owners_.end() || entry->second.loop != loop) return;
  owners_.erase(entry);
  dirty_.store(true);
}

std::optional<uint32_t> Steering::owner(const SocketAddress& address) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const auto entry = owners_.find(address);
  return entry == owners_.end() ? std::nullopt : std::optional(entry->second.loop);
}

void Steering::apply(int socket_fd) {
#if defined(__linux__)
  const std::lock_guard<std::mutex> one(apply_mutex_);
  if (!dirty_.exchange(false)) return;
  std::vector<SteeringRule> rules;
  {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    for (const auto& [address, owner] : owners_) {
      const uint32_t hash = steering_hash(address, seed_);
      if (steering_default(hash, loops_) != owner.loop && rules.size() < max_rules_) {
        rules.push_back({hash, owner.loop});
      }
    }
  }
  for (;;) {
    const auto program = steering_program(rules, loops_, seed_);
    static_assert(sizeof(SteeringInstruction) == sizeof(sock_filter));
    std::vector<sock_filter> filter;
    filter.reserve(program.size());
    for (const auto& i : program) filter.push_back({i.code, i.jump_true, i.jump_false, i.k});
    const sock_fprog attached{static_cast<unsigned short>(filter.size()), filter.data()};
    const int result = ::setsockopt(socket_fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached);
    // net.core.optmem_max bounds the filter; what is left out is handed over instead.
    if (result == 0 || errno != ENOMEM || max_rules_ < 16) return;
    max_rules_ /= 2;
    if (rules.size() > max_rules_) rules.resize(max_rules_);
  }
#else
  static_cast<void>(socket_fd);
#endif
}

}  // namespace parley
