#include "engine/dtls.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>

namespace parley {
namespace {

constexpr long kMtuBytes = 1200;
constexpr int kMaxTimeouts = 9;               // with the timer below: about 13 s of silence
constexpr unsigned int kFirstTimeoutUs = 200'000;  // calls are waiting; RFC 6347 §4.2.4.1 allows shorter timers than 1 s
constexpr unsigned int kLongestTimeoutUs = 2'000'000;
constexpr size_t kMaxOutgoing = 64;
// A self-signed certificate takes about 1 KiB. OpenSSL's default lets a peer make us hold 100 KiB.
constexpr long kMaxCertificateBytes = 16 * 1024;
constexpr char kExporterLabel[] = "EXTRACTOR-dtls_srtp";
constexpr size_t kExporterLabelSize = sizeof kExporterLabel - 1;

// Forward-secret suites only (RFC 8827 §6.5); the RSA ones serve peers whose certificate is RSA.
constexpr char kCipherSuites[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA";

const char* profile_name(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::Aes128CmSha1_80:
      return "SRTP_AES128_CM_SHA1_80";
    case SrtpProfile::AeadAes128Gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case SrtpProfile::AeadAes256Gcm:
      return "SRTP_AEAD_AES_256_GCM";
  }
  return "";
}

unsigned int next_timeout_us(SSL*, unsigned int previous_us) {
  return previous_us == 0 ? kFirstTimeoutUs : std::min(previous_us * 2, kLongestTimeoutUs);
}

}  // namespace

// OpenSSL reads and writes through these; every write is one datagram.
struct DtlsBio {
  static int write(BIO* bio, const char* bytes, int size) {
    auto* session = static_cast<DtlsSession*>(BIO_get_data(bio));
    if (session == nullptr || size <= 0) return -1;
    if (session->outgoing_.size() < kMaxOutgoing) {
      const auto* begin = reinterpret_cast<const uint8_t*>(bytes);
      session->outgoing_.emplace_back(begin, begin + size);
    }
    return size;
  }

  static int read(BIO* bio, char* bytes, int capacity) {
    auto* session = static_cast<DtlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (session == nullptr || session->incoming_.empty() || capacity <= 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t size = std::min(session->incoming_.size(), static_cast<size_t>(capacity));
    std::memcpy(bytes, session->incoming_.data(), size);
    session->incoming_ = {};
    return static_cast<int>(size);
  }

  static long control(BIO*, int command, long, void*) {
    switch (command) {
      case BIO_CTRL_FLUSH:
      case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        return 1;
      case BIO_CTRL_DGRAM_QUERY_MTU:
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return kMtuBytes;
      case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return 48;  // IPv6 and UDP
      default:
        return 0;
    }
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    BIO_set_shutdown(bio, 0);
    return 1;
  }
};

struct DtlsVerifier {
  // Stands in for chain building: a self-signed certificate is good when its fingerprint was signalled (RFC 8122 §5).
  static int verify(X509_STORE_CTX* store, void*) {
    const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* session = ssl == nullptr ? nullptr : static_cast<DtlsSession*>(SSL_get_app_data(ssl));
    X509* certificate = X509_STORE_CTX_get0_cert(store);
    if (session != nullptr && certificate != nullptr && matches_fingerprint(certificate, session->accepted_)) return 1;
    if (session != nullptr) session->fingerprint_mismatch_ = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
};

SrtpMasterKey::~SrtpMasterKey() {
  OPENSSL_cleanse(key.data(), key.size());
  OPENSSL_cleanse(salt.data(), salt.size());
}

std::unique_ptr<DtlsContext> DtlsContext::create(const Certificate& certificate,
                                                 const std::vector<SrtpProfile>& profiles) {
  std::unique_ptr<DtlsContext> made(new DtlsContext());
  made->context_.reset(SSL_CTX_new(DTLS_method()));
  SSL_CTX* context = made->context_.get();
  if (context == nullptr || profiles.empty()) return nullptr;
  std::string names;
  for (const SrtpProfile profile : profiles) {
    if (!names.empty()) names.push_back(':');
    names += profile_name(profile);
  }
  SSL_CTX_set_read_ahead(context, 1);  // a DTLS record must be read whole
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kMaxCertificateBytes);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_SINGLE_ECDH_USE);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, DtlsVerifier::verify, nullptr);
  // SSL_CTX_set_tlsext_use_srtp is the one call of OpenSSL that returns 0 for success.
  if (SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, kCipherSuites) != 1 || SSL_CTX_set1_groups_list(context, "X25519:P-256") != 1 ||
      SSL_CTX_use_certificate(context, certificate.x509.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, certificate.key.get()) != 1 ||
      SSL_CTX_set_tlsext_use_srtp(context, names.c_str()) != 0) {
    return nullptr;
  }
  made->bio_method_.reset(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parley datagrams"));
  BIO_METHOD* method = made->bio_method_.get();
  if (method == nullptr) return nullptr;
  BIO_meth_set_write(method, DtlsBio::write);
  BIO_meth_set_read(method, DtlsBio::read);
  BIO_meth_set_ctrl(method, DtlsBio::control);
  BIO_meth_set_create(method, DtlsBio::create);
  return made;
}

DtlsSession::DtlsSession(const DtlsContext& context, Role role, std::vector<Fingerprint> accepted)
    : role_(role), accepted_(std::move(accepted)), ssl_(SSL_new(context.ssl_context())) {
  BIO* bio = ssl_ ? BIO_new(context.bio_method()) : nullptr;
  if (bio == nullptr) {
    fail(Failure::alert);
    return;
  }
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_mtu(ssl_.get(), kMtuBytes);
  DTLS_set_timer_cb(ssl_.get(), next_timeout_us);
  if (role_ == Role::client) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

DtlsSession::~DtlsSession() = default;

void DtlsSession::start() {
  if (role_ == Role::client && state_ == State::handshaking) advance();
}

void DtlsSession::receive(ByteSpan datagram) {
  if (state_ != State::handshaking && state_ != State::connected) return;
  incoming_ = datagram;
  advance();
  incoming_ = {};
}

void DtlsSession::advance() {
  ERR_clear_error();
  if (state_ == State::handshaking) {
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) {
      if (!export_keys()) {
        fail(Failure::no_srtp_profile);
        return;
      }
      state_ = State::connected;
    } else {
      const int error = SSL_get_error(ssl_.get(), done);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        fail(fingerprint_mismatch_ ? Failure::fingerprint : Failure::alert);
      }
      return;
    }
  }
  // Application data has no meaning without SCTP; reading answers repeated flights and notices close_notify.
  std::array<uint8_t, 2048> scrap;
  for (int rounds = 0; rounds < 8; ++rounds) {
    const int size = SSL_read(ssl_.get(), scrap.data(), static_cast<int>(scrap.size()));
    if (size > 0) continue;
    const int error = SSL_get_error(ssl_.get(), size);
    if (error == SSL_ERROR_ZERO_RETURN) {
      state_ = State::closed;
      SSL_shutdown(ssl_.get());  // our close_notify in answer
    } else if (error == SSL_ERROR_SSL) {
      // A fatal alert, which is authenticated here: the peer has given the association up.
      state_ = State::closed;
    }
    return;
  }
}

void DtlsSession::handle_timeout() {
  if (state_ != State::handshaking) return;
  ERR_clear_error();
  const long handled = DTLSv1_handle_timeout(ssl_.get());
  if (handled > 0) ++timeouts_;
  if (handled < 0 || timeouts_ > kMaxTimeouts) fail(Failure::timeout);
}

void DtlsSession::expire() {
  if (state_ == State::handshaking) fail(Failure::timeout);
}

void DtlsSession::reject_keys() {
  if (state_ == State::connected) fail(Failure::srtp_keys);
}

void DtlsSession::close() {
  if (state_ == State::connected) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  if (state_ != State::failed) state_ = State::closed;
}

std::optional<int64_t> DtlsSession::timeout_us() const {
  if (state_ != State::handshaking || !ssl_) return std::nullopt;
  timeval left{};
  if (DTLSv1_get_timeout(ssl_.get(), &left) != 1) return std::nullopt;
  return static_cast<int64_t>(left.tv_sec) * 1'000'000 + left.tv_usec;
}

std::optional<SrtpKeys> DtlsSession::take_keys() {
  std::optional<SrtpKeys> taken = std::move(keys_);
  keys_.reset();
  return taken;
}

void DtlsSession::fail(Failure failure) {
  state_ = State::failed;
  failure_ = failure;
}

bool DtlsSession::export_keys() {
  const SRTP_PROTECTION_PROFILE* selected = SSL_get_selected_srtp_profile(ssl_.get());
  if (selected == nullptr) return false;
  const std::optional<SrtpProfile> profile = srtp_profile_from_id(static_cast<uint16_t>(selected->id));
  if (!profile) return false;
  const size_t key_size = srtp_profile_info(*profile).key_bytes;
  const size_t salt_size = srtp_profile_info(*profile).salt_bytes;
  // RFC 5764 §4.2: client key, server key, client salt, server salt.
  std::array<uint8_t, 2 * (32 + 14)> material{};
  const size_t size = 2 * (key_size + salt_size);
  if (size > material.size()) return false;
  if (SSL_export_keying_material(ssl_.get(), material.data(), size, kExporterLabel, kExporterLabelSize, nullptr, 0,
                                 0) != 1) {
    return false;
  }
  const auto side = [&](size_t index) {
    const auto* key = material.data() + index * key_size;
    const auto* salt = material.data() + 2 * key_size + index * salt_size;
    return SrtpMasterKey{std::vector<uint8_t>(key, key + key_size), std::vector<uint8_t>(salt, salt + salt_size)};
  };
  SrtpKeys keys;
  keys.profile = *profile;
  keys.local = side(role_ == Role::client ? 0 : 1);
  keys.remote = side(role_ == Role::client ? 1 : 0);
  keys_ = std::move(keys);
  OPENSSL_cleanse(material.data(), material.size());
  return true;
}

}  // namespace parley
