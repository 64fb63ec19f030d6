#include "../core/stun_query.h"

#include <algorithm>

#include "test.h"

namespace parley {
using test::FixedRandom;

namespace {

const SocketAddress kAsked = SocketAddress::v4(192, 0, 2, 1, 3478);
const SocketAddress kSeen = SocketAddress::v4(203, 0, 113, 7, 40000);

std::vector<StunQuery::Output> drain(StunQuery& query) {
  std::vector<StunQuery::Output> outputs;
  StunQuery::Output output;
  while (query.poll(output)) outputs.push_back(output);
  return outputs;
}

std::vector<uint8_t> answer_to(const std::vector<uint8_t>& request, StunClass message_class) {
  StunMessage m;
  CHECK(stun_parse(request, m) == StunParseError::None);
  uint8_t buffer[128];
  StunWriter w(buffer, message_class, kStunBinding, m.transaction_id);
  if (message_class == StunClass::Success) w.xor_mapped_address(kSeen);
  if (message_class == StunClass::Error) w.error_code(400, "no");
  return {buffer, buffer + w.finish_without_integrity()};
}

}  // namespace

TEST(stun_query_answered, "stun query: tells the address that the server saw, once, and only from the server itself") {
  FixedRandom random;
  StunQuery query(random);
  CHECK(query.ask(0, kAsked));
  CHECK(query.ask(1, kAsked));
  const auto sent = drain(query);
  CHECK_EQ(sent.size(), 1u);
  CHECK(sent[0].server == kAsked);
  CHECK_EQ(stun_peek_transaction_tag(sent[0].bytes).value_or(1), StunQuery::kTransactionTag);
  const auto answer = answer_to(sent[0].bytes, StunClass::Success);
  CHECK(!query.handle_stun(SocketAddress::v4(192, 0, 2, 2, 3478), answer));
  CHECK(!query.handle_stun(kAsked, sent[0].bytes));
  CHECK(query.handle_stun(kAsked, answer));
  const auto told = drain(query);
  CHECK_EQ(told.size(), 1u);
  CHECK(told[0].kind == StunQuery::Output::Kind::Answered && told[0].mapped == kSeen && told[0].server == kAsked);
  CHECK(!query.handle_stun(kAsked, answer));
  CHECK(query.next_deadline() == kNever);
}

TEST(stun_query_silence, "stun query: seven transmissions with growing waits, then it is told that nobody answers") {
  FixedRandom random;
  StunQuery query(random);
  CHECK(query.ask(0, kAsked));
  std::vector<Micros> times{0};
  auto first = drain(query);
  for (;;) {
    const Micros now = query.next_deadline();
    query.handle_timeout(now);
    const auto outputs = drain(query);
    CHECK_EQ(outputs.size(), 1u);
    if (outputs[0].kind == StunQuery::Output::Kind::Unanswered) {
      CHECK_EQ(now, 39500 * kMillisecond);
      break;
    }
    CHECK(outputs[0].bytes == first[0].bytes);
    times.push_back(now / kMillisecond);
  }
  CHECK(times == std::vector<Micros>({0, 500, 1500, 3500, 7500, 15500, 31500}));
  CHECK(query.next_deadline() == kNever);
}

TEST(stun_query_error, "stun query: an error is no answer; servers are bounded") {
  FixedRandom random;
  StunQuery query(random);
  CHECK(query.ask(0, kAsked));
  CHECK(query.handle_stun(kAsked, answer_to(drain(query)[0].bytes, StunClass::Error)));
  CHECK(drain(query)[0].kind == StunQuery::Output::Kind::Unanswered);
  for (uint16_t port = 1; port <= StunQuery::kMaxServers; ++port) {
    CHECK(query.ask(0, SocketAddress::v4(192, 0, 2, 1, port)));
  }
  CHECK(!query.ask(0, kAsked));
}

}  // namespace parley
