// SRTP and SRTCP (RFC 3711 AES_CM_128_HMAC_SHA1_80, RFC 7714 AEAD_AES_128_GCM and AEAD_AES_256_GCM) over OpenSSL's EVP.
// One sender and one receiver context per direction of a transport, each with its cipher prepared once; a packet only
// sets the IV.
//
//   SRTP   | RTP header, CSRCs, extensions | encrypted payload | tag |
//   SRTCP  | 8 bytes | encrypted rest | [tag, GCM] | E, index (4) | [tag, CM] |
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bytes.h"

namespace parley {

/// Values are the DTLS-SRTP protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum class SrtpProfile : uint16_t { Aes128CmSha1_80 = 0x0001, AeadAes128Gcm = 0x0007, AeadAes256Gcm = 0x0008 };

struct SrtpProfileInfo {
  const char* name;  // as IANA writes it: `AES_CM_128_HMAC_SHA1_80` …
  size_t key_bytes;
  size_t salt_bytes;
  size_t tag_bytes;  // of SRTP and of SRTCP alike
  bool aead;
};
[[nodiscard]] const SrtpProfileInfo& srtp_profile_info(SrtpProfile profile);
[[nodiscard]] std::optional<SrtpProfile> srtp_profile_from_id(uint16_t id);

/// Most bytes that protection adds to a packet, whatever the profile: RTP a tag, RTCP a tag and the index.
inline constexpr size_t kSrtpMaxOverhead = 16;
inline constexpr size_t kSrtcpMaxOverhead = 20;

enum class SrtpError : uint8_t {
  None,
  Malformed,  // too short, or not RTP/RTCP
  AuthFailed,
  Replayed,
  TooOld,       // left of the replay window
  Unencrypted,  // SRTCP with E = 0: authentic, but no peer of ours may send it
};
[[nodiscard]] const char* srtp_error_name(SrtpError error);

/// Keys of one direction. `derive` runs the key derivation of RFC 3711 §4.3 (derivation rate 0).
struct SrtpSessionKeys {
  std::vector<uint8_t> rtp_key, rtp_salt, rtp_auth;  // auth is empty for AEAD
  std::vector<uint8_t> rtcp_key, rtcp_salt, rtcp_auth;

  SrtpSessionKeys() = default;
  SrtpSessionKeys(const SrtpSessionKeys&) = default;
  SrtpSessionKeys(SrtpSessionKeys&&) = default;
  SrtpSessionKeys& operator=(const SrtpSessionKeys&) = delete;
  SrtpSessionKeys& operator=(SrtpSessionKeys&&) = delete;
  /// Overwrites them: memory that is free again may be read by whoever finds the next hole.
  ~SrtpSessionKeys();

  /// nullopt when key or salt do not have the profile's size.
  [[nodiscard]] static std::optional<SrtpSessionKeys> derive(SrtpProfile profile, ByteSpan master_key,
                                                             ByteSpan master_salt);
};

/// RTP packet index (RFC 3711 §3.3.1) of 48 bits: rollover counter and sequence number.
inline uint64_t srtp_index(uint32_t rollover_counter, uint16_t sequence_number) {
  return (uint64_t{rollover_counter} << 16) | sequence_number;
}
/// The index nearest to `highest` whose low 16 bits are `sequence_number`; nullopt when it would be negative.
[[nodiscard]] std::optional<uint64_t> srtp_guess_index(uint64_t highest, uint16_t sequence_number);

/// Sliding window over packet indices (RFC 3711 §3.3.2). `kBits` is a multiple of 64.
template <uint64_t kBits>
class BasicReplayWindow {
 public:
  static constexpr uint64_t kSize = kBits;
  [[nodiscard]] SrtpError check(uint64_t index) const {
    if (!any_ || index > highest_) return SrtpError::None;
    if (highest_ - index >= kSize) return SrtpError::TooOld;
    const uint64_t bit = index % kSize;
    return ((bits_[bit / 64] >> (bit % 64)) & 1) != 0 ? SrtpError::Replayed : SrtpError::None;
  }
  /// Call only after authentication.
  void accept(uint64_t index) {
    if (!any_ || index > highest_) {
      const uint64_t ahead = any_ ? index - highest_ : kSize;
      if (ahead >= kSize) {
        for (uint64_t& word : bits_) word = 0;
      } else {
        for (uint64_t i = highest_ + 1; i < index; i++) bits_[i % kSize / 64] &= ~(uint64_t{1} << (i % 64));
      }
      highest_ = index;
      any_ = true;
    }
    const uint64_t bit = index % kSize;
    bits_[bit / 64] |= uint64_t{1} << (bit % 64);
  }
  [[nodiscard]] bool empty() const { return !any_; }
  [[nodiscard]] uint64_t highest() const { return highest_; }

 private:
  uint64_t bits_[kSize / 64] = {};  // ring: bit index % kSize
  uint64_t highest_ = 0;
  bool any_ = false;
};
using ReplayWindow = BasicReplayWindow<256>;

class SrtpCipher;  // one prepared cipher with its salt and, for CM, its MAC; internal

/// What stands before packets leave: SRTP, or nothing (plain_rtp.h). The calls are explained at SrtpSender.
class RtpProtector {
 public:
  virtual ~RtpProtector() = default;
  [[nodiscard]] virtual size_t protect_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes,
                                           ByteSpan payload, uint64_t index) = 0;
  [[nodiscard]] virtual size_t protect_rtcp(MutableByteSpan packet, size_t size) = 0;
  /// As IANA writes it; empty = no protection.
  // In IANA's registry of DTLS-SRTP profiles; 0 = no protection.
  [[nodiscard]] virtual uint16_t profile_id() const = 0;
};

/// Thread: any one at a time.
class SrtpSender final : public RtpProtector {
 public:
  /// nullptr when the keys do not fit the profile or the library refuses them.
  [[nodiscard]] static std::unique_ptr<SrtpSender> create(SrtpProfile profile, ByteSpan master_key,
                                                          ByteSpan master_salt);
  [[nodiscard]] static std::unique_ptr<SrtpSender> from_session_keys(SrtpProfile profile, const SrtpSessionKeys& keys);
  ~SrtpSender() override;

  /// Encrypts straight into a send slot. `slot` already begins with the RTP header (`header_bytes`: fixed header, CSRCs
  /// and extensions) and `prefix_bytes` of payload written there (a rewritten VP8 descriptor, RTX's original sequence
  /// number); `payload` is the rest of the payload, anywhere, or in place right behind the prefix. Returns the
  /// protected packet's size, 0 when the slot is too small (payload plus 16 must fit) or the header is not RTP.
  ///
  /// `index` is the extended sequence number, its low 16 bits as in the header: the mapper of the forwarding path
  /// counts in 64 bits, so a retransmission of an old number gets the right rollover counter by itself. The first index
  /// of an SSRC must be below 65536 (better below 32768), since receivers begin with rollover counter 0.
  ///
  /// Never protect two different packets under one SSRC and index: with GCM that gives the key away. A retransmission
  /// under the original SSRC must be byte for byte the same packet; everything else goes by RTX with its own numbers.
  /// IndexLedger watches over that.
  [[nodiscard]] size_t protect_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload,
                                   uint64_t index) override;

  /// In place: `packet` holds `size` bytes of compound RTCP and room for kSrtcpMaxOverhead more. 0 when it does not
  /// fit. Counts the SRTCP index itself.
  [[nodiscard]] size_t protect_rtcp(MutableByteSpan packet, size_t size) override;
  /// For tests: the next SRTCP index.
  void set_rtcp_index(uint32_t index) { rtcp_index_ = index; }

  [[nodiscard]] SrtpProfile profile() const { return profile_; }
  [[nodiscard]] uint16_t profile_id() const override { return static_cast<uint16_t>(profile_); }

 private:
  SrtpSender(SrtpProfile profile, std::unique_ptr<SrtpCipher> rtp, std::unique_ptr<SrtpCipher> rtcp);
  SrtpProfile profile_;
  std::unique_ptr<SrtpCipher> rtp_, rtcp_;
  uint32_t rtcp_index_ = 1;
};

struct SrtpResult {
  SrtpError error = SrtpError::None;
  size_t size = 0;     // of the plain packet, which begins where the protected one did
  uint64_t index = 0;  // RTP: extended sequence number (48 bits), continuous over wraps
};

/// What stands before packets that come are used; explained at SrtpReceiver.
class RtpUnprotector {
 public:
  virtual ~RtpUnprotector() = default;
  [[nodiscard]] virtual SrtpResult unprotect_rtp(MutableByteSpan packet) = 0;
  [[nodiscard]] virtual SrtpResult unprotect_rtcp(MutableByteSpan packet) = 0;
};

/// Thread: any one at a time.
class SrtpReceiver final : public RtpUnprotector {
 public:
  [[nodiscard]] static std::unique_ptr<SrtpReceiver> create(SrtpProfile profile, ByteSpan master_key,
                                                            ByteSpan master_salt, size_t max_ssrcs = 256);
  [[nodiscard]] static std::unique_ptr<SrtpReceiver> from_session_keys(SrtpProfile profile, const SrtpSessionKeys& keys,
                                                                       size_t max_ssrcs = 256);
  ~SrtpReceiver() override;

  /// In place. On any error the packet's contents are to be thrown away. State is created and moved only by packets
  /// that authenticated. An SSRC beyond `max_ssrcs` takes the place of those that were silent for longest: a peer that
  /// shares its screen again and again has new ones each time, and nobody says when it is done with the old ones.
  [[nodiscard]] SrtpResult unprotect_rtp(MutableByteSpan packet) override;
  [[nodiscard]] SrtpResult unprotect_rtcp(MutableByteSpan packet) override;

  /// Forget a stream that the peer has signalled away, so that the table does not fill over a long session. Its old
  /// packets could be replayed afterwards, so only when the SSRC is no longer routed anywhere.
  void forget_ssrc(uint32_t ssrc);
  [[nodiscard]] size_t ssrc_count() const { return used_; }
  [[nodiscard]] SrtpProfile profile() const { return profile_; }

 private:
  // SSRCs in an open-addressing table that doubles up to `max_ssrcs_`; RTP and RTCP of one SSRC share the entry.
  struct Stream {
    uint32_t ssrc = 0;
    bool used = false;
    uint64_t last_use = 0;
    ReplayWindow rtp, rtcp;
  };
  SrtpReceiver(SrtpProfile profile, std::unique_ptr<SrtpCipher> rtp, std::unique_ptr<SrtpCipher> rtcp,
               size_t max_ssrcs);
  Stream* find(uint32_t ssrc);
  Stream* insert(uint32_t ssrc);
  void forget_oldest_half();
  void rehash(size_t capacity);

  SrtpProfile profile_;
  std::unique_ptr<SrtpCipher> rtp_, rtcp_;
  size_t max_ssrcs_;
  std::vector<Stream> table_;
  size_t used_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace parley
