// A full ICE agent for one component over shared sockets (RFC 8445, consent RFC 7675), as a pure core: packets,
// commands and the time go in; packets and facts come out of `poll()`.
//
// Controlling (server): no remote candidates. It learns the peer's addresses from authenticated checks
// (peer-reflexive), answers, checks back on the same pair, and nominates. Nomination rides on the first check whenever
// the pair would become the best one, which controlled agents of RFC 5245 and RFC 8445 both accept and which saves a
// round trip. Controlled (client): checks the candidates it was given and accepts the peer's nomination. An
// authenticated request that arrives before the remote credentials is answered, and checked back once they are known.
//
//   New ──set_remote──▶ Checking ──pair selected──▶ Connected ◀──answer── Disconnected
//                          │                            └──unanswered──▶────┘   │
//                          └──────────connect timeout──▶ Failed ◀──30 s without consent
//   Failed, Connected, Disconnected ──set_remote, other credentials──▶ checks again, old pair kept meanwhile
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "address.h"
#include "bytes.h"
#include "clock.h"
#include "random.h"
#include "stun.h"

namespace parley {

enum class IceRole : uint8_t { Controlling, Controlled };
enum class IceState : uint8_t { New, Checking, Connected, Disconnected, Failed, Closed };
enum class IceFailure : uint8_t { None, Timeout, ConsentExpired };

/// Lengths are RFC 8445 §5.3's: ufrag 4–256, password 22–256 characters. `set_remote` refuses others.
struct IceCredentials {
  std::string ufrag;
  std::string pwd;
  friend bool operator==(const IceCredentials& a, const IceCredentials& b) {
    return a.ufrag == b.ufrag && a.pwd == b.pwd;
  }
};

struct IceConfig {
  IceRole role = IceRole::Controlling;
  IceCredentials local;
  /// Put in front of every transaction id (the other 64 bits are random), see `stun_peek_transaction_tag`. Unique among
  /// the agents that share a socket.
  uint32_t transaction_tag = 0;
  /// From `set_remote` to `Failed` when no pair works.
  Micros connect_timeout = 30 * kSecond;
  Micros consent_interval = 5 * kSecond;
  Micros consent_expiry = 30 * kSecond;
  Micros initial_rto = 250 * kMillisecond;
  /// Between two checks that nobody waits for.
  Micros pacing = 20 * kMillisecond;
  size_t max_pairs = 16;
};

/// Why a packet changed nothing; for the runtime's drop counters.
enum class IceDrop : uint8_t {
  None,
  Malformed,
  NotBinding,
  Unauthenticated,     // an indication: a keep-alive that proves nothing
  MissingCredentials,  // no USERNAME or MESSAGE-INTEGRITY in a request
  WrongUsername,
  WrongIntegrity,
  UnknownTransaction,
  WrongAddress,  // a response from elsewhere than the request went to
  TooManyPairs,
  NotRunning,  // failed or closed
};
[[nodiscard]] const char* ice_drop_name(IceDrop drop);

/// In the number of a local socket: it is a TCP connection (RFC 6544), whose far address means nothing to other sockets.
/// Its pairs have a lower priority than all others but relayed ones, and end with the connection.
inline constexpr uint32_t kIceTcp = 0x80000000;
[[nodiscard]] inline bool ice_is_tcp(uint32_t local_id) { return (local_id & kIceTcp) != 0; }

/// A local socket (any number of the runtime's choosing, see `kIceTcp`) and a far address.
struct IceAddressPair {
  uint32_t local_id = 0;
  SocketAddress remote;
  friend bool operator==(const IceAddressPair& a, const IceAddressPair& b) {
    return a.local_id == b.local_id && a.remote == b.remote;
  }
};

struct IceOutput {
  enum class Kind : uint8_t {
    Transmit,      // send `bytes` on `pair`
    StateChanged,  // `state`, `failure`
    PairValid,     // DTLS and media from `pair` may be accepted now
    PairInvalid,   // and now no longer
    SelectedPair,  // DTLS and media are to be sent to `pair` from now on
  };
  Kind kind = Kind::Transmit;
  IceAddressPair pair;
  std::vector<uint8_t> bytes;
  IceState state = IceState::New;
  IceFailure failure = IceFailure::None;
};

class IceAgent {
 public:
  /// `random` must outlive the agent.
  IceAgent(const IceConfig& config, RandomSource& random);

  /// Begins checking, or restarts ICE when called again with other credentials: the selected pair stays in use, and its
  /// consent is asked for under the old credentials, until a pair under the new ones is selected. False (and no effect)
  /// when the credentials are of a forbidden length.
  bool set_remote(Micros now, const IceCredentials& remote);
  /// For restarts that change our side too. Checks under either credentials are answered from now on; ours use the new
  /// ones from the next `set_remote` on. Those before are forgotten when a pair under the new ones is selected.
  void set_local(const IceCredentials& local);
  /// An address to check. Ignored beyond `max_pairs`.
  void add_remote_candidate(Micros now, uint32_t local_id, const SocketAddress& remote);

  /// The TCP connection is gone, and its pairs with it. When the selected one is among them the state is `Disconnected`
  /// until another pair works or consent expires.
  void lose_local(Micros now, uint32_t local_id);

  /// A STUN message that arrived on `local_id`. Nothing happens unless it is authentic.
  IceDrop handle_stun(Micros now, uint32_t local_id, const SocketAddress& from, ByteSpan packet);
  /// Whether a packet carries the transaction id of an outstanding check of ours. Nothing else about it is looked at.
  [[nodiscard]] bool awaits(ByteSpan packet) const;
  void handle_timeout(Micros now);
  /// When to call `handle_timeout` next; kNever when idle. Changes after every call.
  [[nodiscard]] Micros next_deadline() const;
  /// Next output, in order; false when there is none. Drain after every other call: beyond 256 the oldest are lost.
  bool poll(IceOutput& output);
  /// Nothing is sent or answered afterwards.
  void close();

  [[nodiscard]] IceState state() const { return state_; }
  [[nodiscard]] IceRole role() const { return role_; }
  [[nodiscard]] const IceCredentials& local() const { return local_; }
  [[nodiscard]] const std::optional<IceCredentials>& remote() const { return remote_; }
  [[nodiscard]] bool is_valid(uint32_t local_id, const SocketAddress& remote) const;
  /// With any local address, TCP connections excepted.
  [[nodiscard]] bool is_valid(const SocketAddress& remote) const;
  [[nodiscard]] std::optional<IceAddressPair> selected() const;
  /// Smoothed over the selected pair's checks; -1 = unknown.
  [[nodiscard]] Micros rtt() const;
  /// The shortest round trip of the selected pair so far; −1 = unknown.
  [[nodiscard]] Micros min_rtt() const;
  [[nodiscard]] size_t pair_count() const { return pairs_.size(); }

 private:
  // Every transmission is a transaction of its own, so that an answer tells the round trip exactly.
  struct Check {
    StunTransactionId id{};
    Micros sent = 0;
    IceRole role = IceRole::Controlling;
    bool nominates = false;
    bool is_previous = false;  // under the credentials before the restart
  };
  struct Generation {
    IceCredentials local;
    IceCredentials remote;
  };
  enum class PairState : uint8_t { Idle, Waiting, InProgress, Succeeded, Failed };
  struct Pair {
    uint32_t id = 0;
    IceAddressPair address;
    PairState state = PairState::Idle;
    bool given = false;              // a signalled candidate: checked until the connect timeout
    bool confirmed = false;          // a check under the current credentials came back
    bool announced = false;          // PairValid was put out and not taken back
    bool triggered = false;          // not paced
    bool nominated_by_peer = false;  // USE-CANDIDATE seen (controlled)
    uint64_t priority = 0;
    uint32_t peer_priority = 0;  // PRIORITY of the peer's requests
    Micros last_heard = 0;       // any authentic message, or creation
    std::deque<Check> checks;    // outstanding, newest last, at most kMaxOutstanding
    int transmissions = 0;       // of the current round of checks
    Micros next_transmission = kNever;
    Micros last_transmission = -kNever / 2;
    Micros rtt = -1;
    Micros min_rtt = -1;
  };

  // ice.cc: commands and packets
  IceDrop handle_request(Micros now, const IceAddressPair& address, const StunMessage& message);
  IceDrop handle_response(Micros now, const IceAddressPair& address, const StunMessage& message);
  void handle_success(Micros now, Pair& pair, const Check& check);
  void handle_consent(Micros now);
  void handle_error(Micros now, Pair& pair, const Check& check, uint16_t code);
  void handle_authentic_request(Micros now, Pair& pair, const StunMessage& message);
  [[nodiscard]] const IceCredentials* credentials_for(std::string_view username) const;
  bool is_role_conflict(const StunMessage& message);
  void respond_success(const IceAddressPair& address, const StunMessage& request, ByteSpan key);
  void respond_error(const IceAddressPair& address, const StunMessage& request, uint16_t code, std::string_view reason,
                     ByteSpan key);

  // ice_checks.cc: pairs, checks, nomination, consent
  Pair* find_pair(const IceAddressPair& address);
  [[nodiscard]] const Pair* find_pair(const IceAddressPair& address) const;
  Pair* selected_pair();
  [[nodiscard]] const Pair* selected_pair() const;
  Pair* add_pair(Micros now, const IceAddressPair& address);
  bool evict_pair(Micros now);
  void remove_pair(size_t index);
  void update_priority(Pair& pair);
  void schedule_check(Micros now, Pair& pair, bool triggered);
  void send_check(Micros now, Pair& pair, bool nominate, bool under_previous = false);
  void run_checks(Micros now);
  void run_consent(Micros now);
  void look_for_better_pair(Micros now);
  void expire_pairs(Micros now);
  [[nodiscard]] bool would_select(const Pair& pair) const;
  void select(Micros now, Pair& pair);
  void fail(IceFailure failure);
  void mark_invalid(Pair& pair);
  [[nodiscard]] Micros consent_wait();
  void set_state(IceState state, IceFailure failure = IceFailure::None);
  void transmit(const IceAddressPair& address, ByteSpan bytes);
  void emit(IceOutput output);

  // given
  IceConfig config_;
  RandomSource& random_;
  IceCredentials local_;
  std::optional<IceCredentials> next_local_;  // waits for the peer's side of the restart
  std::optional<Generation> previous_;        // of the selected pair, while a restart is under way
  std::optional<IceCredentials> remote_;

  // state
  IceRole role_;
  IceState state_ = IceState::New;
  uint64_t tie_breaker_ = 0;
  std::vector<Pair> pairs_;
  uint32_t next_pair_id_ = 1;
  uint32_t selected_id_ = 0;         // 0 = none
  bool nomination_pending_ = false;  // restarted: any pair under the new credentials replaces the selected one
  Micros started_ = 0;
  Micros next_pace_ = 0;
  Micros next_consent_ = kNever;
  Micros last_consent_ = 0;
  int unanswered_ = 0;  // consent checks in a row
  std::deque<IceOutput> outputs_;
};

}  // namespace parley
