// The engine's certificate: self-signed ECDSA P-256, made at every start, known to peers only by its fingerprint
// (RFC 8122), and the fingerprints that peers signal.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace parley {

enum class FingerprintHash : uint8_t { sha1, sha256, sha384, sha512 };

struct Fingerprint {
  FingerprintHash hash = FingerprintHash::sha256;
  std::vector<uint8_t> digest;
};

// True when `certificate` has one of the digests; compared in constant time.
[[nodiscard]] bool matches_fingerprint(X509* certificate, const std::vector<Fingerprint>& accepted);

struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct Certificate {
  std::unique_ptr<X509, CertificateDeleter> x509;
  std::unique_ptr<EVP_PKEY, KeyDeleter> key;
  // SHA-256, upper-case hex with colons.
  std::string fingerprint;

  [[nodiscard]] explicit operator bool() const { return x509 != nullptr && key != nullptr; }
};

// Empty when OpenSSL refuses.
[[nodiscard]] Certificate make_certificate();

}  // namespace parley
