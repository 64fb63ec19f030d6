// Synthetic senders and sinks, and the floor that forwarding is compared with.
#include "addon/calls.h"
#include "addon/handle.h"
#include "addon/values.h"
#include "load/floor.h"

namespace parley {

// createLoadSender(handle, id, transport, Uint32Array [ssrc, rtxSsrc, payloadType, codec, packetsPerSecond, payloadBytes,
// burst, keyFrameEveryMs, audioLevel], recording: [ticks, marker (0 or 1), descriptor: Uint8Array, payload: Uint8Array, …])
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
  const std::vector<napi_value> recording = arguments.list(4);
  for (size_t i = 0; i + 3 < recording.size(); i += 4) {
    uint32_t ticks = 0, marker = 0;
    if (napi_get_value_uint32(env, recording[i], &ticks) != napi_ok ||
        napi_get_value_uint32(env, recording[i + 1], &marker) != napi_ok) {
      return make_bool(env, false);
    }
    config.recording.push_back(
        {ticks, marker != 0, arguments.bytes(recording[i + 2]), arguments.bytes(recording[i + 3])});
  }
  return make_bool(env, post(handle, arguments, config.id, [config](Loop& loop) { loop.create_load_sender(config); }));
}

// closeLoadSender(handle, id)
napi_value close_load_sender(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, id, [id](Loop& loop) { loop.close_load_sender(id); }));
}

// loadSenderPackets(handle, id) → number
napi_value load_sender_packets(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  uint64_t packets = 0;
  if (!handle || !handle->engine || !handle->engine->ask(id, [&](Loop& loop) {
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
  return make_bool(env, post(handle, arguments, transport, [transport, lose_every](Loop& loop) {
                     loop.create_load_sink(transport, lose_every);
                   }));
}

// loadSinkStats(handle, transport, reset) → { packets, bytes, missing, lostOnPurpose, discontinuities, latency: Uint32Array,
// layers: Uint32Array [frames of spatial layer 0 and temporal layer 0, 0 and 1, …], brokenFrames } or null
napi_value load_sink_stats(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t transport = arguments.u32(1);
  const bool reset = arguments.boolean(2);
  struct Counters {
    bool found = false;
    uint64_t packets = 0, bytes = 0, missing = 0, lost = 0, discontinuities = 0;
    std::array<uint32_t, LatencyHistogram::kBuckets> latency{};
    LayerCheck::Frames frames{};
    uint64_t broken = 0;
  } counters;
  const bool answered = handle && handle->engine && arguments.ok() && handle->engine->ask(transport, [&](Loop& loop) {
    LoadSink* sink = loop.load_sink(transport);
    if (sink == nullptr) return;
    counters = {true,           sink->packets(),         sink->bytes(), sink->missing(), sink->lost_on_purpose(),
                sink->discontinuities(), sink->latency().counts(), sink->layers().frames(), sink->layers().broken()};
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
  set(env, out, "layers", make_u32s(env, counters.frames.data(), counters.frames.size()));
  set(env, out, "brokenFrames", make_number(env, static_cast<double>(counters.broken)));
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

}  // namespace parley
