// Network namespaces without names, and tun devices in them. Nothing is left in the file system: a namespace ends with the
// last process in it and the last descriptor of it, a device with its descriptor. Linux, with the right to administrate it.
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "packet.h"

namespace parley::rig {

/// A descriptor and its end.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// @throws std::system_error that names `what`
inline int check(int result, const std::string& what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

inline constexpr const char* ownNamespace = "/proc/self/ns/net";

/// The calling thread is in another namespace while this lives.
class Visit {
 public:
  explicit Visit(int there) : home_(check(::open(ownNamespace, O_RDONLY | O_CLOEXEC), "open own namespace")) {
    check(::setns(there, CLONE_NEWNET), "enter a namespace");
  }
  ~Visit() {
    // Elsewhere everything that follows would go wrong.
    if (::setns(home_.get(), CLONE_NEWNET) < 0) std::abort();
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  Fd home_;
};

inline ifreq request(const std::string& device) {
  ifreq result{};
  std::strncpy(result.ifr_name, device.c_str(), IFNAMSIZ - 1);
  return result;
}

inline sockaddr_in socketAddress(Ipv4 address) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(address);
  return result;
}

inline void bringUp(int socket, const std::string& device) {
  ifreq flags = request(device);
  flags.ifr_flags = IFF_UP | IFF_RUNNING;
  check(::ioctl(socket, SIOCSIFFLAGS, &flags), "bring up " + device);
}

/// New devices of the calling thread's namespace stay without IPv6: the relay speaks IPv4 only, and a browser takes the moment
/// in which a link-local address becomes valid for a change of network.
inline void keepFromIpv6() {
  const Fd setting(::open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC));
  // None: the kernel has no IPv6 at all.
  if (setting.get() >= 0) check(static_cast<int>(::write(setting.get(), "1", 1)), "switch IPv6 off");
}

/// A new namespace with nothing in it but loopback.
inline Fd createNamespace() {
  Fd home(check(::open(ownNamespace, O_RDONLY | O_CLOEXEC), "open own namespace"));
  check(::unshare(CLONE_NEWNET), "create a namespace");
  Fd created(::open(ownNamespace, O_RDONLY | O_CLOEXEC));
  const int opened = errno;
  keepFromIpv6();
  {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket.get() >= 0) bringUp(socket.get(), "lo");
  }
  check(::setns(home.get(), CLONE_NEWNET), "come back");
  errno = opened;
  check(created.get(), "open a namespace");
  return created;
}

/// A device in `place` with this address in a network of /16, and the way out for everything else.
inline Fd createDevice(const Fd& place, const std::string& device, Ipv4 address) {
  const Visit visit(place.get());
  Fd tun(check(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "open /dev/net/tun"));
  ifreq create = request(device);
  create.ifr_flags = IFF_TUN | IFF_NO_PI;
  check(::ioctl(tun.get(), TUNSETIFF, &create), "create " + device);

  const Fd socket(check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  const auto set = [&](unsigned long what, Ipv4 value) {
    ifreq set = request(device);
    const sockaddr_in name = socketAddress(value);
    std::memcpy(&set.ifr_addr, &name, sizeof name);
    check(::ioctl(socket.get(), what, &set), "give " + device + " an address");
  };
  set(SIOCSIFADDR, address);
  set(SIOCSIFNETMASK, 0xffff0000);
  bringUp(socket.get(), device);

  rtentry route{};
  const sockaddr_in any = socketAddress(0);
  std::memcpy(&route.rt_dst, &any, sizeof any);
  std::memcpy(&route.rt_genmask, &any, sizeof any);
  std::string name = device;
  route.rt_dev = name.data();
  route.rt_flags = RTF_UP;
  // A second device of the same place: the first keeps the way out until it goes. The kernel counts from one.
  route.rt_metric = static_cast<short>(if_nametoindex(device.c_str()) + 1);
  check(::ioctl(socket.get(), SIOCADDRT, &route), "route over " + device);
  return tun;
}

/// End every process that is in one of these namespaces.
inline void endProcessesIn(const std::vector<Fd>& namespaces) {
  DIR* proc = ::opendir("/proc");
  if (!proc) return;
  while (const dirent* entry = ::readdir(proc)) {
    const pid_t pid = std::atoi(entry->d_name);
    struct stat theirs{};
    if (pid <= 0 || pid == ::getpid()) continue;
    if (::stat(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), &theirs) < 0) continue;
    for (const Fd& place : namespaces) {
      struct stat ours{};
      if (::fstat(place.get(), &ours) == 0 && ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev) {
        ::kill(pid, SIGKILL);
      }
    }
  }
  ::closedir(proc);
}

}  // namespace parley::rig
