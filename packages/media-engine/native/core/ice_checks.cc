// Pairs, the rhythm of checks, nomination and consent of IceAgent.
//
// A pair's checks: at once, then after rto, 2·rto, 4·rto … up to two seconds apart, until answered, given up, or
// triggered anew by a request of the peer. Consent on the selected pair: every 4–6 s; when an answer is missing, more
// often, so that three in a row are missing after about two seconds and `Disconnected` can be told; after two, another
// pair that lives is taken.
#include <algorithm>

#include "ice.h"

namespace parley {

namespace {

constexpr size_t kMaxMessage = 700;
constexpr size_t kMaxOutstanding = 8;
constexpr size_t kMaxOutputs = 256;
constexpr int kMaxTransmissions = 7;  // RFC 8489 §6.2.1, Rc
constexpr Micros kMaxRto = 2 * kSecond;
constexpr Micros kPairLifetime = 30 * kSecond;
// How long a pair must have been silent before a new one may take its place in a full table.
constexpr Micros kUnconfirmedGrace = 1 * kSecond;
constexpr Micros kConfirmedGrace = 5 * kSecond;
constexpr int kDoubtful = 2;
constexpr int kDisconnected = 3;
constexpr Micros kMinConsentRetry = 500 * kMillisecond;
constexpr Micros kMaxConsentRetry = 2 * kSecond;
constexpr Micros kAlive = 5 * kSecond;

// RFC 8445 §5.1.2.1; component 1. All local addresses are equally good, so that a pair that works is not given up for one
// that came a moment later.
uint32_t candidate_priority(uint32_t type_preference) { return (type_preference << 24) | (0xFFFFu << 8) | 255u; }
constexpr uint32_t kHost = 126;
constexpr uint32_t kPeerReflexive = 110;

// RFC 6544 §4.2: types below those of UDP, and passive ones in the middle of three directions.
uint32_t tcp_candidate_priority(uint32_t type_preference) {
  constexpr uint32_t kPassive = 4;
  return (type_preference << 24) | ((kPassive << 13 | 0x1FFFu) << 8) | 255u;
}
constexpr uint32_t kTcpHost = 90;
constexpr uint32_t kTcpPeerReflexive = 80;

uint32_t host_priority(uint32_t local_id) {
  return ice_is_tcp(local_id) ? tcp_candidate_priority(kTcpHost) : candidate_priority(kHost);
}
uint32_t peer_reflexive_priority(uint32_t local_id) {
  return ice_is_tcp(local_id) ? tcp_candidate_priority(kTcpPeerReflexive) : candidate_priority(kPeerReflexive);
}

}  // namespace

IceAgent::Pair* IceAgent::find_pair(const IceAddressPair& address) {
  for (Pair& pair : pairs_) {
    if (pair.address == address) return &pair;
  }
  return nullptr;
}

const IceAgent::Pair* IceAgent::find_pair(const IceAddressPair& address) const {
  for (const Pair& pair : pairs_) {
    if (pair.address == address) return &pair;
  }
  return nullptr;
}

IceAgent::Pair* IceAgent::selected_pair() {
  for (Pair& pair : pairs_) {
    if (pair.id == selected_id_) return &pair;
  }
  return nullptr;
}

const IceAgent::Pair* IceAgent::selected_pair() const {
  for (const Pair& pair : pairs_) {
    if (pair.id == selected_id_) return &pair;
  }
  return nullptr;
}

IceAgent::Pair* IceAgent::add_pair(Micros now, const IceAddressPair& address) {
  if (pairs_.size() >= config_.max_pairs && !evict_pair(now)) return nullptr;
  Pair pair;
  pair.id = next_pair_id_++;
  pair.address = address;
  pair.last_heard = now;
  update_priority(pair);
  pairs_.push_back(std::move(pair));
  return &pairs_.back();
}

// The longest silent pair that is neither in use nor fresh.
bool IceAgent::evict_pair(Micros now) {
  size_t victim = pairs_.size();
  for (size_t i = 0; i < pairs_.size(); i++) {
    const Pair& pair = pairs_[i];
    const Micros grace = pair.confirmed ? kConfirmedGrace : kUnconfirmedGrace;
    if (pair.id == selected_id_ || now - pair.last_heard < grace) continue;
    if (victim == pairs_.size() || pair.last_heard < pairs_[victim].last_heard) victim = i;
  }
  if (victim == pairs_.size()) return false;
  remove_pair(victim);
  return true;
}

void IceAgent::remove_pair(size_t index) {
  mark_invalid(pairs_[index]);
  pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(index));
}

// RFC 8445 §6.1.2.3.
void IceAgent::update_priority(Pair& pair) {
  const uint32_t local_id = pair.address.local_id;
  const uint64_t ours = host_priority(local_id);
  const uint64_t theirs = pair.peer_priority != 0 ? pair.peer_priority : peer_reflexive_priority(local_id);
  const uint64_t g = role_ == IceRole::Controlling ? ours : theirs;
  const uint64_t d = role_ == IceRole::Controlling ? theirs : ours;
  pair.priority = (std::min(g, d) << 32) + 2 * std::max(g, d) + (g > d ? 1 : 0);
}

void IceAgent::schedule_check(Micros now, Pair& pair, bool triggered) {
  pair.state = PairState::Waiting;
  pair.triggered = triggered;
  pair.transmissions = 0;
  pair.next_transmission = now;
  run_checks(now);
}

void IceAgent::send_check(Micros now, Pair& pair, bool nominate, bool under_previous) {
  const IceCredentials& remote = under_previous ? previous_->remote : *remote_;
  const IceCredentials& local = under_previous ? previous_->local : local_;
  Check check;
  store_u32(check.id.data(), config_.transaction_tag);
  random_.fill(MutableByteSpan(check.id.data() + 4, check.id.size() - 4));
  check.sent = now;
  check.role = role_;
  check.nominates = nominate && role_ == IceRole::Controlling;
  check.is_previous = under_previous;

  uint8_t buffer[kMaxMessage];
  StunWriter writer(buffer, StunClass::Request, kStunBinding, check.id);
  writer.username(remote.ufrag + ":" + local.ufrag);
  writer.priority(peer_reflexive_priority(pair.address.local_id));
  if (role_ == IceRole::Controlling) {
    writer.ice_controlling(tie_breaker_);
    if (check.nominates) writer.use_candidate();
  } else {
    writer.ice_controlled(tie_breaker_);
  }
  transmit(pair.address, ByteSpan(buffer, writer.finish(as_bytes(remote.pwd))));

  pair.last_transmission = now;
  if (pair.checks.size() == kMaxOutstanding) pair.checks.pop_front();
  pair.checks.push_back(check);
}

void IceAgent::run_checks(Micros now) {
  for (Pair& pair : pairs_) {
    if (pair.next_transmission > now || !remote_) continue;
    if (!pair.triggered && now < next_pace_) continue;
    const bool keep_trying = pair.given && state_ == IceState::Checking;
    if (pair.transmissions >= kMaxTransmissions && !keep_trying) {
      pair.state = PairState::Failed;
      pair.next_transmission = kNever;
      continue;
    }
    pair.state = PairState::InProgress;
    const int doublings = std::min(pair.transmissions, 4);
    pair.next_transmission = now + std::min(config_.initial_rto << doublings, kMaxRto);
    pair.transmissions++;
    next_pace_ = now + config_.pacing;
    send_check(now, pair, would_select(pair));
  }
}

bool IceAgent::would_select(const Pair& pair) const {
  const Pair* selected = selected_pair();
  if (selected == nullptr || nomination_pending_) return true;
  if (selected == &pair) return false;
  return pair.priority > selected->priority || unanswered_ >= kDoubtful;
}

void IceAgent::select(Micros now, Pair& pair) {
  const bool another = selected_id_ != pair.id;
  selected_id_ = pair.id;
  nomination_pending_ = false;
  previous_.reset();
  last_consent_ = now;
  unanswered_ = 0;
  next_consent_ = now + consent_wait();
  if (another) {
    IceOutput output;
    output.kind = IceOutput::Kind::SelectedPair;
    output.pair = pair.address;
    emit(std::move(output));
  }
  set_state(IceState::Connected);
}

// RFC 7675 §5.1.
void IceAgent::run_consent(Micros now) {
  Pair* pair = selected_pair();
  if (pair == nullptr) return;
  if (now - last_consent_ >= config_.consent_expiry) {
    fail(IceFailure::ConsentExpired);
    return;
  }
  if (now < next_consent_) return;
  if (unanswered_ >= kDisconnected) set_state(IceState::Disconnected);
  // While a restart is under way the peer may know this pair under the old credentials only.
  const bool under_previous = nomination_pending_ && previous_.has_value();
  send_check(now, *pair, nomination_pending_ && !under_previous, under_previous);
  unanswered_++;
  const Micros round_trip = pair->rtt < 0 ? 0 : pair->rtt;
  const Micros retry = std::max(kMinConsentRetry, 2 * round_trip) << std::min(unanswered_ / kDisconnected, 2);
  next_consent_ = now + std::min(retry, kMaxConsentRetry);
  if (unanswered_ > kDoubtful) look_for_better_pair(now);
}

// The selected pair does not answer: ask the best other pair from which the peer was heard lately, nominating it.
void IceAgent::look_for_better_pair(Micros now) {
  Pair* best = nullptr;
  for (Pair& pair : pairs_) {
    if (pair.id == selected_id_ || !pair.confirmed || now - pair.last_heard >= kAlive) continue;
    if (best == nullptr || pair.priority > best->priority) best = &pair;
  }
  if (best != nullptr) send_check(now, *best, true);
}

// A selected pair stays, as what others are compared with: consent is as good as lost, so that any pair that works
// replaces it.
void IceAgent::lose_local(Micros now, uint32_t local_id) {
  for (size_t i = pairs_.size(); i-- > 0;) {
    Pair& pair = pairs_[i];
    if (pair.address.local_id != local_id) continue;
    if (pair.id != selected_id_) {
      remove_pair(i);
      continue;
    }
    mark_invalid(pair);
    pair.confirmed = false;
    pair.checks.clear();
    pair.next_transmission = kNever;
    unanswered_ = std::max(unanswered_, kDisconnected);
    next_consent_ = now;
    set_state(IceState::Disconnected);
  }
}

void IceAgent::expire_pairs(Micros now) {
  for (size_t i = pairs_.size(); i-- > 0;) {
    const Pair& pair = pairs_[i];
    if (pair.id == selected_id_ || (pair.given && state_ == IceState::Checking)) continue;
    if (now - pair.last_heard >= kPairLifetime) remove_pair(i);
  }
}

void IceAgent::handle_timeout(Micros now) {
  if (state_ == IceState::Closed || state_ == IceState::Failed) return;
  if (state_ == IceState::Checking && now - started_ >= config_.connect_timeout) {
    fail(IceFailure::Timeout);
    return;
  }
  run_checks(now);
  run_consent(now);
  if (state_ != IceState::Failed) expire_pairs(now);
}

Micros IceAgent::next_deadline() const {
  if (state_ == IceState::Closed || state_ == IceState::Failed) return kNever;
  Micros at = kNever;
  if (state_ == IceState::Checking) at = started_ + config_.connect_timeout;
  for (const Pair& pair : pairs_) {
    if (remote_ && pair.next_transmission != kNever) {
      at = std::min(at, pair.triggered ? pair.next_transmission : std::max(pair.next_transmission, next_pace_));
    }
    if (pair.id != selected_id_ && !(pair.given && state_ == IceState::Checking)) {
      at = std::min(at, pair.last_heard + kPairLifetime);
    }
  }
  if (selected_id_ != 0) at = std::min(at, std::min(next_consent_, last_consent_ + config_.consent_expiry));
  return at;
}

void IceAgent::fail(IceFailure failure) {
  for (Pair& pair : pairs_) mark_invalid(pair);
  pairs_.clear();
  selected_id_ = 0;
  set_state(IceState::Failed, failure);
}

void IceAgent::mark_invalid(Pair& pair) {
  if (!pair.announced) return;
  pair.announced = false;
  IceOutput output;
  output.kind = IceOutput::Kind::PairInvalid;
  output.pair = pair.address;
  emit(std::move(output));
}

// Randomised by ±20 %, so that many agents started together do not check together.
Micros IceAgent::consent_wait() {
  const Micros spread = config_.consent_interval * 2 / 5;
  const Micros jitter = spread > 0 ? static_cast<Micros>(random_.u32() % static_cast<uint64_t>(spread)) : 0;
  return config_.consent_interval * 4 / 5 + jitter;
}

void IceAgent::set_state(IceState state, IceFailure failure) {
  if (state_ == state) return;
  state_ = state;
  IceOutput output;
  output.kind = IceOutput::Kind::StateChanged;
  output.state = state;
  output.failure = failure;
  emit(std::move(output));
}

void IceAgent::transmit(const IceAddressPair& address, ByteSpan bytes) {
  if (bytes.empty()) return;
  IceOutput output;
  output.kind = IceOutput::Kind::Transmit;
  output.pair = address;
  output.bytes.assign(bytes.begin(), bytes.end());
  emit(std::move(output));
}

void IceAgent::emit(IceOutput output) {
  if (outputs_.size() == kMaxOutputs) outputs_.pop_front();
  outputs_.push_back(std::move(output));
}

bool IceAgent::poll(IceOutput& output) {
  if (outputs_.empty()) return false;
  output = std::move(outputs_.front());
  outputs_.pop_front();
  return true;
}

bool IceAgent::is_valid(uint32_t local_id, const SocketAddress& remote) const {
  const Pair* pair = find_pair({local_id, remote});
  return pair != nullptr && pair->announced;
}

bool IceAgent::is_valid(const SocketAddress& remote) const {
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [&remote](const Pair& pair) {
                       return pair.announced && pair.address.remote == remote && !ice_is_tcp(pair.address.local_id);
                     });
}

std::optional<IceAddressPair> IceAgent::selected() const {
  const Pair* pair = selected_pair();
  return pair == nullptr ? std::nullopt : std::optional(pair->address);
}

Micros IceAgent::rtt() const {
  const Pair* pair = selected_pair();
  return pair == nullptr ? -1 : pair->rtt;
}

Micros IceAgent::min_rtt() const {
  const Pair* pair = selected_pair();
  return pair == nullptr ? -1 : pair->min_rtt;
}

}  // namespace parley
