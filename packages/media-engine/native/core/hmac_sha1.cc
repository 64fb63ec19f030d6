#include "hmac_sha1.h"

#include <openssl/crypto.h>

namespace parley {

HmacSha1::HmacSha1(ByteSpan key) {
  uint8_t block[SHA_CBLOCK] = {};
  if (key.size() > sizeof block) {
    SHA1(key.data(), key.size(), block);
  } else if (!key.empty()) {
    std::memcpy(block, key.data(), key.size());
  }
  for (uint8_t& b : block) b ^= 0x36;
  SHA1_Init(&inner_);
  SHA1_Update(&inner_, block, sizeof block);
  for (uint8_t& b : block) b ^= 0x36 ^ 0x5c;
  SHA1_Init(&outer_);
  SHA1_Update(&outer_, block, sizeof block);
  OPENSSL_cleanse(block, sizeof block);
}

HmacSha1::~HmacSha1() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

Sha1Digest HmacSha1::sign(ByteSpan a, ByteSpan b, ByteSpan c) const {
  Sha1Digest digest;
  SHA_CTX context = inner_;
  SHA1_Update(&context, a.data(), a.size());
  if (!b.empty()) SHA1_Update(&context, b.data(), b.size());
  if (!c.empty()) SHA1_Update(&context, c.data(), c.size());
  SHA1_Final(digest.data(), &context);
  context = outer_;
  SHA1_Update(&context, digest.data(), digest.size());
  SHA1_Final(digest.data(), &context);
  return digest;
}

}  // namespace parley
