#include "srtp_cipher.h"

#include <openssl/crypto.h>

namespace parley {

namespace {

constexpr size_t kRtcpClear = 8;  // header and SSRC of an SRTCP packet stay in clear
constexpr size_t kRtcpTrailer = 4;

const EVP_CIPHER* cipher_of(const SrtpProfileInfo& info) {
  if (!info.aead) return EVP_aes_128_ctr();
  return info.key_bytes == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

void xor_into(uint8_t* at, const uint8_t* value, size_t n) {
  for (size_t i = 0; i < n; i++) at[i] = static_cast<uint8_t>(at[i] ^ value[i]);
}

}  // namespace

SrtpCipher::SrtpCipher(const SrtpProfileInfo& info, CipherContext context)
    : info_(info), context_(std::move(context)) {}

SrtpCipher::~SrtpCipher() { OPENSSL_cleanse(salt_, sizeof salt_); }

std::unique_ptr<SrtpCipher> SrtpCipher::create(SrtpProfile profile, CipherDirection direction, ByteSpan key,
                                               ByteSpan salt, ByteSpan auth_key) {
  const SrtpProfileInfo& info = srtp_profile_info(profile);
  if (key.size() != info.key_bytes || salt.size() != info.salt_bytes || info.aead == !auth_key.empty()) return nullptr;
  CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (!context) return nullptr;
  const int encrypt = direction == CipherDirection::Encrypt ? 1 : 0;
  // Key and cipher once; every packet only sets the IV. GCM's default IV length is the 12 bytes we need.
  if (EVP_CipherInit_ex(context.get(), cipher_of(info), nullptr, key.data(), nullptr, encrypt) != 1) return nullptr;
  std::unique_ptr<SrtpCipher> cipher(new SrtpCipher(info, std::move(context)));
  std::memcpy(cipher->salt_, salt.data(), salt.size());
  if (!info.aead) cipher->mac_.emplace(auth_key);
  return cipher;
}

// GCM, RFC 7714 §8.1 and §9.1:   00 00 | SSRC | ROC | SEQ      ⊕ salt    (RTCP: 00 00 | SSRC | 00 00 | index)
// CM, RFC 3711 §4.1.1:           00 … | SSRC | index (48) | 00 00  ⊕ salt · 2^16
bool SrtpCipher::set_iv(uint32_t ssrc, uint64_t index, bool rtcp) {
  uint8_t iv[16] = {};
  if (info_.aead) {
    std::memcpy(iv, salt_, 12);
    uint8_t field[10];
    store_u32(field, ssrc);
    if (rtcp) {
      store_u16(field + 4, 0);
      store_u32(field + 6, static_cast<uint32_t>(index));
    } else {
      store_u32(field + 4, static_cast<uint32_t>(index >> 16));
      store_u16(field + 8, static_cast<uint16_t>(index));
    }
    xor_into(iv + 2, field, sizeof field);
  } else {
    std::memcpy(iv, salt_, 14);
    uint8_t field[10];
    store_u32(field, ssrc);
    store_u16(field + 4, static_cast<uint16_t>(index >> 32));
    store_u32(field + 6, static_cast<uint32_t>(index));
    xor_into(iv + 4, field, sizeof field);
  }
  return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, iv, -1) == 1;
}

bool SrtpCipher::update(uint8_t* out, ByteSpan in) {
  if (in.empty()) return true;
  int n = 0;
  return EVP_CipherUpdate(context_.get(), out, &n, in.data(), static_cast<int>(in.size())) == 1;
}

bool SrtpCipher::authenticate_only(ByteSpan associated) {
  int n = 0;
  return EVP_CipherUpdate(context_.get(), nullptr, &n, associated.data(), static_cast<int>(associated.size())) == 1;
}

bool SrtpCipher::finish_and_tag(uint8_t* tag) {
  uint8_t nothing[16];
  int n = 0;
  return EVP_CipherFinal_ex(context_.get(), nothing, &n) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(info_.tag_bytes), tag) == 1;
}

bool SrtpCipher::check_tag(const uint8_t* tag) {
  // The library takes a pointer to non-const and only reads.
  uint8_t copy[16];
  std::memcpy(copy, tag, info_.tag_bytes);
  uint8_t nothing[16];
  int n = 0;
  return EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(info_.tag_bytes), copy) == 1 &&
         EVP_CipherFinal_ex(context_.get(), nothing, &n) == 1;
}

size_t SrtpCipher::seal_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload,
                            uint32_t ssrc, uint64_t index) {
  uint8_t* prefix = slot.data() + header_bytes;
  uint8_t* body = prefix + prefix_bytes;
  const size_t size = header_bytes + prefix_bytes + payload.size();
  if (!set_iv(ssrc, index, false)) return 0;
  if (info_.aead && !authenticate_only(slot.first(header_bytes))) return 0;
  if (!update(prefix, ByteSpan(prefix, prefix_bytes)) || !update(body, payload)) return 0;
  if (info_.aead) {
    if (!finish_and_tag(slot.data() + size)) return 0;
  } else {
    uint8_t roc[4];
    store_u32(roc, static_cast<uint32_t>(index >> 16));
    const Sha1Digest digest = mac_->sign(slot.first(size), roc);
    std::memcpy(slot.data() + size, digest.data(), info_.tag_bytes);
  }
  return size + info_.tag_bytes;
}

std::optional<size_t> SrtpCipher::open_rtp(MutableByteSpan packet, size_t header_bytes, uint32_t ssrc, uint64_t index) {
  const size_t size = packet.size() - info_.tag_bytes;
  const uint8_t* tag = packet.data() + size;
  uint8_t* body = packet.data() + header_bytes;
  const ByteSpan encrypted(body, size - header_bytes);
  if (info_.aead) {
    if (!set_iv(ssrc, index, false) || !authenticate_only(packet.first(header_bytes)) || !update(body, encrypted) ||
        !check_tag(tag)) {
      return std::nullopt;
    }
    return size;
  }
  uint8_t roc[4];
  store_u32(roc, static_cast<uint32_t>(index >> 16));
  const Sha1Digest digest = mac_->sign(packet.first(size), roc);
  if (CRYPTO_memcmp(digest.data(), tag, info_.tag_bytes) != 0) return std::nullopt;
  if (!set_iv(ssrc, index, false) || !update(body, encrypted)) return std::nullopt;
  return size;
}

size_t SrtpCipher::seal_rtcp(MutableByteSpan packet, size_t size, uint32_t ssrc, uint32_t index) {
  uint8_t* body = packet.data() + kRtcpClear;
  uint8_t trailer[kRtcpTrailer];
  store_u32(trailer, 0x80000000u | index);
  if (!set_iv(ssrc, index, true)) return 0;
  if (info_.aead && (!authenticate_only(packet.first(kRtcpClear)) || !authenticate_only(trailer))) return 0;
  if (!update(body, ByteSpan(body, size - kRtcpClear))) return 0;
  if (info_.aead) {
    if (!finish_and_tag(packet.data() + size)) return 0;
    std::memcpy(packet.data() + size + info_.tag_bytes, trailer, sizeof trailer);
  } else {
    std::memcpy(packet.data() + size, trailer, sizeof trailer);
    const Sha1Digest digest = mac_->sign(packet.first(size + sizeof trailer));
    std::memcpy(packet.data() + size + sizeof trailer, digest.data(), info_.tag_bytes);
  }
  return size + sizeof trailer + info_.tag_bytes;
}

std::optional<SrtpCipher::OpenedRtcp> SrtpCipher::open_rtcp(MutableByteSpan packet, uint32_t ssrc,
                                                            uint32_t index_and_e) {
  const bool encrypted = (index_and_e & 0x80000000u) != 0;
  const uint32_t index = index_and_e & 0x7FFFFFFFu;
  const size_t size = packet.size() - kRtcpTrailer - info_.tag_bytes;
  uint8_t* body = packet.data() + kRtcpClear;
  const ByteSpan rest(body, size - kRtcpClear);
  if (info_.aead) {
    uint8_t trailer[kRtcpTrailer];
    store_u32(trailer, index_and_e);
    if (!set_iv(ssrc, index, true) || !authenticate_only(packet.first(kRtcpClear))) return std::nullopt;
    // RFC 7714 §17.3: a packet in clear is associated data as a whole.
    if (!encrypted && !rest.empty() && !authenticate_only(rest)) return std::nullopt;
    if (!authenticate_only(trailer)) return std::nullopt;
    if (encrypted && !update(body, rest)) return std::nullopt;
    if (!check_tag(packet.data() + size)) return std::nullopt;
    return OpenedRtcp{size, encrypted};
  }
  const Sha1Digest digest = mac_->sign(packet.first(size + kRtcpTrailer));
  if (CRYPTO_memcmp(digest.data(), packet.data() + size + kRtcpTrailer, info_.tag_bytes) != 0) return std::nullopt;
  if (encrypted && (!set_iv(ssrc, index, true) || !update(body, rest))) return std::nullopt;
  return OpenedRtcp{size, encrypted};
}

}  // namespace parley
