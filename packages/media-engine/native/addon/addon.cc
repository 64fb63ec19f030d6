// The border to JavaScript: a handful of positional calls. TypeScript (src/native.ts) validates and interprets; here only
// types and ranges are checked again. No exception crosses: calls return `false` or an error number, TypeScript raises.
// State is per environment and freed by a cleanup hook, so that workers can load the engine too.
#include <node_api.h>

#include <array>

#include "addon/calls.h"
#include "addon/handle.h"

namespace parley {
namespace {

napi_value initialize(napi_env env, napi_value exports) {
  struct Call {
    const char* name;
    napi_callback function;
  };
  constexpr std::array<Call, 28> kCalls = {{
      {"open", open},
      {"close", close},
      {"createRoom", create_room},
      {"closeRoom", close_room},
      {"createTransport", create_transport},
      {"createPlainTransport", create_plain_transport},
      {"connectTransport", connect_transport},
      {"restartIce", restart_ice},
      {"setRtpParameters", set_rtp_parameters},
      {"closeTransport", close_transport},
      {"createSource", create_source},
      {"mirrorSource", mirror_source},
      {"setSourceBlocked", set_source_blocked},
      {"closeSource", close_source},
      {"setForwarding", set_forwarding},
      {"requestKeyFrame", request_key_frame},
      {"setDemand", set_demand},
      {"askStunServer", ask_stun_server},
      {"statsLayout", stats_layout},
      {"requestSample", request_sample},
      {"waitForSample", wait_for_sample},
      {"readSample", read_sample},
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
