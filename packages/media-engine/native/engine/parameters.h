// What the TypeScript side tells the loop about transports and sources, checked for type and range at the border.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/srtp.h"
#include "engine/certificate.h"
#include "engine/dtls.h"
#include "layers/layer_packet.h"

namespace parley {

enum class MediaKind : uint8_t { audio, video };
enum class Codec : uint8_t { other, opus, vp8, h264, vp9, av1, rtx, red };

struct CodecParameters {
  bool known = false;
  MediaKind kind = MediaKind::audio;
  Codec codec = Codec::other;
  uint32_t clock_rate_hz = 0;
  // For `rtx`: the payload type that it repairs.
  uint8_t associated_payload_type = 0;
};

// What a transport's packets mean. Extension ids are 1-14, 0 = not negotiated.
struct RtpParameters {
  std::array<CodecParameters, 128> by_payload_type{};
  // Payload type of the RTX stream of each payload type, 0 = none.
  std::array<uint8_t, 128> rtx_payload_type{};
  uint8_t audio_level_id = 0;
  uint8_t transport_cc_id = 0;
  uint8_t abs_send_time_id = 0;
  uint8_t mid_id = 0;
  uint8_t dependency_descriptor_id = 0;
};

// Ids of the sender's header extensions that matter to receivers, 0 = not negotiated.
struct ForwardedExtensions {
  uint8_t audio_level_id = 0;
  uint8_t dependency_descriptor_id = 0;
  uint8_t transport_cc_id = 0;

  static ForwardedExtensions of(const RtpParameters& sender) {
    return {sender.audio_level_id, sender.dependency_descriptor_id, sender.transport_cc_id};
  }
};

struct TransportConfig {
  uint32_t id = 0;
  uint32_t room = 0;
  bool controlling = true;
  std::string ice_ufrag;
  std::string ice_pwd;
  // Client mode: where to send checks. A transport with any has a socket of its own.
  std::vector<SocketAddress> remote_candidates;
  // What it is sent keeps to what its path carries.
  bool paced = true;
};

// A transport without ICE and DTLS.
struct PlainTransportConfig {
  uint32_t id = 0;
  uint32_t room = 0;
  // Empty = the address of the first packet that is good.
  std::optional<SocketAddress> remote;
  // Empty = neither encrypted nor authenticated.
  std::optional<SrtpKeys> keys;
};

struct RemoteTransport {
  std::string ice_ufrag;
  std::string ice_pwd;
  std::vector<Fingerprint> fingerprints;
  // The remote side is the DTLS client.
  bool active = true;
};

struct EncodingConfig {
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  // 0 = none
};

struct SourceConfig {
  uint32_t id = 0;
  uint32_t transport = 0;
  MediaKind kind = MediaKind::audio;
  std::vector<EncodingConfig> encodings;  // lowest first
};

// A source of another loop, for the receivers of its room on this one.
struct MirrorConfig {
  uint32_t id = 0;
  uint32_t room = 0;      // the room's part on this loop
  uint32_t original = 0;  // source id on the other loop
  MediaKind kind = MediaKind::audio;
  std::vector<EncodingConfig> encodings;
};

struct ForwardingEntry {
  uint32_t source = 0;
  LayerId limit;  // the highest layers to be forwarded; kEveryLayer = no limit
};

// A loop's index is one base64 digit of the user name fragments, see loop_group.h.
inline constexpr uint32_t kMaxThreads = 64;

struct EngineConfig {
  uint16_t port = 0;
  std::optional<uint16_t> tcp_port;  // of ICE-TCP (RFC 6544); 0 picks a free one
  std::string bind_address;
  std::vector<SrtpProfile> srtp_profiles;
  // Media threads, 1 to kMaxThreads.
  uint32_t threads = 1;
};

}  // namespace parley
