// DTLS 1.2 for SRTP keys (RFC 5764), without a socket: datagrams in, datagrams out, keys at the end.
//
// The peer's certificate is compared with the signalled fingerprints inside the handshake, so that a wrong one ends in an
// alert and never in keys. Cookies (HelloVerifyRequest) are not used: the caller passes datagrams only from an address
// pair that an ICE check has authenticated, which proves more, and saves a round trip. A ClientHello may come in several
// fragments (Chromium's key share does not fit one datagram).
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/srtp.h"
#include "engine/certificate.h"

namespace parley {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct BioMethodDeleter {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

// What all handshakes of an engine share. Outlives its sessions.
class DtlsContext {
 public:
  // `profiles`: SRTP profiles in order of preference.
  [[nodiscard]] static std::unique_ptr<DtlsContext> create(const Certificate& certificate,
                                                           const std::vector<SrtpProfile>& profiles);
  [[nodiscard]] SSL_CTX* ssl_context() const { return context_.get(); }
  [[nodiscard]] BIO_METHOD* bio_method() const { return bio_method_.get(); }

 private:
  DtlsContext() = default;
  std::unique_ptr<SSL_CTX, SslContextDeleter> context_;
  std::unique_ptr<BIO_METHOD, BioMethodDeleter> bio_method_;
};

struct SrtpMasterKey {
  std::vector<uint8_t> key;
  std::vector<uint8_t> salt;

  SrtpMasterKey() = default;
  SrtpMasterKey(std::vector<uint8_t> k, std::vector<uint8_t> s) : key(std::move(k)), salt(std::move(s)) {}
  SrtpMasterKey(SrtpMasterKey&&) = default;
  SrtpMasterKey& operator=(SrtpMasterKey&&) = default;
  // Overwrites them: with these every packet of the call can be read.
  ~SrtpMasterKey();
};

// Keys of one association, from our point of view.
struct SrtpKeys {
  SrtpProfile profile{};
  SrtpMasterKey local;
  SrtpMasterKey remote;
};

class DtlsSession {
 public:
  enum class Role : uint8_t { client, server };
  enum class State : uint8_t { handshaking, connected, closed, failed };
  // Why a session failed, in the words of the engine's events.
  enum class Failure : uint8_t { none, fingerprint, alert, timeout, no_srtp_profile, srtp_keys };

  DtlsSession(const DtlsContext& context, Role role, std::vector<Fingerprint> accepted);
  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;
  DtlsSession& operator=(const DtlsSession&) = delete;

  // Clients send their first flight.
  void start();
  void receive(ByteSpan datagram);
  // Retransmits when OpenSSL's timer has run out. Cheap to call early.
  void handle_timeout();
  // The handshake took too long; nothing happens when it is over.
  void expire();
  // The keys that were taken cannot be used: the association is of no use either.
  void reject_keys();
  // Sends close_notify once connected; the session is closed afterwards.
  void close();

  // Time until `handle_timeout` is due in microseconds; empty when no flight is outstanding.
  [[nodiscard]] std::optional<int64_t> timeout_us() const;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Failure failure() const { return failure_; }
  // Present once the state is `connected`; taken once.
  [[nodiscard]] std::optional<SrtpKeys> take_keys();
  // Datagrams to send, in order; the caller clears the list.
  [[nodiscard]] std::vector<std::vector<uint8_t>>& outgoing() { return outgoing_; }

 private:
  friend struct DtlsBio;
  friend struct DtlsVerifier;

  void advance();
  void fail(Failure failure);
  [[nodiscard]] bool export_keys();

  // given
  const Role role_;
  const std::vector<Fingerprint> accepted_;
  // owned
  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::vector<std::vector<uint8_t>> outgoing_;
  std::optional<SrtpKeys> keys_;
  // state
  State state_ = State::handshaking;
  Failure failure_ = Failure::none;
  bool fingerprint_mismatch_ = false;
  int timeouts_ = 0;
  ByteSpan incoming_{};  // the datagram being read, only inside receive()
};

}  // namespace parley
