#include "stun_query.h"

#include <algorithm>

namespace parley {
namespace {

// RFC 8489 §6.2.1: RTO, Rc, and Rm times the RTO after the last transmission.
constexpr Micros kRto = 500 * kMillisecond;
constexpr int kMaxTransmissions = 7;
constexpr Micros kLastWait = 16 * kRto;

}  // namespace

bool StunQuery::ask(Micros now, const SocketAddress& server) {
  const bool is_asked = std::any_of(questions_.begin(), questions_.end(),
                                    [&server](const Question& question) { return question.server == server; });
  if (is_asked) return true;
  if (questions_.size() >= kMaxServers) return false;
  Question question;
  question.server = server;
  // Retransmissions are the same request (RFC 8489 §6.2.1).
  store_u32(question.id.data(), kTransactionTag);
  random_.fill(MutableByteSpan(question.id.data() + 4, question.id.size() - 4));
  questions_.push_back(question);
  transmit(now, questions_.back());
  return true;
}

void StunQuery::transmit(Micros now, Question& question) {
  uint8_t buffer[64];
  StunWriter writer(buffer, StunClass::Request, kStunBinding, question.id);
  Output output;
  output.server = question.server;
  output.bytes.assign(buffer, buffer + writer.finish_without_integrity());
  outputs_.push_back(std::move(output));
  const Micros wait = kRto << question.transmissions;
  question.next = now + (++question.transmissions == kMaxTransmissions ? kLastWait : wait);
}

bool StunQuery::handle_stun(const SocketAddress& from, ByteSpan packet) {
  StunMessage message;
  if (stun_parse(packet, message) != StunParseError::None || message.method != kStunBinding) return false;
  const auto question = std::find_if(questions_.begin(), questions_.end(), [&](const Question& q) {
    return q.id == message.transaction_id && q.server == from;
  });
  if (question == questions_.end()) return false;
  const bool is_success = message.message_class == StunClass::Success && message.mapped_address;
  if (!is_success && message.message_class != StunClass::Error) return false;
  Output output;
  output.kind = is_success ? Output::Kind::Answered : Output::Kind::Unanswered;
  output.server = from;
  if (is_success) output.mapped = *message.mapped_address;
  outputs_.push_back(std::move(output));
  questions_.erase(question);
  return true;
}

void StunQuery::handle_timeout(Micros now) {
  for (size_t i = questions_.size(); i-- > 0;) {
    Question& question = questions_[i];
    if (question.next > now) continue;
    if (question.transmissions < kMaxTransmissions) {
      transmit(now, question);
      continue;
    }
    Output output;
    output.kind = Output::Kind::Unanswered;
    output.server = question.server;
    outputs_.push_back(std::move(output));
    questions_.erase(questions_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Micros StunQuery::next_deadline() const {
  Micros at = kNever;
  for (const Question& question : questions_) at = std::min(at, question.next);
  return at;
}

bool StunQuery::poll(Output& output) {
  if (outputs_.empty()) return false;
  output = std::move(outputs_.front());
  outputs_.pop_front();
  return true;
}

}  // namespace parley
