// RAND_METHOD is the one way to give OpenSSL's own library another generator without configuring a provider.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "openssl_world.h"

#include <openssl/rand.h>
#include <sys/time.h>
#include <time.h>

namespace parley::sim {
namespace {

constexpr int64_t kUnixEpoch = 1'800'000'000 * int64_t{kSecond};

const Simulation* clock = nullptr;
Random* generator = nullptr;

int random_bytes(unsigned char* out, int size) {
  for (int i = 0; i < size; i++) out[i] = static_cast<unsigned char>(generator->next() >> 56);
  return 1;
}
int random_status() { return 1; }

const RAND_METHOD kRepeating = {nullptr, random_bytes, nullptr, nullptr, random_bytes, random_status};

}  // namespace

OpensslWorld::OpensslWorld(const Simulation& simulation, uint64_t seed)
    : random_(seed), outer_clock_(clock), outer_generator_(generator) {
  clock = &simulation;
  generator = &random_;
  RAND_set_rand_method(&kRepeating);
}

OpensslWorld::~OpensslWorld() {
  generator = outer_generator_;
  clock = outer_clock_;
  if (generator == nullptr) RAND_set_rand_method(nullptr);
}

int64_t OpensslWorld::unix_us(const Simulation& simulation) { return kUnixEpoch + simulation.now(); }

}  // namespace parley::sim

#if defined(__linux__)
// Certificates begin to be valid at some time.
extern "C" time_t time(time_t* out) noexcept {
  timeval now{};
  static_cast<void>(::gettimeofday(&now, nullptr));
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

extern "C" int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  using parley::sim::OpensslWorld;
  if (parley::sim::clock != nullptr) {
    const int64_t us = OpensslWorld::unix_us(*parley::sim::clock);
    now->tv_sec = static_cast<time_t>(us / parley::kSecond);
    now->tv_usec = static_cast<suseconds_t>(us % parley::kSecond);
    return 0;
  }
  timespec real{};
  const int result = ::clock_gettime(CLOCK_REALTIME, &real);
  now->tv_sec = real.tv_sec;
  now->tv_usec = static_cast<suseconds_t>(real.tv_nsec / 1000);
  return result;
}
#endif
