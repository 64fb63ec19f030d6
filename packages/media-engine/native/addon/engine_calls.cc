// Commands.
#include "addon/calls.h"
#include "addon/handle.h"
#include "addon/values.h"

namespace parley {
// createRoom(handle, id)
napi_value create_room(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, id, [id](Loop& loop) { loop.create_room(id); }));
}

// closeRoom(handle, id)
napi_value close_room(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, id, [id](Loop& loop) { loop.close_room(id); }));
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
  return make_bool(env, post(handle, arguments, config.id, [config](Loop& loop) { loop.create_transport(config); }));
}

// createPlainTransport(handle, id, room, address, port, remoteIp or '', remotePort, srtpProfile or 0, keys: [local, remote])
// → port, or errno negative, or false. A key is the profile's master key and salt in one. The socket is opened here, so that
// its port is known at once.
napi_value create_plain_transport(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  PlainTransportConfig config;
  config.id = arguments.u32(1);
  config.room = arguments.u32(2);
  const std::string address = arguments.text(3);
  const auto port = static_cast<uint16_t>(arguments.u32(4));
  const std::string remote_ip = arguments.text(5);
  const auto remote_port = static_cast<uint16_t>(arguments.u32(6));
  const uint32_t profile_id = arguments.u32(7);
  const std::vector<napi_value> keys = arguments.list(8);
  if (!arguments.ok()) return make_bool(env, false);
  if (!remote_ip.empty() && !parse_address(remote_ip, remote_port, config.remote.emplace())) return make_bool(env, false);
  if (profile_id != 0) {
    const auto profile = srtp_profile_from_id(static_cast<uint16_t>(profile_id));
    if (!profile || keys.size() != 2) return make_bool(env, false);
    const SrtpProfileInfo& info_of = srtp_profile_info(*profile);
    const auto read = [&](napi_value value, SrtpMasterKey& out) {
      std::vector<uint8_t> bytes = arguments.bytes(value);
      if (bytes.size() != info_of.key_bytes + info_of.salt_bytes) return false;
      const auto salt = bytes.begin() + static_cast<std::ptrdiff_t>(info_of.key_bytes);
      out.key.assign(bytes.begin(), salt);
      out.salt.assign(salt, bytes.end());
      return true;
    };
    SrtpKeys& out = config.keys.emplace();
    out.profile = *profile;
    if (!read(keys[0], out.local) || !read(keys[1], out.remote)) return make_bool(env, false);
  }
  int error = 0;
  auto socket = UdpSocket::open(address, port, error);
  if (!socket) return make_number(env, -error);
  const uint16_t bound = socket->port();
  // A command can be copied, a socket and keys cannot; the port is free again when the command is not carried out.
  struct Parcel {
    PlainTransportConfig config;
    std::unique_ptr<UdpSocket> socket;
  };
  const auto parcel = std::make_shared<Parcel>(Parcel{std::move(config), std::move(socket)});
  const bool accepted = post(handle, arguments, parcel->config.id, [parcel](Loop& loop) {
    loop.create_plain_transport(parcel->config, std::move(parcel->socket));
  });
  return accepted ? make_number(env, bound) : make_bool(env, false);
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
  return make_bool(env, post(handle, arguments, id, [id, remote](Loop& loop) { loop.connect_transport(id, remote); }));
}

// restartIce(handle, id, ufrag, pwd)
napi_value restart_ice(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  const std::string ufrag = arguments.text(2);
  const std::string pwd = arguments.text(3);
  return make_bool(env, post(handle, arguments, id, [id, ufrag, pwd](Loop& loop) { loop.restart_ice(id, ufrag, pwd); }));
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
  return make_bool(env, post(handle, arguments, id, [id, parameters](Loop& loop) { loop.set_rtp_parameters(id, parameters); }));
}

// closeTransport(handle, id)
napi_value close_transport(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, id, [id](Loop& loop) { loop.close_transport(id); }));
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
  return make_bool(env, post(handle, arguments, config.id, [config](Loop& loop) { loop.create_source(config); }));
}

// mirrorSource(handle, id, source, room, kind, Uint32Array [ssrc, rtxSsrc, …]): `source` for receivers on the loop of `id`,
// where the room is known as `room`
napi_value mirror_source(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  MirrorConfig config;
  config.id = arguments.u32(1);
  config.original = arguments.u32(2);
  config.room = arguments.u32(3);
  config.kind = arguments.u32(4) == 0 ? MediaKind::audio : MediaKind::video;
  const std::vector<uint32_t> ssrcs = arguments.u32s(5);
  if (ssrcs.empty() || ssrcs.size() % 2 != 0 || ssrcs.size() > 16 || !handle || !handle->engine) {
    return make_bool(env, false);
  }
  for (size_t i = 0; i < ssrcs.size(); i += 2) config.encodings.push_back({ssrcs[i], ssrcs[i + 1]});
  const uint32_t loop = loop_of_id(config.id, handle->engine->threads());
  const bool begun = post(handle, arguments, config.original, [config, loop](Loop& home) {
    home.add_mirror(config.original, loop, config.id);
  });
  return make_bool(env, begun && post(handle, arguments, config.id, [config](Loop& other) { other.create_mirror(config); }));
}

// setSourceBlocked(handle, id, blocked)
napi_value set_source_blocked(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  const bool blocked = arguments.boolean(2);
  return make_bool(env, post(handle, arguments, id, [id, blocked](Loop& loop) { loop.set_source_blocked(id, blocked); }));
}

// closeSource(handle, id)
napi_value close_source(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, id, [id](Loop& loop) { loop.close_source(id); }));
}

// setForwarding(handle, receiver, Uint32Array [source, maxEncoding, maxSpatial, maxTemporal, …]); 255 = every layer
napi_value set_forwarding(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t receiver = arguments.u32(1);
  const std::vector<uint32_t> numbers = arguments.u32s(2);
  if (numbers.size() % 4 != 0) return make_bool(env, false);
  const auto limit = [](uint32_t number) { return static_cast<uint8_t>(std::min<uint32_t>(number, kEveryLayer)); };
  std::vector<ForwardingEntry> entries;
  for (size_t i = 0; i < numbers.size(); i += 4) {
    entries.push_back({numbers[i], {limit(numbers[i + 1]), limit(numbers[i + 2]), limit(numbers[i + 3])}});
  }
  return make_bool(env,
                   post(handle, arguments, receiver, [receiver, entries](Loop& loop) { loop.set_forwarding(receiver, entries); }));
}

// requestKeyFrame(handle, source)
napi_value request_key_frame(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t id = arguments.u32(1);
  return make_bool(env, post(handle, arguments, id, [id](Loop& loop) { loop.request_key_frame(id); }));
}

// setDemand(handle, receiver, bps)
napi_value set_demand(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  const uint32_t receiver = arguments.u32(1);
  const int64_t bps = arguments.i64(2);
  return make_bool(env, post(handle, arguments, receiver, [receiver, bps](Loop& loop) { loop.set_demand(receiver, bps); }));
}

// askStunServer(handle, ip, port)
napi_value ask_stun_server(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  SocketAddress server;
  const std::string ip = arguments.text(1);
  if (!parse_address(ip, static_cast<uint16_t>(arguments.u32(2)), server)) return make_bool(env, false);
  return make_bool(env, post(handle, arguments, 0, [server](Loop& loop) { loop.ask_stun_server(server); }));
}

}  // namespace parley
