// Streams, indices and replay around SrtpCipher's transforms.
#include "srtp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "rtp.h"
#include "srtp_cipher.h"

namespace parley {

namespace {

constexpr size_t kRtcpMinimum = 8;
constexpr size_t kRtcpTrailer = 4;

constexpr SrtpProfileInfo kCm80 = {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, false};
constexpr SrtpProfileInfo kGcm128 = {"AEAD_AES_128_GCM", 16, 12, 16, true};
constexpr SrtpProfileInfo kGcm256 = {"AEAD_AES_256_GCM", 32, 12, 16, true};

// Up to the payload, extensions included; 0 when it is not RTP or leaves the packet.
size_t rtp_header_size(ByteSpan packet) {
  if (packet.size() < kRtpHeaderSize || (packet[0] >> 6) != 2) return 0;
  size_t size = kRtpHeaderSize + size_t{4} * (packet[0] & 0x0F);
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < size + 4) return 0;
    size += 4 + size_t{4} * load_u16(packet.data() + size + 2);
  }
  return size <= packet.size() ? size : 0;
}

// RFC 3711 §4.3.1 with key derivation rate 0: AES in counter mode over zeros, IV = (salt ⊕ label · 2^48) · 2^16. A
// 96-bit salt is padded on the right (RFC 7714 §11).
bool derive_key(ByteSpan master_key, ByteSpan master_salt, uint8_t label, size_t size, std::vector<uint8_t>& out) {
  uint8_t iv[16] = {};
  std::memcpy(iv, master_salt.data(), master_salt.size());
  iv[7] = static_cast<uint8_t>(iv[7] ^ label);
  const std::vector<uint8_t> zeros(size, 0);
  out.assign(size, 0);
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const EVP_CIPHER* cipher = master_key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  int n = 0;
  return context && EVP_EncryptInit_ex(context.get(), cipher, nullptr, master_key.data(), iv) == 1 &&
         EVP_EncryptUpdate(context.get(), out.data(), &n, zeros.data(), static_cast<int>(size)) == 1;
}

size_t slot_of(uint32_t ssrc, size_t capacity) {
  // Keys come from authenticated peers only, so a fixed mix is enough.
  return static_cast<size_t>((uint64_t{ssrc} * 0x9E3779B97F4A7C15u) >> 32) & (capacity - 1);
}

}  // namespace

const SrtpProfileInfo& srtp_profile_info(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::AeadAes128Gcm: return kGcm128;
    case SrtpProfile::AeadAes256Gcm: return kGcm256;
    case SrtpProfile::Aes128CmSha1_80: break;
  }
  return kCm80;
}

std::optional<SrtpProfile> srtp_profile_from_id(uint16_t id) {
  switch (id) {
    case 0x0001: return SrtpProfile::Aes128CmSha1_80;
    case 0x0007: return SrtpProfile::AeadAes128Gcm;
    case 0x0008: return SrtpProfile::AeadAes256Gcm;
    default: return std::nullopt;
  }
}

const char* srtp_error_name(SrtpError error) {
  switch (error) {
    case SrtpError::None: return "none";
    case SrtpError::Malformed: return "srtp-malformed";
    case SrtpError::AuthFailed: return "srtp-auth";
    case SrtpError::Replayed: return "srtp-replay";
    case SrtpError::TooOld: return "srtp-too-old";
    case SrtpError::Unencrypted: return "srtcp-unencrypted";
  }
  return "unknown";
}

SrtpSessionKeys::~SrtpSessionKeys() {
  for (auto* key : {&rtp_key, &rtp_salt, &rtp_auth, &rtcp_key, &rtcp_salt, &rtcp_auth}) {
    OPENSSL_cleanse(key->data(), key->size());
  }
}

std::optional<SrtpSessionKeys> SrtpSessionKeys::derive(SrtpProfile profile, ByteSpan master_key, ByteSpan master_salt) {
  const SrtpProfileInfo& info = srtp_profile_info(profile);
  if (master_key.size() != info.key_bytes || master_salt.size() != info.salt_bytes) return std::nullopt;
  const size_t auth_bytes = info.aead ? 0 : 20;
  SrtpSessionKeys keys;
  const auto derive = [&](uint8_t label, size_t size, std::vector<uint8_t>& out) {
    return size == 0 || derive_key(master_key, master_salt, label, size, out);
  };
  const bool ok = derive(0, info.key_bytes, keys.rtp_key) && derive(1, auth_bytes, keys.rtp_auth) &&
                  derive(2, info.salt_bytes, keys.rtp_salt) && derive(3, info.key_bytes, keys.rtcp_key) &&
                  derive(4, auth_bytes, keys.rtcp_auth) && derive(5, info.salt_bytes, keys.rtcp_salt);
  if (!ok) return std::nullopt;
  return keys;
}

std::optional<uint64_t> srtp_guess_index(uint64_t highest, uint16_t sequence_number) {
  const auto ahead = static_cast<int16_t>(static_cast<uint16_t>(sequence_number - static_cast<uint16_t>(highest)));
  if (ahead < 0 && highest < static_cast<uint64_t>(-int64_t{ahead})) return std::nullopt;
  return highest + static_cast<uint64_t>(int64_t{ahead});
}

SrtpSender::SrtpSender(SrtpProfile profile, std::unique_ptr<SrtpCipher> rtp, std::unique_ptr<SrtpCipher> rtcp)
    : profile_(profile), rtp_(std::move(rtp)), rtcp_(std::move(rtcp)) {}
SrtpSender::~SrtpSender() = default;

std::unique_ptr<SrtpSender> SrtpSender::create(SrtpProfile profile, ByteSpan master_key, ByteSpan master_salt) {
  const auto keys = SrtpSessionKeys::derive(profile, master_key, master_salt);
  return keys ? from_session_keys(profile, *keys) : nullptr;
}

std::unique_ptr<SrtpSender> SrtpSender::from_session_keys(SrtpProfile profile, const SrtpSessionKeys& keys) {
  auto rtp = SrtpCipher::create(profile, CipherDirection::Encrypt, keys.rtp_key, keys.rtp_salt, keys.rtp_auth);
  auto rtcp = SrtpCipher::create(profile, CipherDirection::Encrypt, keys.rtcp_key, keys.rtcp_salt, keys.rtcp_auth);
  if (!rtp || !rtcp) return nullptr;
  return std::unique_ptr<SrtpSender>(new SrtpSender(profile, std::move(rtp), std::move(rtcp)));
}

size_t SrtpSender::protect_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload,
                               uint64_t index) {
  const size_t tag = srtp_profile_info(profile_).tag_bytes;
  if (header_bytes < kRtpHeaderSize || slot.size() < header_bytes + prefix_bytes + payload.size() + tag) return 0;
  if ((slot[0] >> 6) != 2 || load_u16(slot.data() + 2) != static_cast<uint16_t>(index)) return 0;
  // RFC 3711 §9.2: at most 2^48 packets of an SSRC under one key.
  if (index >> 48 != 0) return 0;
  return rtp_->seal_rtp(slot, header_bytes, prefix_bytes, payload, load_u32(slot.data() + 8), index);
}

size_t SrtpSender::protect_rtcp(MutableByteSpan packet, size_t size) {
  const size_t tag = srtp_profile_info(profile_).tag_bytes;
  if (size < kRtcpMinimum || packet.size() < size + kRtcpTrailer + tag) return 0;
  const uint32_t index = rtcp_index_;
  // RFC 3711 §9.2: at most 2^31 packets under one key; at fifty a second that is more than a year.
  if (index > 0x7FFFFFFFu) return 0;
  rtcp_index_++;
  return rtcp_->seal_rtcp(packet, size, load_u32(packet.data() + 4), index);
}

SrtpReceiver::SrtpReceiver(SrtpProfile profile, std::unique_ptr<SrtpCipher> rtp, std::unique_ptr<SrtpCipher> rtcp,
                           size_t max_ssrcs)
    : profile_(profile), rtp_(std::move(rtp)), rtcp_(std::move(rtcp)), max_ssrcs_(max_ssrcs), table_(8) {}
SrtpReceiver::~SrtpReceiver() = default;

std::unique_ptr<SrtpReceiver> SrtpReceiver::create(SrtpProfile profile, ByteSpan master_key, ByteSpan master_salt,
                                                   size_t max_ssrcs) {
  const auto keys = SrtpSessionKeys::derive(profile, master_key, master_salt);
  return keys ? from_session_keys(profile, *keys, max_ssrcs) : nullptr;
}

std::unique_ptr<SrtpReceiver> SrtpReceiver::from_session_keys(SrtpProfile profile, const SrtpSessionKeys& keys,
                                                              size_t max_ssrcs) {
  auto rtp = SrtpCipher::create(profile, CipherDirection::Decrypt, keys.rtp_key, keys.rtp_salt, keys.rtp_auth);
  auto rtcp = SrtpCipher::create(profile, CipherDirection::Decrypt, keys.rtcp_key, keys.rtcp_salt, keys.rtcp_auth);
  if (!rtp || !rtcp) return nullptr;
  return std::unique_ptr<SrtpReceiver>(new SrtpReceiver(profile, std::move(rtp), std::move(rtcp), max_ssrcs));
}

SrtpResult SrtpReceiver::unprotect_rtp(MutableByteSpan packet) {
  const size_t tag = srtp_profile_info(profile_).tag_bytes;
  const size_t header = rtp_header_size(packet);
  if (header == 0 || packet.size() < header + tag) return {SrtpError::Malformed};
  const uint32_t ssrc = load_u32(packet.data() + 8);
  const uint16_t sequence_number = load_u16(packet.data() + 2);

  Stream* stream = find(ssrc);
  uint64_t index = sequence_number;
  if (stream != nullptr && !stream->rtp.empty()) {
    const auto guess = srtp_guess_index(stream->rtp.highest(), sequence_number);
    if (!guess) return {SrtpError::TooOld};
    index = *guess;
    if (const SrtpError error = stream->rtp.check(index); error != SrtpError::None) return {error};
  }
  const auto size = rtp_->open_rtp(packet, header, ssrc, index);
  if (!size) return {SrtpError::AuthFailed};
  if (stream == nullptr) stream = insert(ssrc);
  stream->last_use = ++uses_;
  stream->rtp.accept(index);
  return {SrtpError::None, *size, index};
}

SrtpResult SrtpReceiver::unprotect_rtcp(MutableByteSpan packet) {
  const SrtpProfileInfo& info = srtp_profile_info(profile_);
  if (packet.size() < kRtcpMinimum + kRtcpTrailer + info.tag_bytes || (packet[0] >> 6) != 2) {
    return {SrtpError::Malformed};
  }
  const uint32_t ssrc = load_u32(packet.data() + 4);
  const size_t trailer_at = packet.size() - kRtcpTrailer - (info.aead ? 0 : info.tag_bytes);
  const uint32_t index_and_e = load_u32(packet.data() + trailer_at);
  const uint32_t index = index_and_e & 0x7FFFFFFFu;

  Stream* stream = find(ssrc);
  if (stream != nullptr) {
    if (const SrtpError error = stream->rtcp.check(index); error != SrtpError::None) return {error};
  }
  const auto opened = rtcp_->open_rtcp(packet, ssrc, index_and_e);
  if (!opened) return {SrtpError::AuthFailed};
  if (stream == nullptr) stream = insert(ssrc);
  stream->last_use = ++uses_;
  stream->rtcp.accept(index);
  // The profiles of DTLS-SRTP ask for encryption, so a packet in clear was not made by an honest peer.
  if (!opened->encrypted) return {SrtpError::Unencrypted};
  return {SrtpError::None, opened->size, index};
}

SrtpReceiver::Stream* SrtpReceiver::find(uint32_t ssrc) {
  for (size_t i = slot_of(ssrc, table_.size());; i = (i + 1) & (table_.size() - 1)) {
    if (!table_[i].used) return nullptr;
    if (table_[i].ssrc == ssrc) return &table_[i];
  }
}

SrtpReceiver::Stream* SrtpReceiver::insert(uint32_t ssrc) {
  if (used_ >= max_ssrcs_) forget_oldest_half();
  // Never more than half full, so probing stays short and `find` always meets a free slot.
  if ((used_ + 1) * 2 > table_.size()) rehash(table_.size() * 2);
  size_t i = slot_of(ssrc, table_.size());
  while (table_[i].used) i = (i + 1) & (table_.size() - 1);
  table_[i] = Stream{};
  table_[i].ssrc = ssrc;
  table_[i].used = true;
  used_++;
  return &table_[i];
}

void SrtpReceiver::rehash(size_t capacity) {
  std::vector<Stream> old(capacity);
  old.swap(table_);
  for (const Stream& stream : old) {
    if (!stream.used) continue;
    size_t i = slot_of(stream.ssrc, table_.size());
    while (table_[i].used) i = (i + 1) & (table_.size() - 1);
    table_[i] = stream;
  }
}

// Half at once, so that a peer with ever new SSRCs costs little for each.
void SrtpReceiver::forget_oldest_half() {
  std::vector<uint64_t> uses;
  for (const Stream& stream : table_) {
    if (stream.used) uses.push_back(stream.last_use);
  }
  const auto middle = uses.begin() + static_cast<std::ptrdiff_t>(uses.size() / 2);
  std::nth_element(uses.begin(), middle, uses.end());
  const uint64_t kept_from = uses.empty() || uses.size() == 1 ? UINT64_MAX : *middle;
  for (Stream& stream : table_) {
    if (!stream.used || stream.last_use >= kept_from) continue;
    stream = Stream{};
    used_--;
  }
  rehash(table_.size());
}

void SrtpReceiver::forget_ssrc(uint32_t ssrc) {
  Stream* stream = find(ssrc);
  if (stream == nullptr) return;
  *stream = Stream{};
  used_--;
  // Rare, and the table is small: placing everything anew closes the hole in the probe sequence.
  rehash(table_.size());
}

}  // namespace parley
