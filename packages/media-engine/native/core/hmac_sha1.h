// HMAC-SHA1 (RFC 2104) with the key's two padded blocks hashed once, so that a packet costs two SHA-1 runs and no
// allocation. STUN and SRTP's counter-mode profile use it.
#pragma once

// The one-shot and context interfaces of newer OpenSSL cost several times the hash itself on short messages.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>

#include "bytes.h"

namespace parley {

using Sha1Digest = std::array<uint8_t, SHA_DIGEST_LENGTH>;

class HmacSha1 {
 public:
  /// Keys of any length.
  explicit HmacSha1(ByteSpan key);
  HmacSha1(const HmacSha1&) = default;
  HmacSha1& operator=(const HmacSha1&) = default;
  ~HmacSha1();

  /// Over the concatenation of up to three parts.
  [[nodiscard]] Sha1Digest sign(ByteSpan a, ByteSpan b = {}, ByteSpan c = {}) const;

 private:
  SHA_CTX inner_;
  SHA_CTX outer_;
};

}  // namespace parley
