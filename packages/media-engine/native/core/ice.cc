// Commands and packets: what authenticates, what is answered, and what an answer to our own check means. What is sent
// when, and which pair is used, is in ice_checks.cc.
#include "ice.h"

#include <algorithm>
#include <utility>

namespace parley {

namespace {

constexpr size_t kMaxMessage = 700;  // both ufrags at their longest and every attribute we write
constexpr uint16_t kRoleConflict = 487;
constexpr uint16_t kUnknownAttribute = 420;
// A peer pings every 50 ms or so until its pair works; one check for each would double the traffic for nothing.
constexpr Micros kRetrigger = 50 * kMillisecond;
// The peer turns to another pair while the selected one is silent for so long: ask at once whether it still lives.
constexpr Micros kSilence = 1 * kSecond;
constexpr Micros kRenominateEvery = 250 * kMillisecond;

bool acceptable(const IceCredentials& c) {
  return c.ufrag.size() >= 4 && c.ufrag.size() <= 256 && c.pwd.size() >= 22 && c.pwd.size() <= 256;
}

}  // namespace

const char* ice_drop_name(IceDrop drop) {
  switch (drop) {
    case IceDrop::None: return "none";
    case IceDrop::Malformed: return "malformed-stun";
    case IceDrop::NotBinding: return "stun-not-binding";
    case IceDrop::Unauthenticated: return "stun-indication";
    case IceDrop::MissingCredentials: return "stun-no-credentials";
    case IceDrop::WrongUsername: return "stun-wrong-username";
    case IceDrop::WrongIntegrity: return "stun-wrong-integrity";
    case IceDrop::UnknownTransaction: return "stun-unknown-transaction";
    case IceDrop::WrongAddress: return "stun-wrong-address";
    case IceDrop::TooManyPairs: return "ice-too-many-pairs";
    case IceDrop::NotRunning: return "ice-not-running";
  }
  return "unknown";
}

IceAgent::IceAgent(const IceConfig& config, RandomSource& random)
    : config_(config), random_(random), local_(config.local), role_(config.role), tie_breaker_(random.u64()) {}

bool IceAgent::set_remote(Micros now, const IceCredentials& remote) {
  if (state_ == IceState::Closed || !acceptable(remote)) return false;
  if (remote_ && *remote_ == remote) return true;
  const bool restart = remote_.has_value();
  // After a restart on top of an unfinished one, what carries the media is still the generation before both.
  const bool is_unfinished = nomination_pending_;
  if (restart && !is_unfinished) previous_ = Generation{local_, *remote_};
  if (next_local_) local_ = *std::exchange(next_local_, std::nullopt);
  remote_ = remote;
  nomination_pending_ = restart;
  if (state_ == IceState::New || state_ == IceState::Failed) {
    started_ = now;
    set_state(IceState::Checking);
  }
  for (Pair& pair : pairs_) {
    // Outstanding checks were made under the generation that carries the media, or under one that came to nothing.
    if (is_unfinished) {
      const auto is_void = [](const Check& check) { return !check.is_previous; };
      pair.checks.erase(std::remove_if(pair.checks.begin(), pair.checks.end(), is_void), pair.checks.end());
    }
    for (Check& check : pair.checks) check.is_previous = true;
    pair.confirmed = false;
    pair.nominated_by_peer = false;
    schedule_check(now, pair, !pair.given);
  }
  return true;
}

void IceAgent::set_local(const IceCredentials& local) {
  if (local == local_) return;
  if (remote_) {
    next_local_ = local;
  } else {
    local_ = local;
  }
}

void IceAgent::add_remote_candidate(Micros now, uint32_t local_id, const SocketAddress& remote) {
  if (state_ == IceState::Closed || state_ == IceState::Failed) return;
  const IceAddressPair address{local_id, remote};
  Pair* pair = find_pair(address);
  if (pair == nullptr) pair = add_pair(now, address);
  if (pair == nullptr) return;
  pair->given = true;
  if (remote_ && pair->state == PairState::Idle) schedule_check(now, *pair, false);
}

void IceAgent::close() {
  if (state_ == IceState::Closed) return;
  pairs_.clear();
  selected_id_ = 0;
  outputs_.clear();
  set_state(IceState::Closed);
}

IceDrop IceAgent::handle_stun(Micros now, uint32_t local_id, const SocketAddress& from, ByteSpan packet) {
  if (state_ == IceState::Closed || state_ == IceState::Failed) return IceDrop::NotRunning;
  StunMessage message;
  if (stun_parse(packet, message) != StunParseError::None) return IceDrop::Malformed;
  if (message.method != kStunBinding) return IceDrop::NotBinding;
  const IceAddressPair address{local_id, from};
  switch (message.message_class) {
    case StunClass::Request: return handle_request(now, address, message);
    case StunClass::Indication: return IceDrop::Unauthenticated;
    case StunClass::Success:
    case StunClass::Error: return handle_response(now, address, message);
  }
  return IceDrop::Malformed;
}

const IceCredentials* IceAgent::credentials_for(std::string_view username) const {
  const std::string_view ufrag = stun_username_local_part(username);
  if (ufrag == local_.ufrag) return &local_;
  if (next_local_ && ufrag == next_local_->ufrag) return &*next_local_;
  if (previous_ && ufrag == previous_->local.ufrag) return &previous_->local;
  return nullptr;
}

// RFC 8445 §7.3, with the checks of RFC 8489 §9.1.3 first. Failures are not answered: an error would tell a stranger
// that somebody listens, and could be used to reflect traffic.
IceDrop IceAgent::handle_request(Micros now, const IceAddressPair& address, const StunMessage& message) {
  if (!message.username || message.integrity_offset == 0) return IceDrop::MissingCredentials;
  const IceCredentials* credentials = credentials_for(*message.username);
  if (credentials == nullptr) return IceDrop::WrongUsername;
  const ByteSpan key = as_bytes(credentials->pwd);
  if (!stun_check_integrity(message, key)) return IceDrop::WrongIntegrity;

  if (message.unknown_required) {
    respond_error(address, message, kUnknownAttribute, "Unknown Attribute", key);
    return IceDrop::None;
  }
  if (is_role_conflict(message)) {
    respond_error(address, message, kRoleConflict, "Role Conflict", key);
    return IceDrop::None;
  }
  Pair* pair = find_pair(address);
  if (pair == nullptr) pair = add_pair(now, address);
  if (pair == nullptr) return IceDrop::TooManyPairs;
  respond_success(address, message, key);
  handle_authentic_request(now, *pair, message);
  return IceDrop::None;
}

void IceAgent::handle_authentic_request(Micros now, Pair& pair, const StunMessage& message) {
  pair.last_heard = now;
  if (message.priority) pair.peer_priority = *message.priority;
  update_priority(pair);
  // Before the remote credentials are known there is no key for a check; `set_remote` comes back to the pair. Another
  // ufrag means that the peer restarted and we will be told soon.
  if (!remote_ || stun_username_remote_part(*message.username) != remote_->ufrag) return;

  if (message.use_candidate && role_ == IceRole::Controlled) pair.nominated_by_peer = true;
  if (!pair.confirmed) {
    if (now - pair.last_transmission >= kRetrigger) schedule_check(now, pair, true);
    return;
  }
  const Pair* selected = selected_pair();
  if (role_ == IceRole::Controlled) {
    // After a restart the same pair has to be selected anew.
    if (message.use_candidate && (selected != &pair || nomination_pending_) && would_select(pair)) select(now, pair);
  }
  if (selected == nullptr || selected == &pair) return;
  if (now - selected->last_heard >= kSilence && unanswered_ == 0) next_consent_ = std::min(next_consent_, now);
  if (role_ == IceRole::Controlling && would_select(pair) && now - pair.last_transmission >= kRenominateEvery) {
    send_check(now, pair, true);
  }
}

// RFC 8445 §7.3.1.1. True = answer 487; on the other side of the rule we change our own role and go on.
bool IceAgent::is_role_conflict(const StunMessage& message) {
  if (role_ == IceRole::Controlling && message.ice_controlling) {
    if (tie_breaker_ >= *message.ice_controlling) return true;
    role_ = IceRole::Controlled;
  } else if (role_ == IceRole::Controlled && message.ice_controlled) {
    if (tie_breaker_ < *message.ice_controlled) return true;
    role_ = IceRole::Controlling;
  } else {
    return false;
  }
  for (Pair& pair : pairs_) update_priority(pair);
  return false;
}

bool IceAgent::awaits(ByteSpan packet) const {
  const auto id = stun_peek_transaction_id(packet);
  if (!id) return false;
  return std::any_of(pairs_.begin(), pairs_.end(), [&id](const Pair& pair) {
    return std::any_of(pair.checks.begin(), pair.checks.end(), [&id](const Check& check) { return check.id == *id; });
  });
}

IceDrop IceAgent::handle_response(Micros now, const IceAddressPair& address, const StunMessage& message) {
  for (Pair& pair : pairs_) {
    const auto check = std::find_if(pair.checks.begin(), pair.checks.end(),
                                    [&](const Check& c) { return c.id == message.transaction_id; });
    if (check == pair.checks.end()) continue;
    const IceCredentials* remote = check->is_previous ? (previous_ ? &previous_->remote : nullptr) : &*remote_;
    if (remote == nullptr) return IceDrop::UnknownTransaction;
    if (!stun_check_integrity(message, as_bytes(remote->pwd))) return IceDrop::WrongIntegrity;
    // RFC 8445 §7.2.5.2.1: an answer that comes from elsewhere says nothing about the pair.
    if (!(pair.address == address)) return IceDrop::WrongAddress;
    const Check answered = *check;
    pair.checks.erase(pair.checks.begin(), check + 1);
    pair.last_heard = now;
    if (message.message_class == StunClass::Success) {
      handle_success(now, pair, answered);
    } else {
      handle_error(now, pair, answered, message.error_code.value_or(0));
    }
    return IceDrop::None;
  }
  return IceDrop::UnknownTransaction;
}

void IceAgent::handle_success(Micros now, Pair& pair, const Check& check) {
  const Micros sample = now - check.sent;
  pair.min_rtt = pair.min_rtt < 0 ? sample : std::min(pair.min_rtt, sample);
  pair.rtt = pair.rtt < 0 ? sample : (7 * pair.rtt + sample) / 8;
  if (check.is_previous) {
    // The old pair lives; that says nothing about the new credentials.
    if (pair.id == selected_id_) handle_consent(now);
    return;
  }
  pair.state = PairState::Succeeded;
  pair.confirmed = true;
  pair.next_transmission = kNever;
  if (!pair.announced) {
    pair.announced = true;
    IceOutput output;
    output.kind = IceOutput::Kind::PairValid;
    output.pair = pair.address;
    emit(std::move(output));
  }
  const bool nominated = role_ == IceRole::Controlling ? check.nominates : pair.nominated_by_peer;
  if (would_select(pair)) {
    if (nominated) {
      select(now, pair);
    } else if (role_ == IceRole::Controlling) {
      send_check(now, pair, true);
    }
  }
  if (pair.id == selected_id_) handle_consent(now);
}

void IceAgent::handle_consent(Micros now) {
  last_consent_ = now;
  unanswered_ = 0;
  next_consent_ = now + consent_wait();
  if (state_ == IceState::Disconnected) set_state(IceState::Connected);
}

void IceAgent::handle_error(Micros now, Pair& pair, const Check& check, uint16_t code) {
  if (code == kRoleConflict) {
    // RFC 8445 §7.2.5.1: the other role, a new tie-breaker, and the same check again.
    if (role_ == check.role) {
      role_ = role_ == IceRole::Controlling ? IceRole::Controlled : IceRole::Controlling;
      tie_breaker_ = random_.u64();
      for (Pair& other : pairs_) update_priority(other);
    }
    schedule_check(now, pair, true);
    return;
  }
  if (check.is_previous) return;
  // Any other error is authentic and final for this round; a selected pair dies by consent instead.
  if (pair.confirmed) return;
  pair.state = PairState::Failed;
  pair.next_transmission = kNever;
}

void IceAgent::respond_success(const IceAddressPair& address, const StunMessage& request, ByteSpan key) {
  uint8_t buffer[kMaxMessage];
  StunWriter writer(buffer, StunClass::Success, kStunBinding, request.transaction_id);
  writer.xor_mapped_address(address.remote);
  transmit(address, ByteSpan(buffer, writer.finish(key)));
}

void IceAgent::respond_error(const IceAddressPair& address, const StunMessage& request, uint16_t code,
                             std::string_view reason, ByteSpan key) {
  uint8_t buffer[kMaxMessage];
  StunWriter writer(buffer, StunClass::Error, kStunBinding, request.transaction_id);
  writer.error_code(code, reason);
  if (request.unknown_required) writer.unknown_attribute(*request.unknown_required);
  transmit(address, ByteSpan(buffer, writer.finish(key)));
}

}  // namespace parley
