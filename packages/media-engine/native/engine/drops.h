// Why packets are dropped. Every discarded packet is counted under exactly one reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parley {

enum class Drop : uint8_t {
  too_long,
  stream_rejected,
  stream_broken,
  stream_backlog,
  unknown_protocol,
  malformed_stun,
  unknown_ufrag,
  unknown_transaction,
  stun_rejected,
  rate_limited,
  unknown_source_address,
  dtls_unexpected,
  no_srtp_keys,
  srtp_auth,
  srtp_replay,
  srtp_malformed,
  srtcp_auth,
  srtcp_replay,
  srtcp_malformed,
  malformed_rtp,
  malformed_rtcp,
  unknown_ssrc,
  unknown_payload_type,
  blocked_source,
  duplicate,
  too_old,
  padding_only,
  malformed_rtx,
  send_failed,
  index_reused,
  pacer_full,
  pacer_expired,
  events_overflow,
  hand_over_overflow,
  receive_buffer,
  stream_closed,
  transport_closed,
  not_connected,
  layers_unknown,
  repair_limited,
  rtcp_limited,
  count,
};

[[nodiscard]] inline const char* drop_name(Drop reason) {
  static constexpr std::array<const char*, static_cast<size_t>(Drop::count)> kNames = {
      "too-long",
      "tcp-rejected",
      "tcp-broken",
      "tcp-backlog",
      "unknown-protocol",
      "malformed-stun",
      "unknown-ufrag",
      "unknown-transaction",
      "stun-rejected",
      "rate-limited",
      "unknown-source-address",
      "dtls-unexpected",
      "no-srtp-keys",
      "srtp-auth",
      "srtp-replay",
      "srtp-malformed",
      "srtcp-auth",
      "srtcp-replay",
      "srtcp-malformed",
      "malformed-rtp",
      "malformed-rtcp",
      "unknown-ssrc",
      "unknown-payload-type",
      "blocked-source",
      "duplicate",
      "too-old",
      "padding-only",
      "malformed-rtx",
      "send-failed",
      "srtp-index-reused",
      "pacer-full",
      "pacer-expired",
      "events-overflow",
      "hand-over-overflow",
      "receive-buffer",
      "tcp-closed",
      "transport-closed",
      "not-connected",
      "layers-unknown",
      "repair-limited",
      "rtcp-limited",
  };
  return kNames[static_cast<size_t>(reason)];
}

struct DropCounters {
  std::array<uint64_t, static_cast<size_t>(Drop::count)> by_reason{};
  void add(Drop reason, uint64_t times = 1) { by_reason[static_cast<size_t>(reason)] += times; }
};

}  // namespace parley
