// The relay as a process. Commands are lines on standard input, each answered by one line, `ok …` or `error …`; the end of the
// input ends the relay, its devices and every process in its namespaces, so that nothing outlives who started it.
//
//   namespace NAME                        → ok DESCRIPTOR      to be entered as /proc/PID/fd/DESCRIPTOR
//   device NAMESPACE DEVICE ADDRESS       → ok                 known as NAMESPACE/DEVICE from now on
//   remove NAMESPACE/DEVICE               → ok
//   impair NAMESPACE/DEVICE up|down [name=value]… → ok
//   translate NAMESPACE/DEVICE ADDRESS PORT_OFFSET → ok        UDP only
//   counters                              → ok JSON
//
// `relay simulate SEED` needs no rights: it reads lines `impair name=value…` and `packet AT_US BYTES` for one link and answers
// each packet with `delivered AT_US [AT_US]`, `lost`, `queue-full` or `outage`.
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

#include <cstdio>
#include <iostream>

#include "conditions.h"
#include "relay.h"

namespace parley::rig {
namespace {

Micros now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<Micros>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

/// FNV-1a: each device its own chance, whatever the order in which devices are made.
uint64_t seedOf(uint64_t seed, const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

bool readAddress(const std::string& text, Ipv4& address) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, text.c_str(), &parsed) != 1) return false;
  address = ntohl(parsed.s_addr);
  return true;
}

std::string describe(const Direction& direction) {
  const LinkCounters& c = direction.counters;
  std::ostringstream out;
  out << "{\"offered\":" << c.offered << ",\"delivered\":" << c.delivered << ",\"deliveredBytes\":" << c.deliveredBytes
      << ",\"lost\":" << c.lost << ",\"queueFull\":" << c.queueFull << ",\"outage\":" << c.outage
      << ",\"duplicated\":" << c.duplicated << "}";
  return out.str();
}

class Program {
 public:
  explicit Program(uint64_t seed) : seed_(seed), epoll_(check(::epoll_create1(EPOLL_CLOEXEC), "epoll")) {
    timer_ = Fd(check(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd"));
    watch(STDIN_FILENO);
    watch(timer_.get());
  }

  ~Program() { endProcessesIn(namespaces_); }

  void run() {
    epoll_event events[32];
    for (;;) {
      const int count = ::epoll_wait(epoll_.get(), events, 32, -1);
      if (count < 0 && errno != EINTR) check(-1, "epoll_wait");
      for (int i = 0; i < count; i++) {
        const int fd = events[i].data.fd;
        if (fd == STDIN_FILENO && !readCommands()) return;
        if (fd == timer_.get()) clearTimer();
        for (const auto& [name, device] : relay_.devices()) {
          if (device->tun.get() == fd) relay_.read(*device, now());
        }
      }
      relay_.deliver(now());
      setTimer(relay_.nextAt());
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "watch a descriptor");
  }

  void clearTimer() {
    uint64_t expirations = 0;
    // Nothing to read: another turn of the loop was faster.
    if (::read(timer_.get(), &expirations, sizeof expirations) < 0) return;
  }

  void setTimer(Micros at) {
    itimerspec when{};
    if (at >= 0) {
      when.it_value.tv_sec = at / 1'000'000;
      when.it_value.tv_nsec = at % 1'000'000 * 1000 + 1;
    }
    check(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr), "set the timer");
  }

  bool readCommands() {
    char buffer[4096];
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (size <= 0) return false;
    pending_.append(buffer, static_cast<size_t>(size));
    for (size_t end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      const std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      std::string answer;
      try {
        answer = execute(line);
      } catch (const std::system_error& error) {
        answer = std::string("error ") + error.what();
      }
      std::cout << answer << std::endl;
    }
    return pending_.size() < 65'536;
  }

  std::string execute(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    std::string name;
    words >> command >> name;
    if (command == "namespace") return createPlace(name);
    if (command == "counters") return "ok " + counters();
    if (command == "device") return createIn(name, words);
    Device* const device = relay_.find(name);
    if (!device) return "error no device " + name;
    if (command == "remove") return relay_.remove(name), "ok";
    if (command == "impair") return impair(*device, words);
    if (command == "translate") return translate(*device, words);
    return "error no command " + command;
  }

  std::string createPlace(const std::string& name) {
    if (places_.count(name) > 0) return "error there is a namespace " + name;
    namespaces_.push_back(createNamespace());
    places_[name] = namespaces_.size() - 1;
    return "ok " + std::to_string(namespaces_.back().get());
  }

  std::string createIn(const std::string& place, std::istringstream& words) {
    std::string device;
    std::string text;
    Ipv4 address = 0;
    words >> device >> text;
    const auto found = places_.find(place);
    const std::string name = place + "/" + device;
    if (found == places_.end()) return "error no namespace " + place;
    if (relay_.find(name)) return "error there is a device " + name;
    if (!readAddress(text, address)) return "error not an address: " + text;
    Fd tun = createDevice(namespaces_[found->second], device, address);
    watch(tun.get());
    relay_.add(std::make_shared<Device>(name, std::move(tun), address, seedOf(seed_, name)));
    return "ok";
  }

  static std::string impair(Device& device, std::istringstream& words) {
    std::string direction;
    words >> direction;
    if (direction != "up" && direction != "down") return "error no direction " + direction;
    Conditions conditions;
    const std::string problem = readConditions(words, conditions);
    if (!problem.empty()) return "error " + problem;
    (direction == "up" ? device.up : device.down).link.setConditions(conditions);
    return "ok";
  }

  static std::string translate(Device& device, std::istringstream& words) {
    std::string text;
    Ipv4 address = 0;
    int portOffset = 0;
    words >> text >> portOffset;
    if (!readAddress(text, address) || !words) return "error translate takes an address and a port offset";
    device.outsideAddress = address;
    device.outsidePortOffset = portOffset;
    return "ok";
  }

  std::string counters() const {
    std::ostringstream out;
    out << "{\"unroutable\":" << relay_.unroutable() << ",\"overflow\":" << relay_.overflow() << ",\"devices\":{";
    const char* separator = "";
    for (const auto& [name, device] : relay_.devices()) {
      out << separator << "\"" << name << "\":{\"up\":" << describe(device->up) << ",\"down\":" << describe(device->down)
          << "}";
      separator = ",";
    }
    out << "}}";
    return out.str();
  }

  // given
  uint64_t seed_;
  // owned
  Fd epoll_;
  Fd timer_;
  std::vector<Fd> namespaces_;
  Relay relay_;
  // state
  std::map<std::string, size_t> places_;
  std::string pending_;
};

void simulate(uint64_t seed) {
  Link link(seed);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "impair") {
      Conditions conditions;
      const std::string problem = readConditions(words, conditions);
      if (!problem.empty()) throw std::runtime_error(problem);
      link.setConditions(conditions);
    } else if (command == "packet") {
      Micros at = 0;
      uint32_t sizeBytes = 0;
      if (!(words >> at >> sizeBytes)) throw std::runtime_error("not a packet: " + line);
      const Verdict verdict = link.offer(at, sizeBytes);
      switch (verdict.fate) {
        case Fate::lost: std::cout << "lost\n"; break;
        case Fate::queueFull: std::cout << "queue-full\n"; break;
        case Fate::outage: std::cout << "outage\n"; break;
        case Fate::delivered:
          std::cout << "delivered " << verdict.arrivesAt;
          if (verdict.againAt) std::cout << " " << *verdict.againAt;
          std::cout << "\n";
      }
    } else {
      throw std::runtime_error("no command " + command);
    }
  }
}

}  // namespace
}  // namespace parley::rig

int main(int argc, char** argv) {
  const bool isSimulation = argc == 3 && std::string(argv[1]) == "simulate";
  if (!isSimulation && argc != 2) {
    std::fputs("usage: relay SEED | relay simulate SEED\n", stderr);
    return 2;
  }
  const uint64_t seed = std::strtoull(argv[argc - 1], nullptr, 10);
  try {
    if (isSimulation) {
      parley::rig::simulate(seed);
    } else {
      // Delays are what was asked for, not what a busy machine adds. Without the right to it they are a little longer.
      (void)::setpriority(PRIO_PROCESS, 0, -10);
      ::signal(SIGINT, SIG_IGN);  // from a terminal to the whole group; the input's end follows
      parley::rig::Program(seed).run();
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "relay: %s\n", error.what());
    return 1;
  }
  return 0;
}
