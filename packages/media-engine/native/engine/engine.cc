#include "engine/engine.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <utility>

#include "engine/system_host.h"

namespace parley {
namespace {

constexpr int kNiceness = -10;
constexpr auto kAskDeadline = std::chrono::seconds(1);

}  // namespace

std::unique_ptr<Engine> Engine::start(const EngineConfig& config, std::function<void()> on_events,
                                      std::function<void()> on_stopped, int& error) {
  std::unique_ptr<Engine> engine(new Engine(std::move(on_stopped)));
  engine->certificate_ = make_certificate();
  error = EIO;
  if (!engine->certificate_) return nullptr;
  engine->dtls_ = DtlsContext::create(engine->certificate_, config.srtp_profiles);
  if (!engine->dtls_) return nullptr;
  const uint32_t threads = std::clamp<uint32_t>(config.threads, 1, kMaxThreads);
  auto sockets = UdpSocket::open_group(config.bind_address, config.port, threads, error);
  if (sockets.empty()) return nullptr;
  engine->port_ = sockets.front()->port();
  error = EIO;
  engine->group_ = std::make_unique<LoopGroup>(threads, SystemRandom().u64());
  engine->samples_ = std::make_unique<SampleCollector>(threads, on_events);
  // The kernel knows the sockets by the order in which they were bound, which is the loops' order.
  if (threads > 1) engine->group_->steering.apply(sockets.front()->fd());
  for (uint32_t i = 0; i < threads; ++i) {
    engine->loops_.push_back(
        std::make_unique<Loop>(std::make_unique<SystemHost>(), *engine->dtls_, std::move(sockets[i]), on_events, *engine->group_, i));
    engine->group_->loops.push_back(engine->loops_.back().get());
    if (!engine->loops_.back()->ok()) return nullptr;
  }
  if (config.tcp_port) {
    auto listener = TcpListener::open(config.bind_address, *config.tcp_port, error);
    if (!listener) {
      error = -error;
      return nullptr;
    }
    engine->tcp_port_ = listener->port();
    if (!engine->loops_.front()->listen(std::move(listener))) return nullptr;
  }
  engine->running_ = threads;
  for (const auto& loop : engine->loops_) {
    engine->threads_.emplace_back([raw = engine.get(), loop = loop.get()] { raw->run(*loop); });
  }
  return engine;
}

void Engine::run(Loop& loop) {
#if defined(__linux__)
  pthread_setname_np(pthread_self(), "parley-media");
  // Media before signalling, where the system permits it. Linux keeps niceness per thread; who 0 is the calling one.
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
#endif
  loop.run();
  if (running_.fetch_sub(1) == 1) on_stopped_();
}

Engine::~Engine() {
  stop();
  join();
}

bool Engine::post(uint32_t id, Loop::Command command) {
  return !stopping_ && loops_[loop_of_id(id, threads())]->post(std::move(command));
}

std::vector<EngineEvent> Engine::take_events() {
  std::vector<EngineEvent> events = loops_.front()->take_events();
  for (size_t i = 1; i < loops_.size(); ++i) {
    std::vector<EngineEvent> more = loops_[i]->take_events();
    std::move(more.begin(), more.end(), std::back_inserter(events));
  }
  return events;
}

bool Engine::snapshot(EngineSnapshot& out) {
  for (uint32_t i = 0; i < threads(); ++i) {
    EngineSnapshot part;
    if (!ask(i, [&part](Loop& loop) { part = loop.snapshot(); })) return false;
    out.add(part);
  }
  return true;
}

bool Engine::request_sample() {
  if (stopping_) return false;
  if (!samples_->begin()) return true;
  bool is_asked = true;
  for (uint32_t i = 0; i < threads(); ++i) {
    const bool posted = post(i, [samples = samples_.get(), i](Loop& loop) {
      loop.sample(samples->part(i));
      samples->finish();
    });
    if (!posted) samples_->finish(false);
    is_asked = is_asked && posted;
  }
  return is_asked;
}

bool Engine::ask(uint32_t id, std::function<void(Loop&)> query) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    bool abandoned = false;
  };
  const auto answer = std::make_shared<Answer>();
  const bool posted = post(id, [answer, query = std::move(query)](Loop& loop) {
    const std::lock_guard<std::mutex> lock(answer->mutex);
    if (answer->abandoned) return;  // whoever asked is gone, and with it what `query` refers to
    query(loop);
    answer->done = true;
    answer->changed.notify_one();
  });
  if (!posted) return false;
  std::unique_lock<std::mutex> lock(answer->mutex);
  const bool done = answer->changed.wait_for(lock, kAskDeadline, [&] { return answer->done; });
  answer->abandoned = !done;
  return done;
}

void Engine::stop() {
  if (stopping_) return;
  stopping_ = true;
  for (const auto& loop : loops_) loop->stop();
}

void Engine::join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace parley
