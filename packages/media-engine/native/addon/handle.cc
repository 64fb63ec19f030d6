// Opening and closing engines, and the way of their events. Everything runs on the JavaScript thread, except the two
// functions given to Engine::start, which run on the engine's.
#include "addon/handle.h"

#include <string>
#include <vector>

namespace parley {
namespace {

void on_environment_end(void* data) {
  auto* handle = static_cast<Handle*>(data);
  handle->hooked = false;
  if (handle->engine) {
    handle->engine->stop();
    handle->engine->join();
  }
}

// Types: 0 = [0, transport, state, reason | null, address | null], 1 = [1, room, Uint32Array]; [2] = stopped, the last one;
// 8 = [8, 0, STUN server, mapped address | null]; [9] = a sample that was requested can be read.
napi_value make_event(napi_env env, const EngineEvent& event) {
  napi_value out = nullptr;
  napi_create_array(env, &out);
  napi_set_element(env, out, 0, make_number(env, static_cast<double>(event.type)));
  napi_set_element(env, out, 1, make_number(env, event.id));
  if (event.type == EngineEvent::Type::audio_levels) {
    napi_set_element(env, out, 2, make_u32s(env, event.levels.data(), event.levels.size()));
    return out;
  }
  if (event.type == EngineEvent::Type::bandwidth_estimate) {
    napi_set_element(env, out, 2, make_number(env, static_cast<double>(event.bps)));
    return out;
  }
  if (event.type == EngineEvent::Type::mapped_address) {
    napi_set_element(env, out, 2, make_text(env, event.remote_address));
    napi_set_element(env, out, 3, event.mapped_address.empty() ? make_null(env) : make_text(env, event.mapped_address));
    return out;
  }
  napi_set_element(env, out, 2, make_number(env, static_cast<double>(event.state)));
  napi_set_element(env, out, 3, event.reason == nullptr ? make_null(env) : make_text(env, event.reason));
  napi_set_element(env, out, 4, event.remote_address.empty() ? make_null(env) : make_text(env, event.remote_address));
  return out;
}

void append_bare_event(napi_env env, napi_value list, uint32_t at, uint32_t type) {
  napi_value event = nullptr;
  napi_create_array(env, &event);
  napi_set_element(env, event, 0, make_number(env, type));
  napi_set_element(env, list, at, event);
}

void deliver_events(napi_env env, napi_value callback, void* context, void*) {
  if (env == nullptr || callback == nullptr) return;
  auto* handle = static_cast<Handle*>(context);
  if (!handle->engine) return;
  const bool tell_stop = handle->stopped.load() && !handle->stop_told;
  const std::vector<EngineEvent> events = handle->engine->take_events();
  const bool tell_sample = handle->engine->take_sample(handle->sample);
  if (events.empty() && !tell_sample && !tell_stop) return;
  napi_value list = nullptr;
  napi_create_array(env, &list);
  for (size_t i = 0; i < events.size(); ++i) {
    napi_set_element(env, list, static_cast<uint32_t>(i), make_event(env, events[i]));
  }
  auto next = static_cast<uint32_t>(events.size());
  if (tell_sample) append_bare_event(env, list, next++, 9);
  if (tell_stop) {
    handle->stop_told = true;
    append_bare_event(env, list, next, 3);
  }
  napi_value undefined = nullptr;
  napi_get_undefined(env, &undefined);
  // A throwing callback surfaces as an uncaught exception of the process; TypeScript's one does not throw.
  napi_call_function(env, undefined, callback, 1, &list, nullptr);
}

// The engine's thread has made its last call: it ends any moment now.
void on_notify_released(napi_env env, void*, void* context) {
  auto* handle = static_cast<Handle*>(context);
  if (handle->engine) handle->engine->join();
  if (handle->hooked) napi_remove_env_cleanup_hook(env, on_environment_end, handle);
  handle->hooked = false;
  handle->self_while_notified.reset();
}

bool fill_profiles(const std::vector<uint32_t>& ids, std::vector<SrtpProfile>& out) {
  for (const uint32_t id : ids) {
    const auto profile = srtp_profile_from_id(static_cast<uint16_t>(id));
    if (!profile) return false;
    out.push_back(*profile);
  }
  return !out.empty();
}

}  // namespace

HandleRef handle_of(napi_env env, Arguments& arguments) {
  void* data = nullptr;
  if (napi_get_value_external(env, arguments.at(0), &data) != napi_ok || data == nullptr) return nullptr;
  return *static_cast<HandleRef*>(data);
}

// open(port, address, srtpProfiles: Uint32Array, threads, onEvents, tcpPort or −1) → { handle, port, tcpPort (0 = none),
// fingerprint, threads } or errno, negative when it is about the TCP port
napi_value open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  EngineConfig config;
  config.port = static_cast<uint16_t>(arguments.u32(0));
  config.bind_address = arguments.text(1);
  config.threads = arguments.u32(3);
  const int32_t tcp_port = arguments.i32(5);
  if (tcp_port > 65535) return make_number(env, 22);
  if (tcp_port >= 0) config.tcp_port = static_cast<uint16_t>(tcp_port);
  if (config.threads < 1 || config.threads > kMaxThreads) return make_number(env, 22);
  if (!fill_profiles(arguments.u32s(2), config.srtp_profiles) || !arguments.ok()) return make_number(env, 22);
  const auto handle = std::make_shared<Handle>();
  handle->self_while_notified = handle;
  if (napi_create_threadsafe_function(env, arguments.at(4), nullptr, make_text(env, "parley.events"), 0, 1, nullptr,
                                      on_notify_released, handle.get(), deliver_events,
                                      &handle->notify) != napi_ok) {
    handle->self_while_notified.reset();
    return make_number(env, 22);
  }
  napi_threadsafe_function notify = handle->notify;
  int error = 0;
  Handle* raw = handle.get();
  handle->engine = Engine::start(
      config, [notify] { napi_call_threadsafe_function(notify, nullptr, napi_tsfn_nonblocking); },
      [notify, raw] {
        // One call is enough for everything that waits, so a full queue is no loss.
        raw->stopped.store(true);
        napi_call_threadsafe_function(notify, nullptr, napi_tsfn_nonblocking);
        napi_release_threadsafe_function(notify, napi_tsfn_release);
      },
      error);
  if (!handle->engine) {
    napi_release_threadsafe_function(notify, napi_tsfn_abort);
    return make_number(env, error);
  }
  handle->hooked = napi_add_env_cleanup_hook(env, on_environment_end, handle.get()) == napi_ok;
  napi_value external = nullptr;
  napi_create_external(
      env, std::make_unique<HandleRef>(handle).release(),
      [](napi_env, void* data, void*) {
        const std::unique_ptr<HandleRef> owned(static_cast<HandleRef*>(data));
        if ((*owned)->engine) (*owned)->engine->stop();
      },
      nullptr, &external);
  napi_value result = nullptr;
  napi_create_object(env, &result);
  set(env, result, "handle", external);
  set(env, result, "port", make_number(env, handle->engine->port()));
  set(env, result, "tcpPort", make_number(env, handle->engine->tcp_port()));
  set(env, result, "threads", make_number(env, handle->engine->threads()));
  set(env, result, "fingerprint", make_text(env, handle->engine->fingerprint()));
  return result;
}

// close(handle): stops; the event [3] tells that it is done.
napi_value close(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  if (handle && handle->engine) handle->engine->stop();
  return make_bool(env, handle != nullptr);
}

bool post(const HandleRef& handle, Arguments& arguments, uint32_t id, Loop::Command command) {
  return handle && handle->engine && arguments.ok() && handle->engine->post(id, std::move(command));
}

}  // namespace parley
