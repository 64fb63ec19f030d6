// STUN messages for ICE (RFC 8489, RFC 8445 §7.1). Parsing keeps views into the packet and allocates nothing; integrity
// is checked separately, since the key is known only after the user name was looked up.
//
//    0               1               2               3
//   |0 0| type      | length (of attributes)        |
//   | magic cookie 0x2112A442                       |
//   | transaction id (96 bits)                      |
//   | attributes: type, length, value, padding to 4 …
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "address.h"
#include "bytes.h"

namespace parley {

inline constexpr uint32_t kStunMagicCookie = 0x2112A442;
inline constexpr size_t kStunHeaderSize = 20;
inline constexpr uint16_t kStunBinding = 0x001;
/// Larger messages are refused: no ICE check comes near one MTU.
inline constexpr size_t kStunMaxSize = 1500;
inline constexpr size_t kStunMaxAttributes = 32;

enum class StunClass : uint8_t { Request = 0, Indication = 1, Success = 2, Error = 3 };

using StunTransactionId = std::array<uint8_t, 12>;

enum class StunParseError : uint8_t {
  None,
  TooShort,
  TooLong,
  NotStun,       // first bits or magic cookie
  BadLength,     // length field does not fit the datagram, or is not a multiple of four
  BadAttribute,  // an attribute leaves the message or has the wrong size
  TooManyAttributes,
  BadFingerprint,  // FINGERPRINT present but wrong, or not last
};

/// All spans and views point into the parsed packet.
struct StunMessage {
  ByteSpan packet;
  StunClass message_class = StunClass::Request;
  uint16_t method = 0;
  StunTransactionId transaction_id{};

  std::optional<std::string_view> username;
  std::optional<uint32_t> priority;
  bool use_candidate = false;
  std::optional<uint64_t> ice_controlling;
  std::optional<uint64_t> ice_controlled;
  /// XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS when only that is there.
  std::optional<SocketAddress> mapped_address;
  std::optional<uint16_t> error_code;
  std::string_view error_reason;
  bool has_fingerprint = false;
  /// Where MESSAGE-INTEGRITY begins; 0 = absent. Attributes after it other than FINGERPRINT are ignored (RFC 8489
  /// §14.5).
  size_t integrity_offset = 0;
  /// First comprehension-required attribute that we do not know; a request with one is answered with 420.
  std::optional<uint16_t> unknown_required;
};

[[nodiscard]] StunParseError stun_parse(ByteSpan packet, StunMessage& message);

/// True when MESSAGE-INTEGRITY is there and right under `key` (for ICE: the password's bytes). Constant time compare.
[[nodiscard]] bool stun_check_integrity(const StunMessage& message, ByteSpan key);

/// USERNAME of a message without checking anything else than bounds: for finding whom a request is meant for.
[[nodiscard]] std::optional<std::string_view> stun_peek_username(ByteSpan packet);
/// The part before the colon: in a request that we receive, our own ufrag (RFC 8445 §7.2.2).
[[nodiscard]] std::string_view stun_username_local_part(std::string_view username);
[[nodiscard]] std::string_view stun_username_remote_part(std::string_view username);

/// Class of a message, without parsing the rest; nullopt when it is not STUN.
[[nodiscard]] std::optional<StunClass> stun_peek_class(ByteSpan packet);
/// First 32 bits of the transaction id: IceAgent puts its `transaction_tag` there, so that the runtime finds the agent
/// a response is meant for. nullopt when it is not STUN.
[[nodiscard]] std::optional<uint32_t> stun_peek_transaction_tag(ByteSpan packet);
/// nullopt when it is not STUN.
[[nodiscard]] std::optional<StunTransactionId> stun_peek_transaction_id(ByteSpan packet);

/// Builds one message into a buffer. Attributes in the order of the calls, then exactly one `finish…`.
class StunWriter {
 public:
  StunWriter(MutableByteSpan out, StunClass message_class, uint16_t method, const StunTransactionId& transaction_id);

  void username(std::string_view value);
  void priority(uint32_t value);
  void use_candidate();
  void ice_controlling(uint64_t tie_breaker);
  void ice_controlled(uint64_t tie_breaker);
  void xor_mapped_address(const SocketAddress& address);
  void error_code(uint16_t code, std::string_view reason);
  void unknown_attribute(uint16_t type);
  void software(std::string_view value);

  /// MESSAGE-INTEGRITY and FINGERPRINT. Returns the message's size, 0 when it did not fit.
  [[nodiscard]] size_t finish(ByteSpan key);
  /// FINGERPRINT only, for errors before the key is known.
  [[nodiscard]] size_t finish_without_integrity();

 private:
  void attribute(uint16_t type, ByteSpan value);
  void set_length(size_t attribute_bytes);
  void fingerprint();

  MutableByteSpan out_;
  Writer writer_;
  StunTransactionId transaction_id_;
};

/// CRC-32 (ISO 3309) as FINGERPRINT uses it, before the XOR.
[[nodiscard]] uint32_t crc32_ieee(ByteSpan bytes);

}  // namespace parley
