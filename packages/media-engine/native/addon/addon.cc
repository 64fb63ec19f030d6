// The border to JavaScript: a handful of positional calls. TypeScript (src/native.ts) validates and interprets; here only
// types and ranges are checked again. No exception crosses: calls return `false` or an error number, TypeScript raises.
// State is per environment and freed by a cleanup hook, so that workers can load the engine too.
//
// Thread: everything in this file runs on the JavaScript thread, except `notify`, which runs on the engine's.
#include <node_api.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "load/floor.h"

namespace parley {
namespace {

constexpr size_t kMaxArguments = 10;

// Arguments of one call. A wrong type makes `ok` false and yields an empty value.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    count_ = values_.size();
    if (napi_get_cb_info(env, info, &count_, values_.data(), nullptr, nullptr) != napi_ok) count_ = 0;
    count_ = std::min(count_, values_.size());
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] napi_value at(size_t i) {
    if (i < count_) return values_[i];
    ok_ = false;
    napi_value undefined = nullptr;
    napi_get_undefined(env_, &undefined);
    return undefined;
  }

  uint32_t u32(size_t i) {
    double value = 0;
    // NaN fails both comparisons.
    if (!check(napi_get_value_double(env_, at(i), &value)) || !(value >= 0) || !(value <= 4294967295.0)) {
      ok_ = false;
      return 0;
    }
    return static_cast<uint32_t>(value);
  }

  bool boolean(size_t i) {
    bool value = false;
    check(napi_get_value_bool(env_, at(i), &value));
    return value;
  }

  std::string text(size_t i) { return text(at(i)); }

  std::string text(napi_value value) {
    size_t size = 0;
    if (!check(napi_get_value_string_utf8(env_, value, nullptr, 0, &size)) || size > 4096) {
      ok_ = false;
      return {};
    }
    std::string out(size + 1, '\0');
    check(napi_get_value_string_utf8(env_, value, out.data(), out.size(), &size));
    out.resize(size);
    return out;
  }

  std::vector<uint32_t> u32s(size_t i) {
    napi_typedarray_type type{};
    size_t length = 0;
    void* data = nullptr;
    if (!check(napi_get_typedarray_info(env_, at(i), &type, &length, &data, nullptr, nullptr)) ||
        type != napi_uint32_array) {
      ok_ = false;
      return {};
    }
    const auto* numbers = static_cast<const uint32_t*>(data);
    return length == 0 ? std::vector<uint32_t>() : std::vector<uint32_t>(numbers, numbers + length);
  }

  std::vector<uint8_t> bytes(napi_value value) {
    napi_typedarray_type type{};
    size_t length = 0;
    void* data = nullptr;
    if (!check(napi_get_typedarray_info(env_, value, &type, &length, &data, nullptr, nullptr)) ||
        type != napi_uint8_array) {
      ok_ = false;
      return {};
    }
    const auto* numbers = static_cast<const uint8_t*>(data);
    return length == 0 ? std::vector<uint8_t>() : std::vector<uint8_t>(numbers, numbers + length);
  }

  std::vector<napi_value> list(size_t i) {
    uint32_t length = 0;
    if (!check(napi_get_array_length(env_, at(i), &length)) || length > 4096) {
      ok_ = false;
      return {};
    }
    std::vector<napi_value> values(length);
    for (uint32_t k = 0; k < length; ++k) check(napi_get_element(env_, at(i), k, &values[k]));
    return values;
  }

 private:
  bool check(napi_status status) {
    if (status != napi_ok) ok_ = false;
    return status == napi_ok;
  }

  napi_env env_;
  std::array<napi_value, kMaxArguments> values_{};
  size_t count_ = 0;
  bool ok_ = true;
};

napi_value make_bool(napi_env env, bool value) {
  napi_value out = nullptr;
  napi_get_boolean(env, value, &out);
  return out;
}

napi_value make_number(napi_env env, double value) {
  napi_value out = nullptr;
  napi_create_double(env, value, &out);
  return out;
}

napi_value make_text(napi_env env, const std::string& value) {
  napi_value out = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &out);
  return out;
}

napi_value make_null(napi_env env) {
  napi_value out = nullptr;
  napi_get_null(env, &out);
  return out;
}

napi_value make_u32s(napi_env env, const uint32_t* numbers, size_t count) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value out = nullptr;
  if (napi_create_arraybuffer(env, count * sizeof(uint32_t), &data, &buffer) != napi_ok) return make_null(env);
  if (count != 0) std::memcpy(data, numbers, count * sizeof(uint32_t));
  napi_create_typedarray(env, napi_uint32_array, count, buffer, 0, &out);
  return out;
}

void set(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

// One engine and its way to JavaScript. Owned by the external handle and by the environment's cleanup hook together.
struct Handle {
  std::unique_ptr<Engine> engine;
  napi_threadsafe_function notify = nullptr;
  // Keeps the handle while the function above may call with it.
  std::shared_ptr<Handle> self_while_notified;
  bool hooked = false;
  std::atomic<bool> stopped{false};
  bool stop_told = false;
};

using HandleRef = std::shared_ptr<Handle>;

void on_environment_end(void* data) {
  auto* handle = static_cast<Handle*>(data);
  handle->hooked = false;
  if (handle->engine) {
    handle->engine->stop();
    handle->engine->join();
  }
}

// Types: 0 = [0, transport, state, reason | null, address | null], 1 = [1, room, Uint32Array]; [2] = stopped, the last one.
napi_value make_event(napi_env env, const EngineEvent& event) {
  napi_value out = nullptr;
  napi_create_array(env, &out);
  napi_set_element(env, out, 0, make_number(env, static_cast<double>(event.type)));
  napi_set_element(env, out, 1, make_number(env, event.id));
  if (event.type == EngineEvent::Type::audio_levels) {
    napi_set_element(env, out, 2, make_u32s(env, event.levels.data(), event.levels.size()));
    return out;
  }
  napi_set_element(env, out, 2, make_number(env, static_cast<double>(event.state)));
  napi_set_element(env, out, 3, event.reason == nullptr ? make_null(env) : make_text(env, event.reason));
  napi_set_element(env, out, 4, event.remote_address.empty() ? make_null(env) : make_text(env, event.remote_address));
  return out;
}

void deliver_events(napi_env env, napi_value callback, void* context, void*) {
  if (env == nullptr || callback == nullptr) return;
  auto* handle = static_cast<Handle*>(context);
  if (!handle->engine) return;
  const bool tell_stop = handle->stopped.load() && !handle->stop_told;
  const std::vector<EngineEvent> events = handle->engine->take_events();
  if (events.empty() && !tell_stop) return;
  napi_value list = nullptr;
  napi_create_array_with_length(env, events.size() + (tell_stop ? 1 : 0), &list);
  for (size_t i = 0; i < events.size(); ++i) {
    napi_set_element(env, list, static_cast<uint32_t>(i), make_event(env, events[i]));
  }
  if (tell_stop) {
    handle->stop_told = true;
    napi_value stop = nullptr;
    napi_create_array(env, &stop);
    napi_set_element(env, stop, 0, make_number(env, 2));
    napi_set_element(env, list, static_cast<uint32_t>(events.size()), stop);
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

HandleRef handle_of(napi_env env, Arguments& arguments) {
  void* data = nullptr;
  if (napi_get_value_external(env, arguments.at(0), &data) != napi_ok || data == nullptr) return nullptr;
  return *static_cast<HandleRef*>(data);
}

bool fill_profiles(const std::vector<uint32_t>& ids, std::vector<SrtpProfile>& out) {
  for (const uint32_t id : ids) {
    const auto profile = srtp_profile_from_id(static_cast<uint16_t>(id));
    if (!profile) return false;
    out.push_back(*profile);
  }
  return !out.empty();
}

// open(port, address, srtpProfiles: Uint32Array, onEvents) → { handle, port, fingerprint } or errno
napi_value open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  EngineConfig config;
  config.port = static_cast<uint16_t>(arguments.u32(0));
  config.bind_address = arguments.text(1);
  if (!fill_profiles(arguments.u32s(2), config.srtp_profiles) || !arguments.ok()) return make_number(env, 22);
  const auto handle = std::make_shared<Handle>();
  handle->self_while_notified = handle;
  if (napi_create_threadsafe_function(env, arguments.at(3), nullptr, make_text(env, "parley.events"), 0, 1, nullptr,
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
      env, new HandleRef(handle),
      [](napi_env, void* data, void*) {
        const std::unique_ptr<HandleRef> owned(static_cast<HandleRef*>(data));
        if ((*owned)->engine) (*owned)->engine->stop();
      },
      nullptr, &external);
  napi_value result = nullptr;
  napi_create_object(env, &result);
  set(env, result, "handle", external);
  set(env, result, "port", make_number(env, handle->engine->port()));
  set(env, result, "fingerprint", make_text(env, handle->engine->fingerprint()));
  return result;
}

// close(handle): stops; the event [2] tells that it is done.
napi_value close(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  if (handle && handle->engine) handle->engine->stop();
  return make_bool(env, handle != nullptr);
}

bool post(const HandleRef& handle, Arguments& arguments, Loop::Command command) {
  return handle && handle->engine && arguments.ok() && handle->engine->post(std::move(command));
}

// createRoom(handle, id)
napi_value create_room(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, [id](Loop& loop) { loop.create_room(id); }));
}

// closeRoom(handle, id)
napi_value close_room(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, [id](Loop& loop) { loop.close_room(id); }));
}

// createTransport(handle, id, room, controlling, ufrag, pwd, candidates: [ip, port, …])
napi_value create_transport(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  TransportConfig config;
  config.id = arguments.u32(1);
  config.room = arguments.u32(2);
  config.controlling = arguments.boolean(3);
  config.ice_ufrag = arguments.text(4);
  config.ice_pwd = arguments.text(5);
  const std::vector<napi_value> candidates = arguments.list(6);
  for (size_t i = 0; i + 1 < candidates.size(); i += 2) {
    uint32_t port = 0;
    SocketAddress address;
    if (napi_get_value_uint32(env, candidates[i + 1], &port) != napi_ok ||
        !parse_address(arguments.text(candidates[i]), static_cast<uint16_t>(port), address)) {
      return make_bool(env, false);
    }
    config.remote_candidates.push_back(address);
  }
  return make_bool(env, post(handle, arguments, [config](Loop& loop) { loop.create_transport(config); }));
}

// connectTransport(handle, id, ufrag, pwd, fingerprints: [hash, Uint8Array, …], active). Hash: 0 sha-1, 1 sha-256, 2
// sha-384, 3 sha-512.
napi_value connect_transport(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  RemoteTransport remote;
  remote.ice_ufrag = arguments.text(2);
  remote.ice_pwd = arguments.text(3);
  const std::vector<napi_value> fingerprints = arguments.list(4);
  remote.active = arguments.boolean(5);
  for (size_t i = 0; i + 1 < fingerprints.size(); i += 2) {
    uint32_t hash = 0;
    if (napi_get_value_uint32(env, fingerprints[i], &hash) != napi_ok || hash > 3) return make_bool(env, false);
    remote.fingerprints.push_back({static_cast<FingerprintHash>(hash), arguments.bytes(fingerprints[i + 1])});
  }
  return make_bool(env, post(handle, arguments, [id, remote](Loop& loop) { loop.connect_transport(id, remote); }));
}

// setRtpParameters(handle, id, Uint32Array): audio level, transport-cc, abs-send-time, mid and dependency descriptor ids,
// then per codec: payload type, kind (0 audio, 1 video), codec (enum Codec), clock rate, associated payload type.
napi_value set_rtp_parameters(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  const std::vector<uint32_t> numbers = arguments.u32s(2);
  if (numbers.size() < 5 || (numbers.size() - 5) % 5 != 0) return make_bool(env, false);
  RtpParameters parameters;
  const auto extension = [&numbers](size_t i) { return static_cast<uint8_t>(numbers[i] <= 14 ? numbers[i] : 0); };
  parameters.audio_level_id = extension(0);
  parameters.transport_cc_id = extension(1);
  parameters.abs_send_time_id = extension(2);
  parameters.mid_id = extension(3);
  parameters.dependency_descriptor_id = extension(4);
  for (size_t i = 5; i < numbers.size(); i += 5) {
    if (numbers[i] > 127 || numbers[i + 1] > 1 || numbers[i + 2] > static_cast<uint32_t>(Codec::red) ||
        numbers[i + 4] > 127) {
      return make_bool(env, false);
    }
    CodecParameters& codec = parameters.by_payload_type[numbers[i]];
    codec.known = true;
    codec.kind = static_cast<MediaKind>(numbers[i + 1]);
    codec.codec = static_cast<Codec>(numbers[i + 2]);
    codec.clock_rate_hz = numbers[i + 3];
    codec.associated_payload_type = static_cast<uint8_t>(numbers[i + 4]);
    if (codec.codec == Codec::rtx) {
      parameters.rtx_payload_type[codec.associated_payload_type] = static_cast<uint8_t>(numbers[i]);
    }
  }
  return make_bool(env, post(handle, arguments, [id, parameters](Loop& loop) { loop.set_rtp_parameters(id, parameters); }));
}

// closeTransport(handle, id)
napi_value close_transport(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, [id](Loop& loop) { loop.close_transport(id); }));
}

// createSource(handle, id, transport, kind, Uint32Array [ssrc, rtxSsrc, …])
napi_value create_source(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  SourceConfig config;
  config.id = arguments.u32(1);
  config.transport = arguments.u32(2);
  config.kind = arguments.u32(3) == 0 ? MediaKind::audio : MediaKind::video;
  const std::vector<uint32_t> ssrcs = arguments.u32s(4);
  if (ssrcs.empty() || ssrcs.size() % 2 != 0 || ssrcs.size() > 16) return make_bool(env, false);
  for (size_t i = 0; i < ssrcs.size(); i += 2) config.encodings.push_back({ssrcs[i], ssrcs[i + 1]});
  return make_bool(env, post(handle, arguments, [config](Loop& loop) { loop.create_source(config); }));
}

// setSourceBlocked(handle, id, blocked)
napi_value set_source_blocked(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  const bool blocked = arguments.boolean(2);
  return make_bool(env, post(handle, arguments, [id, blocked](Loop& loop) { loop.set_source_blocked(id, blocked); }));
}

// closeSource(handle, id)
napi_value close_source(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, [id](Loop& loop) { loop.close_source(id); }));
}

// setForwarding(handle, receiver, Uint32Array [source, maxEncoding, …])
napi_value set_forwarding(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t receiver = arguments.u32(1);
  const std::vector<uint32_t> numbers = arguments.u32s(2);
  std::vector<ForwardingEntry> entries;
  for (size_t i = 0; i + 1 < numbers.size(); i += 2) entries.push_back({numbers[i], numbers[i + 1]});
  return make_bool(env,
                   post(handle, arguments, [receiver, entries](Loop& loop) { loop.set_forwarding(receiver, entries); }));
}

// requestKeyFrame(handle, source)
napi_value request_key_frame(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, [id](Loop& loop) { loop.request_key_frame(id); }));
}

napi_value make_transport_stats(napi_env env, const TransportSnapshot& transport) {
  napi_value out = nullptr;
  napi_create_object(env, &out);
  const auto number = [&](const char* name, double value) { set(env, out, name, make_number(env, value)); };
  number("transport", transport.id);
  number("state", static_cast<double>(transport.state));
  number("packetsReceived", static_cast<double>(transport.traffic.packets_received));
  number("bytesReceived", static_cast<double>(transport.traffic.bytes_received));
  number("packetsSent", static_cast<double>(transport.traffic.packets_sent));
  number("bytesSent", static_cast<double>(transport.traffic.bytes_sent));
  number("idleMs", static_cast<double>(transport.idle_ms));
  number("rttMs", transport.rtt_ms);
  number("nacksReceived", static_cast<double>(transport.media.nacks_received));
  number("nacksSent", static_cast<double>(transport.media.nacks_sent));
  number("retransmitted", static_cast<double>(transport.media.retransmitted));
  number("plisReceived", static_cast<double>(transport.media.plis_received));
  number("plisSent", static_cast<double>(transport.media.plis_sent));
  set(env, out, "srtpProfile", make_text(env, transport.srtp_profile));
  return out;
}

// stats(handle) → object, or null when the engine did not answer in time
napi_value stats(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  EngineSnapshot snapshot;
  if (!handle || !handle->engine || !handle->engine->ask([&](Loop& loop) { snapshot = loop.snapshot(); })) {
    return make_null(env);
  }
  napi_value out = nullptr;
  napi_create_object(env, &out);
  const auto number = [&](const char* name, uint64_t value) {
    set(env, out, name, make_number(env, static_cast<double>(value)));
  };
  number("cpuUs", snapshot.cpu_us);
  number("packetsReceived", snapshot.packets_received);
  number("packetsSent", snapshot.sent.packets);
  number("forwarded", snapshot.forwarded);
  number("sendCalls", snapshot.sent.system_calls);
  number("segmentedPackets", snapshot.sent.segmented_packets);
  napi_value drops = nullptr;
  napi_create_object(env, &drops);
  for (size_t i = 0; i < snapshot.drops.by_reason.size(); ++i) {
    const uint64_t count = snapshot.drops.by_reason[i];
    if (count != 0) set(env, drops, drop_name(static_cast<Drop>(i)), make_number(env, static_cast<double>(count)));
  }
  set(env, out, "drops", drops);
  napi_value transports = nullptr;
  napi_create_array_with_length(env, snapshot.transports.size(), &transports);
  for (size_t i = 0; i < snapshot.transports.size(); ++i) {
    napi_set_element(env, transports, static_cast<uint32_t>(i), make_transport_stats(env, snapshot.transports[i]));
  }
  set(env, out, "transports", transports);
  return out;
}

// createLoadSender(handle, id, transport, Uint32Array [ssrc, rtxSsrc, payloadType, codec, packetsPerSecond, payloadBytes,
// burst, keyFrameEveryMs, audioLevel])
napi_value create_load_sender(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  LoadSenderConfig config;
  config.id = arguments.u32(1);
  config.transport = arguments.u32(2);
  const std::vector<uint32_t> numbers = arguments.u32s(3);
  if (numbers.size() != 9 || numbers[2] > 127 || numbers[3] > static_cast<uint32_t>(Codec::red)) {
    return make_bool(env, false);
  }
  config.ssrc = numbers[0];
  config.rtx_ssrc = numbers[1];
  config.payload_type = static_cast<uint8_t>(numbers[2]);
  config.codec = static_cast<Codec>(numbers[3]);
  config.packets_per_second = numbers[4];
  config.payload_bytes = numbers[5];
  config.burst = numbers[6];
  config.key_frame_every_ms = numbers[7];
  config.audio_level = static_cast<uint8_t>(numbers[8] & 0x7f);
  return make_bool(env, post(handle, arguments, [config](Loop& loop) { loop.create_load_sender(config); }));
}

// closeLoadSender(handle, id)
napi_value close_load_sender(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, [id](Loop& loop) { loop.close_load_sender(id); }));
}

// loadSenderPackets(handle, id) → number
napi_value load_sender_packets(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  uint64_t packets = 0;
  if (!handle || !handle->engine || !handle->engine->ask([&](Loop& loop) {
        if (const LoadSender* sender = loop.load_sender(id)) packets = sender->packets();
      })) {
    return make_null(env);
  }
  return make_number(env, static_cast<double>(packets));
}

// createLoadSink(handle, transport, loseEvery)
napi_value create_load_sink(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t transport = arguments.u32(1);
  const uint32_t lose_every = arguments.u32(2);
  return make_bool(env, post(handle, arguments, [transport, lose_every](Loop& loop) {
                     loop.create_load_sink(transport, lose_every);
                   }));
}

// loadSinkStats(handle, transport, reset) → { packets, bytes, missing, lostOnPurpose, discontinuities, latency: Uint32Array } or null
napi_value load_sink_stats(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t transport = arguments.u32(1);
  const bool reset = arguments.boolean(2);
  struct Counters {
    bool found = false;
    uint64_t packets = 0, bytes = 0, missing = 0, lost = 0, discontinuities = 0;
    std::array<uint32_t, LatencyHistogram::kBuckets> latency{};
  } counters;
  const bool answered = handle && handle->engine && arguments.ok() && handle->engine->ask([&](Loop& loop) {
    LoadSink* sink = loop.load_sink(transport);
    if (sink == nullptr) return;
    counters = {true,           sink->packets(),         sink->bytes(), sink->missing(), sink->lost_on_purpose(),
                sink->discontinuities(), sink->latency().counts()};
    if (reset) sink->reset();
  });
  if (!answered || !counters.found) return make_null(env);
  napi_value out = nullptr;
  napi_create_object(env, &out);
  set(env, out, "packets", make_number(env, static_cast<double>(counters.packets)));
  set(env, out, "bytes", make_number(env, static_cast<double>(counters.bytes)));
  set(env, out, "missing", make_number(env, static_cast<double>(counters.missing)));
  set(env, out, "lostOnPurpose", make_number(env, static_cast<double>(counters.lost)));
  set(env, out, "discontinuities", make_number(env, static_cast<double>(counters.discontinuities)));
  set(env, out, "latency", make_u32s(env, counters.latency.data(), counters.latency.size()));
  return out;
}

// runFloor(Uint32Array [intervalUs, burst, payloadBytes, copies, durationMs], Uint32Array ports) → { packets, userUs,
// systemUs } or an error text. Blocks for the duration.
napi_value measure_floor(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const std::vector<uint32_t> numbers = arguments.u32s(0);
  const std::vector<uint32_t> ports = arguments.u32s(1);
  if (!arguments.ok() || numbers.size() != 5) return make_text(env, "bad arguments");
  FloorOptions options;
  options.interval_us = numbers[0];
  options.burst = numbers[1];
  options.payload_bytes = numbers[2];
  options.copies = numbers[3];
  options.duration_ms = numbers[4];
  for (const uint32_t port : ports) options.ports.push_back(static_cast<uint16_t>(port));
  const FloorResult result = run_floor(options);
  if (!result.error.empty()) return make_text(env, result.error);
  napi_value out = nullptr;
  napi_create_object(env, &out);
  set(env, out, "packets", make_number(env, static_cast<double>(result.packets)));
  set(env, out, "userUs", make_number(env, static_cast<double>(result.user_us)));
  set(env, out, "systemUs", make_number(env, static_cast<double>(result.system_us)));
  return out;
}

napi_value initialize(napi_env env, napi_value exports) {
  struct Call {
    const char* name;
    napi_callback function;
  };
  constexpr std::array<Call, 20> kCalls = {{
      {"open", open},
      {"close", close},
      {"createRoom", create_room},
      {"closeRoom", close_room},
      {"createTransport", create_transport},
      {"connectTransport", connect_transport},
      {"setRtpParameters", set_rtp_parameters},
      {"closeTransport", close_transport},
      {"createSource", create_source},
      {"setSourceBlocked", set_source_blocked},
      {"closeSource", close_source},
      {"setForwarding", set_forwarding},
      {"requestKeyFrame", request_key_frame},
      {"stats", stats},
      {"createLoadSender", create_load_sender},
      {"closeLoadSender", close_load_sender},
      {"loadSenderPackets", load_sender_packets},
      {"createLoadSink", create_load_sink},
      {"loadSinkStats", load_sink_stats},
      {"runFloor", measure_floor},
  }};
  for (const Call& call : kCalls) {
    napi_value function = nullptr;
    if (napi_create_function(env, call.name, NAPI_AUTO_LENGTH, call.function, nullptr, &function) != napi_ok ||
        napi_set_named_property(env, exports, call.name, function) != napi_ok) {
      return nullptr;
    }
  }
  return exports;
}

}  // namespace
}  // namespace parley

NAPI_MODULE_INIT() { return parley::initialize(env, exports); }
