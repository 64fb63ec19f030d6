#include "engine/engine.h"

#include <pthread.h>
#include <sys/resource.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace parley {
namespace {

constexpr int kNiceness = -10;
constexpr auto kAskDeadline = std::chrono::seconds(1);

}  // namespace

std::unique_ptr<Engine> Engine::start(const EngineConfig& config, std::function<void()> on_events,
                                      std::function<void()> on_stopped, int& error) {
  std::unique_ptr<Engine> engine(new Engine(std::move(on_events), std::move(on_stopped)));
  engine->certificate_ = make_certificate();
  error = EIO;
  if (!engine->certificate_) return nullptr;
  engine->dtls_ = DtlsContext::create(engine->certificate_, config.srtp_profiles);
  if (!engine->dtls_) return nullptr;
  auto socket = UdpSocket::open(config.bind_address, config.port, error);
  if (!socket) return nullptr;
  engine->port_ = socket->port();
  error = EIO;
  engine->loop_ = std::make_unique<Loop>(*engine->dtls_, std::move(socket), engine->events_);
  if (!engine->loop_->ok()) return nullptr;
  engine->thread_ = std::thread([raw = engine.get()] {
#if defined(__linux__)
    pthread_setname_np(pthread_self(), "parley-media");
    // Media before signalling, where the system permits it. Linux keeps niceness per thread; who 0 is the calling one.
    ::setpriority(PRIO_PROCESS, 0, kNiceness);
#endif
    raw->loop_->run();
    raw->on_stopped_();
  });
  return engine;
}

Engine::~Engine() {
  stop();
  join();
}

bool Engine::post(Loop::Command command) { return !stopping_ && loop_->post(std::move(command)); }

bool Engine::ask(std::function<void(Loop&)> query) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    bool abandoned = false;
  };
  const auto answer = std::make_shared<Answer>();
  const bool posted = post([answer, query = std::move(query)](Loop& loop) {
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
  if (stopping_ || !loop_) return;
  stopping_ = true;
  loop_->stop();
}

void Engine::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace parley
