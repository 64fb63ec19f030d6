// RFC 6544 pairs beside UDP ones: which of them carries the media, and what happens when a connection ends.
#include <set>

#include "../core/ice.h"
#include "test.h"

namespace parley {
using test::FixedRandom;

namespace {

constexpr uint32_t kTcp1 = kIceTcp | 1;
constexpr uint32_t kTcp2 = kIceTcp | 2;
constexpr uint32_t kUdp = 1;
const SocketAddress kPeer = SocketAddress::v4(198, 51, 100, 7, 5000);
const IceCredentials kOurs{"srvu", "server-password-22-chars"};
const IceCredentials kTheirs{"cliu", "client-password-22-chars"};

/// The server's agent and a controlled peer that asks and answers on the ways that are open.
class Call {
 public:
  Call() : agent(config(), random_) { CHECK(agent.set_remote(now, kTheirs)); }

  void ask(uint32_t local_id, uint32_t priority) {
    uint8_t buffer[512];
    StunTransactionId id{};
    random_.fill(id);
    StunWriter w(buffer, StunClass::Request, kStunBinding, id);
    w.username(kOurs.ufrag + ":" + kTheirs.ufrag);
    w.priority(priority);
    w.ice_controlled(1);
    const size_t size = w.finish(as_bytes(kOurs.pwd));
    open.insert(local_id);
    CHECK(agent.handle_stun(now, local_id, kPeer, ByteSpan(buffer, size)) == IceDrop::None);
    drain();
  }

  void run(Micros time) {
    const Micros end = now + time;
    while (agent.next_deadline() <= end) {
      now = std::max(now, agent.next_deadline());
      agent.handle_timeout(now);
      drain();
    }
    now = end;
  }

  void end(uint32_t local_id) {
    open.erase(local_id);
    agent.lose_local(now, local_id);
    drain();
  }

  [[nodiscard]] uint32_t used() const { return agent.selected() ? agent.selected()->local_id : 0; }

 private:
  static IceConfig config() {
    IceConfig c;
    c.local = kOurs;
    return c;
  }

  void drain() {
    IceOutput output;
    while (agent.poll(output)) {
      if (output.kind == IceOutput::Kind::PairValid) valid.insert(output.pair.local_id);
      if (output.kind == IceOutput::Kind::PairInvalid) valid.erase(output.pair.local_id);
      if (output.kind != IceOutput::Kind::Transmit || open.count(output.pair.local_id) == 0) continue;
      StunMessage request;
      CHECK(stun_parse(output.bytes, request) == StunParseError::None);
      if (request.message_class != StunClass::Request) continue;
      last_priority = request.priority.value_or(0);
      uint8_t buffer[512];
      StunWriter w(buffer, StunClass::Success, kStunBinding, request.transaction_id);
      w.xor_mapped_address(kPeer);
      const size_t size = w.finish(as_bytes(kTheirs.pwd));
      CHECK(agent.handle_stun(now, output.pair.local_id, kPeer, ByteSpan(buffer, size)) == IceDrop::None);
    }
  }

  FixedRandom random_;

 public:
  Micros now = 0;
  IceAgent agent;
  std::set<uint32_t> open;
  std::set<uint32_t> valid;
  uint32_t last_priority = 0;
};

constexpr uint32_t kUdpPriority = 110u << 24 | 0x7fffff;
constexpr uint32_t kTcpPriority = 80u << 24 | 0x7fffff;

}  // namespace

TEST(ice_tcp_priority, "ice: TCP carries a call until UDP works, and not the other way round") {
  Call call;
  call.ask(kTcp1, kTcpPriority);
  CHECK(call.agent.state() == IceState::Connected);
  CHECK_EQ(call.used(), kTcp1);
  CHECK_EQ(call.last_priority >> 24, 80u);
  call.ask(kUdp, kUdpPriority);
  CHECK_EQ(call.used(), kUdp);
  CHECK(call.valid == std::set<uint32_t>({kUdp, kTcp1}));

  Call other;
  other.ask(kUdp, kUdpPriority);
  other.ask(kTcp1, kTcpPriority);
  other.run(10 * kSecond);
  other.ask(kTcp1, kTcpPriority);
  CHECK_EQ(other.used(), kUdp);
}

TEST(ice_tcp_valid, "ice: an address that is valid over TCP is not valid elsewhere") {
  Call call;
  call.ask(kTcp1, kTcpPriority);
  CHECK(call.agent.is_valid(kTcp1, kPeer));
  CHECK(!call.agent.is_valid(kTcp2, kPeer));
  CHECK(!call.agent.is_valid(kUdp, kPeer));
  CHECK(!call.agent.is_valid(kPeer));
}

TEST(ice_tcp_lost, "ice: when the connection in use ends, another way that lives is taken at once") {
  Call call;
  call.ask(kTcp1, kTcpPriority);
  call.ask(kTcp2, kTcpPriority);
  CHECK_EQ(call.used(), kTcp1);
  call.end(kTcp1);
  CHECK(call.agent.state() == IceState::Disconnected);
  call.run(0);
  CHECK(call.agent.state() == IceState::Connected);
  CHECK_EQ(call.used(), kTcp2);
  CHECK(call.valid == std::set<uint32_t>{kTcp2});
}

TEST(ice_tcp_reconnects, "ice: a peer that connects again goes on; one that does not has 30 seconds") {
  Call call;
  call.ask(kTcp1, kTcpPriority);
  call.end(kTcp1);
  call.run(10 * kSecond);
  CHECK(call.agent.state() == IceState::Disconnected);
  call.ask(kTcp2, kTcpPriority);
  CHECK(call.agent.state() == IceState::Connected);
  CHECK_EQ(call.used(), kTcp2);
  call.end(kTcp2);
  call.run(31 * kSecond);
  CHECK(call.agent.state() == IceState::Failed);
  CHECK(call.valid.empty());
}

TEST(ice_tcp_spare_lost, "ice: a connection that is not in use ends without a word") {
  Call call;
  call.ask(kUdp, kUdpPriority);
  call.ask(kTcp1, kTcpPriority);
  call.end(kTcp1);
  CHECK(call.agent.state() == IceState::Connected);
  CHECK_EQ(call.used(), kUdp);
  CHECK_EQ(call.agent.pair_count(), 1u);
}

}  // namespace parley
