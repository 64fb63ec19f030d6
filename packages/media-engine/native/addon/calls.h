// Every call of the addon, as JavaScript sees it; what each takes and returns stands above its definition.
#pragma once

#include <node_api.h>

namespace parley {

// engine_calls.cc
napi_value create_room(napi_env env, napi_callback_info info);
napi_value close_room(napi_env env, napi_callback_info info);
napi_value create_transport(napi_env env, napi_callback_info info);
napi_value create_plain_transport(napi_env env, napi_callback_info info);
napi_value connect_transport(napi_env env, napi_callback_info info);
napi_value restart_ice(napi_env env, napi_callback_info info);
napi_value set_rtp_parameters(napi_env env, napi_callback_info info);
napi_value close_transport(napi_env env, napi_callback_info info);
napi_value create_source(napi_env env, napi_callback_info info);
napi_value mirror_source(napi_env env, napi_callback_info info);
napi_value set_source_blocked(napi_env env, napi_callback_info info);
napi_value close_source(napi_env env, napi_callback_info info);
napi_value set_forwarding(napi_env env, napi_callback_info info);
napi_value request_key_frame(napi_env env, napi_callback_info info);
napi_value set_demand(napi_env env, napi_callback_info info);
napi_value ask_stun_server(napi_env env, napi_callback_info info);

// stats_calls.cc
napi_value stats_layout(napi_env env, napi_callback_info info);
napi_value request_sample(napi_env env, napi_callback_info info);
napi_value wait_for_sample(napi_env env, napi_callback_info info);
napi_value read_sample(napi_env env, napi_callback_info info);

// load_calls.cc
napi_value create_load_sender(napi_env env, napi_callback_info info);
napi_value close_load_sender(napi_env env, napi_callback_info info);
napi_value load_sender_packets(napi_env env, napi_callback_info info);
napi_value create_load_sink(napi_env env, napi_callback_info info);
napi_value load_sink_stats(napi_env env, napi_callback_info info);
napi_value measure_floor(napi_env env, napi_callback_info info);

}  // namespace parley
