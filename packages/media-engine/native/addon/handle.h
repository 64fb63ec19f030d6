// An engine as JavaScript holds it. Thread: JavaScript's.
#pragma once

#include <node_api.h>

#include <atomic>
#include <memory>

#include "addon/values.h"
#include "engine/engine.h"

namespace parley {

// One engine and its way to JavaScript. Owned by the external handle and by the environment's cleanup hook together.
struct Handle {
  std::unique_ptr<Engine> engine;
  napi_threadsafe_function notify = nullptr;
  // Keeps the handle while the function above may call with it.
  std::shared_ptr<Handle> self_while_notified;
  bool hooked = false;
  std::atomic<bool> stopped{false};
  bool stop_told = false;
  // The last reading of its statistics; memory is used again.
  EngineSnapshot sample;
};

using HandleRef = std::shared_ptr<Handle>;

// The handle in the first argument; null when it is none.
[[nodiscard]] HandleRef handle_of(napi_env env, Arguments& arguments);
// To the loop of `id`. False when an argument was wrong, or the engine is stopping or overloaded.
[[nodiscard]] bool post(const HandleRef& handle, Arguments& arguments, uint32_t id, Loop::Command command);

napi_value open(napi_env env, napi_callback_info info);
napi_value close(napi_env env, napi_callback_info info);

}  // namespace parley
