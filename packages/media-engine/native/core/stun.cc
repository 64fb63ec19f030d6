// Parsing walks the attributes once. Only the attributes that ICE uses are looked at; others are skipped, and unknown
// comprehension-required ones are remembered for the 420 answer.
#include "stun.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "hmac_sha1.h"

namespace parley {

namespace {

enum Attribute : uint16_t {
  kMappedAddress = 0x0001,
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000A,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kSoftware = 0x8022,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802A,
};

constexpr uint32_t kFingerprintXor = 0x5354554e;
constexpr size_t kIntegritySize = 20;
// RFC 8489 §14.3: less than 513 bytes.
constexpr size_t kMaxUsername = 512;

constexpr size_t padded(size_t n) { return (n + 3) & ~size_t{3}; }

bool looks_like_stun(ByteSpan packet) {
  return packet.size() >= kStunHeaderSize && (packet[0] & 0xC0) == 0 && load_u32(packet.data() + 4) == kStunMagicCookie;
}

// Type field: 14 bits, the class in bits 4 and 8 (RFC 8489 §5).
uint16_t type_field(StunClass message_class, uint16_t method) {
  const auto c = static_cast<unsigned>(message_class);
  const unsigned m = method;
  return static_cast<uint16_t>((m & 0xF) | ((c & 1) << 4) | ((m & 0x70) << 1) | ((c & 2) << 7) | ((m & 0xF80) << 2));
}
StunClass class_of(uint16_t type) { return static_cast<StunClass>(((type >> 4) & 1) | ((type >> 7) & 2)); }
uint16_t method_of(uint16_t type) {
  return static_cast<uint16_t>((type & 0xF) | ((type >> 1) & 0x70) | ((type >> 2) & 0xF80));
}

// XOR with the cookie and the transaction id, which follow each other in the header (RFC 8489 §14.2); `mask` is null
// for the plain MAPPED-ADDRESS.
std::optional<SocketAddress> read_address(ByteSpan value, const uint8_t* mask) {
  if (value.size() < 4) return std::nullopt;
  const uint8_t family = value[1];
  const size_t length = family == 1 ? 4 : family == 2 ? 16 : 0;
  if (length == 0 || value.size() != 4 + length) return std::nullopt;
  uint16_t port = load_u16(value.data() + 2);
  uint8_t ip[16];
  std::memcpy(ip, value.data() + 4, length);
  if (mask != nullptr) {
    port = static_cast<uint16_t>(port ^ load_u16(mask));
    for (size_t i = 0; i < length; i++) ip[i] = static_cast<uint8_t>(ip[i] ^ mask[i]);
  }
  return family == 1 ? SocketAddress::from_v4(ip, port) : SocketAddress::from_v6(ip, port);
}

// False when the attribute's size is wrong for its type.
bool read_attribute(uint16_t type, ByteSpan value, size_t offset, StunMessage& m) {
  switch (type) {
    case kUsername:
      if (value.size() > kMaxUsername) return false;
      if (!m.username) m.username = as_text(value);
      return true;
    case kMessageIntegrity:
      if (value.size() != kIntegritySize) return false;
      m.integrity_offset = offset;
      return true;
    case kErrorCode:
      if (value.size() < 4) return false;
      m.error_code = static_cast<uint16_t>((value[2] & 7) * 100 + value[3]);
      m.error_reason = as_text(value.from(4));
      return true;
    case kXorMappedAddress:
      m.mapped_address = read_address(value, m.packet.data() + 4);
      return m.mapped_address.has_value();
    case kMappedAddress: {
      const auto address = read_address(value, nullptr);
      if (address && !m.mapped_address) m.mapped_address = address;
      return address.has_value();
    }
    case kPriority:
      if (value.size() != 4) return false;
      m.priority = load_u32(value.data());
      return true;
    case kUseCandidate: m.use_candidate = true; return value.empty();
    case kIceControlling:
      if (value.size() != 8) return false;
      m.ice_controlling = load_u64(value.data());
      return true;
    case kIceControlled:
      if (value.size() != 8) return false;
      m.ice_controlled = load_u64(value.data());
      return true;
    case kUnknownAttributes:
    case kRealm:
    case kNonce: return true;
    default:
      if (type < 0x8000 && !m.unknown_required) m.unknown_required = type;
      return true;
  }
}

}  // namespace

StunParseError stun_parse(ByteSpan packet, StunMessage& message) {
  message = StunMessage{};
  if (packet.size() < kStunHeaderSize) return StunParseError::TooShort;
  if (packet.size() > kStunMaxSize) return StunParseError::TooLong;
  if (!looks_like_stun(packet)) return StunParseError::NotStun;
  const size_t length = load_u16(packet.data() + 2);
  if (length % 4 != 0 || kStunHeaderSize + length != packet.size()) return StunParseError::BadLength;

  message.packet = packet;
  const uint16_t type = load_u16(packet.data());
  message.message_class = class_of(type);
  message.method = method_of(type);
  std::memcpy(message.transaction_id.data(), packet.data() + 8, message.transaction_id.size());

  Reader reader(packet);
  reader.skip(kStunHeaderSize);
  for (size_t count = 0; reader.remaining() > 0; count++) {
    if (count == kStunMaxAttributes) return StunParseError::TooManyAttributes;
    const size_t offset = reader.position();
    const uint16_t attribute = reader.u16();
    const size_t size = reader.u16();
    const ByteSpan value = reader.bytes(size);
    reader.skip(padded(size) - size);
    if (!reader.ok()) return StunParseError::BadAttribute;
    if (attribute == kFingerprint) {
      if (size != 4 || reader.remaining() != 0) return StunParseError::BadFingerprint;
      if (load_u32(value.data()) != (crc32_ieee(packet.first(offset)) ^ kFingerprintXor)) {
        return StunParseError::BadFingerprint;
      }
      message.has_fingerprint = true;
      continue;
    }
    // What follows the integrity is not covered by it and must not be believed.
    if (message.integrity_offset != 0) continue;
    if (!read_attribute(attribute, value, offset, message)) return StunParseError::BadAttribute;
  }
  return StunParseError::None;
}

bool stun_check_integrity(const StunMessage& message, ByteSpan key) {
  const size_t offset = message.integrity_offset;
  if (offset < kStunHeaderSize || offset + 4 + kIntegritySize > message.packet.size()) return false;
  // The length counts up to and with MESSAGE-INTEGRITY, whatever follows it (RFC 8489 §14.5).
  uint8_t start[4];
  std::memcpy(start, message.packet.data(), 2);
  store_u16(start + 2, static_cast<uint16_t>(offset + 4 + kIntegritySize - kStunHeaderSize));
  const Sha1Digest digest = HmacSha1(key).sign(ByteSpan(start), message.packet.first(offset).from(4));
  return CRYPTO_memcmp(digest.data(), message.packet.data() + offset + 4, digest.size()) == 0;
}

std::optional<std::string_view> stun_peek_username(ByteSpan packet) {
  if (!looks_like_stun(packet) || packet.size() > kStunMaxSize) return std::nullopt;
  Reader reader(packet);
  reader.skip(kStunHeaderSize);
  for (size_t count = 0; reader.remaining() > 0 && count < kStunMaxAttributes; count++) {
    const uint16_t type = reader.u16();
    const size_t size = reader.u16();
    const ByteSpan value = reader.bytes(size);
    if (!reader.ok()) return std::nullopt;
    if (type == kUsername) return size > kMaxUsername ? std::nullopt : std::optional(as_text(value));
    reader.skip(padded(size) - size);
  }
  return std::nullopt;
}

std::string_view stun_username_local_part(std::string_view username) { return username.substr(0, username.find(':')); }

std::string_view stun_username_remote_part(std::string_view username) {
  const size_t colon = username.find(':');
  return colon == std::string_view::npos ? std::string_view() : username.substr(colon + 1);
}

std::optional<StunClass> stun_peek_class(ByteSpan packet) {
  if (!looks_like_stun(packet)) return std::nullopt;
  return class_of(load_u16(packet.data()));
}

std::optional<uint32_t> stun_peek_transaction_tag(ByteSpan packet) {
  if (!looks_like_stun(packet)) return std::nullopt;
  return load_u32(packet.data() + 8);
}

std::optional<StunTransactionId> stun_peek_transaction_id(ByteSpan packet) {
  if (!looks_like_stun(packet)) return std::nullopt;
  StunTransactionId id;
  std::copy_n(packet.data() + 8, id.size(), id.begin());
  return id;
}

StunWriter::StunWriter(MutableByteSpan out, StunClass message_class, uint16_t method,
                       const StunTransactionId& transaction_id)
    : out_(out), writer_(out), transaction_id_(transaction_id) {
  writer_.u16(type_field(message_class, method));
  writer_.u16(0);
  writer_.u32(kStunMagicCookie);
  writer_.bytes(transaction_id);
}

void StunWriter::attribute(uint16_t type, ByteSpan value) {
  writer_.u16(type);
  writer_.u16(static_cast<uint16_t>(value.size()));
  writer_.bytes(value);
  writer_.zeros(padded(value.size()) - value.size());
}

void StunWriter::username(std::string_view value) { attribute(kUsername, as_bytes(value)); }
void StunWriter::software(std::string_view value) { attribute(kSoftware, as_bytes(value)); }
void StunWriter::use_candidate() { attribute(kUseCandidate, {}); }

void StunWriter::priority(uint32_t value) {
  uint8_t raw[4];
  store_u32(raw, value);
  attribute(kPriority, raw);
}
void StunWriter::ice_controlling(uint64_t tie_breaker) {
  uint8_t raw[8];
  store_u64(raw, tie_breaker);
  attribute(kIceControlling, raw);
}
void StunWriter::ice_controlled(uint64_t tie_breaker) {
  uint8_t raw[8];
  store_u64(raw, tie_breaker);
  attribute(kIceControlled, raw);
}
void StunWriter::unknown_attribute(uint16_t type) {
  uint8_t raw[2];
  store_u16(raw, type);
  attribute(kUnknownAttributes, raw);
}

void StunWriter::xor_mapped_address(const SocketAddress& address) {
  uint8_t mask[16];
  store_u32(mask, kStunMagicCookie);
  std::memcpy(mask + 4, transaction_id_.data(), transaction_id_.size());
  uint8_t raw[20] = {};
  const size_t length = address.is_v4() ? 4 : 16;
  const uint8_t* ip = address.is_v4() ? address.v4_bytes() : address.ip.data();
  raw[1] = address.is_v4() ? 1 : 2;
  store_u16(raw + 2, static_cast<uint16_t>(address.port ^ load_u16(mask)));
  for (size_t i = 0; i < length; i++) raw[4 + i] = static_cast<uint8_t>(ip[i] ^ mask[i]);
  attribute(kXorMappedAddress, ByteSpan(raw, 4 + length));
}

void StunWriter::error_code(uint16_t code, std::string_view reason) {
  uint8_t raw[4 + 128] = {};
  const size_t length = reason.size() < 128 ? reason.size() : 128;
  raw[2] = static_cast<uint8_t>(code / 100);
  raw[3] = static_cast<uint8_t>(code % 100);
  std::memcpy(raw + 4, reason.data(), length);
  attribute(kErrorCode, ByteSpan(raw, 4 + length));
}

void StunWriter::set_length(size_t attribute_bytes) { writer_.patch_u16(2, static_cast<uint16_t>(attribute_bytes)); }

void StunWriter::fingerprint() {
  set_length(writer_.position() - kStunHeaderSize + 8);
  const uint32_t crc = crc32_ieee(writer_.written());
  uint8_t raw[4];
  store_u32(raw, crc ^ kFingerprintXor);
  attribute(kFingerprint, raw);
}

size_t StunWriter::finish(ByteSpan key) {
  if (!writer_.ok()) return 0;
  set_length(writer_.position() - kStunHeaderSize + 4 + kIntegritySize);
  const Sha1Digest digest = HmacSha1(key).sign(writer_.written());
  attribute(kMessageIntegrity, digest);
  return finish_without_integrity();
}

size_t StunWriter::finish_without_integrity() {
  if (!writer_.ok()) return 0;
  fingerprint();
  return writer_.ok() ? writer_.position() : 0;
}

uint32_t crc32_ieee(ByteSpan bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> t{};
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t c = i;
      for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  uint32_t crc = 0xFFFFFFFFu;
  for (const uint8_t b : bytes) crc = table[(crc ^ b) & 0xFF] ^ (crc >> 8);
  return crc ^ 0xFFFFFFFFu;
}

}  // namespace parley
