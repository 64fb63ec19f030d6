// One prepared cipher for SRTP or SRTCP of one direction: the transforms on whole packets, given the packet index.
// Knows nothing of streams, replay or rollover. Internal to srtp.cc.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <optional>

#include "hmac_sha1.h"
#include "srtp.h"

namespace parley {

enum class CipherDirection : uint8_t { Encrypt, Decrypt };

class SrtpCipher {
 public:
  /// nullptr when sizes are wrong or the library refuses.
  static std::unique_ptr<SrtpCipher> create(SrtpProfile profile, CipherDirection direction, ByteSpan key, ByteSpan salt,
                                            ByteSpan auth_key);
  ~SrtpCipher();

  /// `slot`: header and prefix in place, payload copied in encrypted behind them. Size, or 0 on a library failure. The
  /// caller has checked that all of it and the tag fit.
  size_t seal_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload, uint32_t ssrc,
                  uint64_t index);
  /// Size of the plain packet; nullopt when it is not authentic. The caller has checked that header and tag fit.
  std::optional<size_t> open_rtp(MutableByteSpan packet, size_t header_bytes, uint32_t ssrc, uint64_t index);

  size_t seal_rtcp(MutableByteSpan packet, size_t size, uint32_t ssrc, uint32_t index);
  struct OpenedRtcp {
    size_t size;
    bool encrypted;
  };
  std::optional<OpenedRtcp> open_rtcp(MutableByteSpan packet, uint32_t ssrc, uint32_t index_and_e);

 private:
  using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
  SrtpCipher(const SrtpProfileInfo& info, CipherContext context);
  bool set_iv(uint32_t ssrc, uint64_t index, bool rtcp);
  bool update(uint8_t* out, ByteSpan in);
  bool authenticate_only(ByteSpan associated);
  bool finish_and_tag(uint8_t* tag);
  bool check_tag(const uint8_t* tag);

  const SrtpProfileInfo& info_;
  CipherContext context_;
  uint8_t salt_[14] = {};
  std::optional<HmacSha1> mac_;
};

}  // namespace parley
