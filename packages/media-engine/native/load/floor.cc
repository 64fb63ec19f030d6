#include "floor.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace parley {
namespace {

constexpr size_t kHeaderBytes = 20;  // RTP header with one extension word, as the engine sends it
constexpr size_t kTagBytes = 16;

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

uint64_t monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000u + static_cast<uint64_t>(now.tv_nsec) / 1000u;
}

uint64_t micros(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000u + static_cast<uint64_t>(time.tv_usec);
}

void sleep_until(uint64_t due_us) {
  timespec due{static_cast<time_t>(due_us / 1000000u), static_cast<long>(due_us % 1000000u) * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr) == EINTR) {
  }
}

}  // namespace

FloorResult run_floor(const FloorOptions& options) {
  FloorResult result;
  if (options.ports.empty()) {
    result.error = "no ports to send to";
    return result;
  }
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    result.error = std::string("socket: ") + std::strerror(errno);
    return result;
  }
  std::array<unsigned char, 16> key{};
  std::array<unsigned char, 12> iv{};
  std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter> cipher(EVP_CIPHER_CTX_new());
  if (!cipher || EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), iv.data()) != 1) {
    result.error = "AES-128-GCM is not available";
    ::close(fd);
    return result;
  }
  std::vector<sockaddr_in> targets;
  for (const uint16_t port : options.ports) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    targets.push_back(address);
  }
  const std::vector<unsigned char> payload(options.payload_bytes, 0x5a);
  std::vector<unsigned char> slot(kHeaderBytes + options.payload_bytes + kTagBytes);

  rusage before{};
  getrusage(RUSAGE_THREAD, &before);
  const uint64_t start = monotonic_us();
  const uint64_t end = start + static_cast<uint64_t>(options.duration_ms) * 1000u;
  uint64_t counter = 0;
  for (uint64_t due = start; due < end; due += options.interval_us) {
    sleep_until(due);
    for (uint32_t packet = 0; packet < options.burst; ++packet) {
      for (uint32_t copy = 0; copy < options.copies; ++copy) {
        ++counter;
        std::memcpy(iv.data() + 4, &counter, sizeof counter);
        std::memcpy(slot.data(), &counter, sizeof counter);
        int produced = 0;
        EVP_EncryptInit_ex(cipher.get(), nullptr, nullptr, nullptr, iv.data());
        EVP_EncryptUpdate(cipher.get(), nullptr, &produced, slot.data(), static_cast<int>(kHeaderBytes));
        EVP_EncryptUpdate(cipher.get(), slot.data() + kHeaderBytes, &produced, payload.data(),
                          static_cast<int>(payload.size()));
        EVP_EncryptFinal_ex(cipher.get(), slot.data() + kHeaderBytes + produced, &produced);
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes),
                            slot.data() + kHeaderBytes + payload.size());
        const sockaddr_in& to = targets[copy % targets.size()];
        if (::sendto(fd, slot.data(), slot.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0) {
          ++result.packets;
        }
      }
    }
  }
  rusage after{};
  getrusage(RUSAGE_THREAD, &after);
  result.user_us = micros(after.ru_utime) - micros(before.ru_utime);
  result.system_us = micros(after.ru_stime) - micros(before.ru_stime);
  ::close(fd);
  return result;
}

}  // namespace parley
