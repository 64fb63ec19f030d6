#include "engine/certificate.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>

namespace parley {
namespace {

constexpr long kValidBeforeSeconds = -24L * 3600;  // peers' clocks may be behind ours
constexpr long kValidAfterSeconds = 365L * 24 * 3600;

const EVP_MD* digest_of(FingerprintHash hash) {
  switch (hash) {
    case FingerprintHash::sha1:
      return EVP_sha1();
    case FingerprintHash::sha256:
      return EVP_sha256();
    case FingerprintHash::sha384:
      return EVP_sha384();
    case FingerprintHash::sha512:
      return EVP_sha512();
  }
  return nullptr;
}

std::string colon_hex(const uint8_t* bytes, size_t size) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  text.reserve(size * 3);
  for (size_t i = 0; i < size; ++i) {
    if (i != 0) text.push_back(':');
    text.push_back(kDigits[bytes[i] >> 4]);
    text.push_back(kDigits[bytes[i] & 15]);
  }
  return text;
}

bool fill(X509* certificate, EVP_PKEY* key) {
  std::array<uint8_t, 8> serial{};
  if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return false;
  uint64_t number = 0;
  for (const uint8_t byte : serial) number = number << 8 | byte;
  number >>= 1;  // serial numbers are positive
  if (X509_set_version(certificate, 2) != 1) return false;
  if (ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number) != 1) return false;
  if (X509_gmtime_adj(X509_getm_notBefore(certificate), kValidBeforeSeconds) == nullptr) return false;
  if (X509_gmtime_adj(X509_getm_notAfter(certificate), kValidAfterSeconds) == nullptr) return false;
  if (X509_set_pubkey(certificate, key) != 1) return false;
  X509_NAME* name = X509_get_subject_name(certificate);
  static constexpr char kName[] = "parley";
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(kName), -1, -1, 0) !=
      1) {
    return false;
  }
  return X509_set_issuer_name(certificate, name) == 1 && X509_sign(certificate, key, EVP_sha256()) != 0;
}

}  // namespace

bool matches_fingerprint(X509* certificate, const std::vector<Fingerprint>& accepted) {
  for (const Fingerprint& fingerprint : accepted) {
    std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (X509_digest(certificate, digest_of(fingerprint.hash), digest.data(), &size) != 1) continue;
    if (size == fingerprint.digest.size() && CRYPTO_memcmp(digest.data(), fingerprint.digest.data(), size) == 0) {
      return true;
    }
  }
  return false;
}

Certificate make_certificate() {
  Certificate made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.x509.reset(X509_new());
  if (!made || !fill(made.x509.get(), made.key.get())) return {};
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(made.x509.get(), EVP_sha256(), digest.data(), &size) != 1) return {};
  made.fingerprint = colon_hex(digest.data(), size);
  return made;
}

}  // namespace parley
