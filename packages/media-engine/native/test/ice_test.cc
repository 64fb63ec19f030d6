// Two agents on virtual time over a network with latency, loss and moving addresses.
#include "../core/ice.h"

#include <algorithm>
#include <map>

#include "test.h"

namespace parley {
using test::FixedRandom;

namespace {

const SocketAddress kServer = SocketAddress::v4(203, 0, 113, 1, 10000);
const SocketAddress kClient = SocketAddress::v4(198, 51, 100, 7, 5000);
const IceCredentials kServerCredentials{"srvu", "server-password-22-chars"};
const IceCredentials kClientCredentials{"cliu", "client-password-22-chars"};

IceConfig config_of(IceRole role, const IceCredentials& local, uint32_t tag) {
  IceConfig config;
  config.role = role;
  config.local = local;
  config.transaction_tag = tag;
  return config;
}

struct Side {
  Side(IceRole role, const IceCredentials& local, uint32_t tag, const SocketAddress& at)
      : random(tag), agent(config_of(role, local, tag), random), address(at) {}
  FixedRandom random;
  IceAgent agent;
  SocketAddress address;
  std::vector<std::pair<Micros, IceState>> states;
  std::vector<SocketAddress> selected;
  std::vector<SocketAddress> valid;
  std::map<IceDrop, int> drops;
  IceFailure failure = IceFailure::None;
  size_t sent = 0;

  [[nodiscard]] bool saw(IceState state) const {
    return std::any_of(states.begin(), states.end(), [&](const auto& s) { return s.second == state; });
  }
};

class Network {
 public:
  Network(Side& a, Side& b) : a_(a), b_(b) {}
  Micros now = 0;
  Micros latency = 20 * kMillisecond;
  unsigned loss_percent = 0;
  FixedRandom random{99};

  void flush(Side& side) {
    IceOutput output;
    while (side.agent.poll(output)) {
      switch (output.kind) {
        case IceOutput::Kind::Transmit:
          side.sent++;
          if (!random.chance(loss_percent)) {
            flights_.push_back({now + latency, side.address, output.pair.remote, output.bytes});
          }
          break;
        case IceOutput::Kind::StateChanged:
          side.states.push_back({now, output.state});
          side.failure = output.failure;
          break;
        case IceOutput::Kind::SelectedPair: side.selected.push_back(output.pair.remote); break;
        case IceOutput::Kind::PairValid: side.valid.push_back(output.pair.remote); break;
        case IceOutput::Kind::PairInvalid:
          side.valid.erase(std::remove(side.valid.begin(), side.valid.end(), output.pair.remote), side.valid.end());
          break;
      }
    }
  }

  /// Runs until `end`, or until both are connected when asked to.
  void run(Micros end, bool until_connected = false) {
    int turns = 0;
    for (;;) {
      flush(a_);
      flush(b_);
      if (until_connected && a_.agent.state() == IceState::Connected && b_.agent.state() == IceState::Connected) return;
      Micros next = std::min(a_.agent.next_deadline(), b_.agent.next_deadline());
      for (const Flight& f : flights_) next = std::min(next, f.at);
      if (next > end) {
        now = std::max(now, end);
        return;
      }
      CHECK(++turns < 200000);  // a deadline that does not move on
      now = std::max(now, next);
      deliver();
      if (a_.agent.next_deadline() <= now) {
        a_.agent.handle_timeout(now);
        CHECK(a_.agent.next_deadline() > now);
      }
      if (b_.agent.next_deadline() <= now) {
        b_.agent.handle_timeout(now);
        CHECK(b_.agent.next_deadline() > now);
      }
    }
  }

  bool blackhole = false;

 private:
  struct Flight {
    Micros at;
    SocketAddress from, to;
    std::vector<uint8_t> bytes;
  };
  void deliver() {
    std::vector<Flight> due;
    const auto late =
        std::stable_partition(flights_.begin(), flights_.end(), [&](const Flight& f) { return f.at > now; });
    due.assign(late, flights_.end());
    flights_.erase(late, flights_.end());
    for (const Flight& f : due) {
      if (blackhole) continue;
      for (Side* side : {&a_, &b_}) {
        if (side->address == f.to) side->drops[side->agent.handle_stun(now, 0, f.from, f.bytes)]++;
      }
    }
  }
  Side& a_;
  Side& b_;
  std::vector<Flight> flights_;
};

struct Pair {
  Side server{IceRole::Controlling, kServerCredentials, 1, kServer};
  Side client{IceRole::Controlled, kClientCredentials, 2, kClient};
  Network net{server, client};

  void start() {
    CHECK(server.agent.set_remote(net.now, kClientCredentials));
    CHECK(client.agent.set_remote(net.now, kServerCredentials));
    client.agent.add_remote_candidate(net.now, 0, kServer);
  }
  void connect() {
    start();
    net.run(net.now + 10 * kSecond, true);
    CHECK(server.agent.state() == IceState::Connected);
    CHECK(client.agent.state() == IceState::Connected);
  }
};

std::vector<uint8_t> request(const IceCredentials& from, const IceCredentials& to, bool controlled, uint8_t id = 1,
                             bool use_candidate = false, uint64_t tie_breaker = 1) {
  uint8_t buffer[512];
  StunTransactionId transaction{};
  transaction[11] = id;
  StunWriter w(buffer, StunClass::Request, kStunBinding, transaction);
  w.username(to.ufrag + ":" + from.ufrag);
  w.priority(0x6e0001ff);
  if (controlled) {
    w.ice_controlled(tie_breaker);
  } else {
    w.ice_controlling(tie_breaker);
    if (use_candidate) w.use_candidate();
  }
  const size_t size = w.finish(as_bytes(to.pwd));
  return {buffer, buffer + size};
}

}  // namespace

TEST(ice_connects, "ice: the server connects one and a half round trips after the client's first check") {
  Pair p;
  p.connect();
  // Check out at 0, arrives at 20 ms; triggered check with nomination arrives at 40, its answer at 60.
  CHECK_EQ(p.net.now, 60 * kMillisecond);
  CHECK(p.server.selected == std::vector<SocketAddress>{kClient});
  CHECK(p.client.selected == std::vector<SocketAddress>{kServer});
  CHECK(p.server.agent.is_valid(0, kClient));
  CHECK(!p.server.agent.is_valid(1, kClient));
  CHECK_EQ(p.server.agent.rtt(), 40 * kMillisecond);
}

TEST(ice_early_check,
     "ice: checks that come before the remote credentials are answered, and used once they are known") {
  Pair p;
  CHECK(p.client.agent.set_remote(0, kServerCredentials));
  p.client.agent.add_remote_candidate(0, 0, kServer);
  p.net.run(300 * kMillisecond);
  CHECK(p.server.agent.state() == IceState::New);
  CHECK(p.client.valid == std::vector<SocketAddress>{kServer});
  CHECK(p.server.valid.empty());
  CHECK(p.server.agent.set_remote(p.net.now, kClientCredentials));
  const Micros before = p.net.now;
  p.net.run(p.net.now + kSecond, true);
  CHECK_EQ(p.net.now - before, 40 * kMillisecond);
}

TEST(ice_loss, "ice: connects through 40 % loss each way") {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    Pair p;
    p.net.random = FixedRandom(seed);
    p.net.loss_percent = 40;
    p.start();
    p.net.run(20 * kSecond, true);
    CHECK(p.server.agent.state() == IceState::Connected);
    CHECK(p.client.agent.state() == IceState::Connected);
  }
}

TEST(ice_stays, "ice: consent keeps an idle call connected, at about one check in five seconds") {
  Pair p;
  p.connect();
  const size_t before = p.server.sent;
  p.net.run(p.net.now + 300 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK_EQ(p.server.states.size(), 2u);  // checking, connected
  // Own checks and answers to the client's: about 60 each.
  const size_t sent = p.server.sent - before;
  CHECK(sent > 95 && sent < 160);
  CHECK_EQ(p.server.agent.pair_count(), 1u);
}

TEST(ice_wrong_credentials, "ice: strangers get no answer and leave no state") {
  Pair p;
  CHECK(p.server.agent.set_remote(0, kClientCredentials));
  p.net.flush(p.server);
  const auto drop = [&](const std::vector<uint8_t>& packet) {
    return p.server.agent.handle_stun(1, 0, kClient, packet);
  };
  CHECK(drop(request(kClientCredentials, {"srvx", kServerCredentials.pwd}, true)) == IceDrop::WrongUsername);
  CHECK(drop(request(kClientCredentials, {"srvu", "another-password-22-char"}, true)) == IceDrop::WrongIntegrity);
  uint8_t buffer[128];
  StunWriter bare(buffer, StunClass::Request, kStunBinding, {});
  CHECK(drop({buffer, buffer + bare.finish_without_integrity()}) == IceDrop::MissingCredentials);
  StunWriter other(buffer, StunClass::Request, 3, {});
  CHECK(drop({buffer, buffer + other.finish_without_integrity()}) == IceDrop::NotBinding);
  CHECK(drop(test::hex("000100002112a442")) == IceDrop::Malformed);
  StunWriter answer(buffer, StunClass::Success, kStunBinding, {});
  CHECK(drop({buffer, buffer + answer.finish(as_bytes(kClientCredentials.pwd))}) == IceDrop::UnknownTransaction);
  p.net.flush(p.server);
  CHECK_EQ(p.server.sent, 0u);
  CHECK_EQ(p.server.agent.pair_count(), 0u);
}

TEST(ice_indication, "ice: an indication, which nobody signs, counts as nothing authentic") {
  FixedRandom random(3);
  IceAgent agent(config_of(IceRole::Controlling, kServerCredentials, 7), random);
  CHECK(agent.set_remote(0, kClientCredentials));
  uint8_t buffer[64];
  StunWriter writer(buffer, StunClass::Indication, kStunBinding, StunTransactionId{0, 0, 0, 7});
  const size_t size = writer.finish_without_integrity();
  CHECK(agent.handle_stun(0, 0, kClient, ByteSpan(buffer, size)) == IceDrop::Unauthenticated);
  CHECK_EQ(agent.pair_count(), 0u);
}

TEST(ice_forged_answer, "ice: an answer with the wrong password or from another address validates nothing") {
  Pair p;
  CHECK(p.server.agent.set_remote(0, kClientCredentials));
  CHECK(p.server.agent.handle_stun(0, 0, kClient, request(kClientCredentials, kServerCredentials, true)) ==
        IceDrop::None);
  IceOutput output;
  StunTransactionId id{};
  while (p.server.agent.poll(output)) {
    StunMessage m;
    if (output.kind == IceOutput::Kind::Transmit && stun_parse(output.bytes, m) == StunParseError::None &&
        m.message_class == StunClass::Request) {
      id = m.transaction_id;
      CHECK(m.use_candidate);
      CHECK_EQ(*stun_peek_transaction_tag(output.bytes), 1u);
    }
  }
  const auto answer = [&](std::string_view key) {
    uint8_t buffer[128];
    StunWriter w(buffer, StunClass::Success, kStunBinding, id);
    w.xor_mapped_address(kServer);
    const size_t size = w.finish(as_bytes(key));
    return std::vector<uint8_t>(buffer, buffer + size);
  };
  const SocketAddress elsewhere = SocketAddress::v4(192, 0, 2, 66, 1);
  CHECK(p.server.agent.handle_stun(1, 0, kClient, answer("client-password-22-charx")) == IceDrop::WrongIntegrity);
  CHECK(p.server.agent.handle_stun(1, 0, elsewhere, answer(kClientCredentials.pwd)) == IceDrop::WrongAddress);
  CHECK(p.server.agent.handle_stun(1, 1, kClient, answer(kClientCredentials.pwd)) == IceDrop::WrongAddress);
  CHECK(!p.server.agent.is_valid(0, kClient));
  CHECK(p.server.agent.handle_stun(1, 0, kClient, answer(kClientCredentials.pwd)) == IceDrop::None);
  CHECK(p.server.agent.is_valid(0, kClient));
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.server.agent.handle_stun(2, 0, kClient, answer(kClientCredentials.pwd)) == IceDrop::UnknownTransaction);
}

TEST(ice_timeout, "ice: without a peer the agent fails after the connect timeout") {
  Pair p;
  p.net.blackhole = true;
  p.start();
  p.net.run(60 * kSecond);
  CHECK(p.server.agent.state() == IceState::Failed);
  CHECK(p.client.agent.state() == IceState::Failed);
  CHECK(p.client.failure == IceFailure::Timeout);
  CHECK_EQ(p.client.states.back().first, 30 * kSecond);
  CHECK(p.client.agent.next_deadline() == kNever);
  CHECK(p.client.sent < 30);
}

TEST(ice_consent_lost, "ice: a dead path is disconnected within eight seconds and failed after thirty") {
  Pair p;
  p.connect();
  p.net.blackhole = true;
  const Micros cut = p.net.now;
  p.net.run(cut + 60 * kSecond);
  for (const Side* side : {&p.server, &p.client}) {
    CHECK(side->failure == IceFailure::ConsentExpired);
    Micros disconnected = 0, failed = 0;
    for (const auto& [at, state] : side->states) {
      if (state == IceState::Disconnected) disconnected = at - cut;
      if (state == IceState::Failed) failed = at - cut;
    }
    CHECK(disconnected > 2 * kSecond && disconnected < 9 * kSecond);
    CHECK(failed > 24 * kSecond && failed <= 31 * kSecond);
    CHECK(side->valid.empty());
    CHECK(!side->agent.selected());
  }
}

TEST(ice_outage, "ice: a path that comes back within thirty seconds goes on") {
  Pair p;
  p.connect();
  p.net.blackhole = true;
  p.net.run(p.net.now + 15 * kSecond);
  CHECK(p.server.agent.state() == IceState::Disconnected);
  p.net.blackhole = false;
  p.net.run(p.net.now + 5 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.client.agent.state() == IceState::Connected);
  CHECK_EQ(p.server.selected.size(), 1u);
}

TEST(ice_peer_moves, "ice: a peer that changes its address is followed within two seconds") {
  Pair p;
  p.connect();
  p.net.run(p.net.now + 10 * kSecond);
  const SocketAddress moved = SocketAddress::v4(198, 51, 100, 8, 6000);
  p.client.address = moved;
  const Micros at = p.net.now;
  // The mobile client notices and checks from its new address, as browsers do.
  while (p.net.now < at + 2 * kSecond) {
    const auto check = request(kClientCredentials, kServerCredentials, true, static_cast<uint8_t>(p.net.now % 251));
    CHECK(p.server.agent.handle_stun(p.net.now, 0, moved, check) == IceDrop::None);
    p.net.run(p.net.now + 250 * kMillisecond);
  }
  CHECK(p.server.selected.back() == moved);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(!p.server.saw(IceState::Failed));
  p.net.run(p.net.now + 60 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.server.valid == std::vector<SocketAddress>{moved});
}

TEST(ice_second_pair, "ice: a second working pair does not replace the selected one, unless its priority is higher") {
  Pair p;
  p.connect();
  const SocketAddress second = SocketAddress::v4(198, 51, 100, 9, 7000);
  const auto answer_checks = [&](uint32_t) {
    IceOutput output;
    while (p.server.agent.poll(output)) {
      StunMessage m;
      if (output.kind == IceOutput::Kind::SelectedPair) p.server.selected.push_back(output.pair.remote);
      if (output.kind != IceOutput::Kind::Transmit || stun_parse(output.bytes, m) != StunParseError::None) continue;
      if (m.message_class != StunClass::Request || !(output.pair.remote == second)) continue;
      uint8_t buffer[128];
      StunWriter w(buffer, StunClass::Success, kStunBinding, m.transaction_id);
      w.xor_mapped_address(kServer);
      const size_t size = w.finish(as_bytes(kClientCredentials.pwd));
      CHECK(p.server.agent.handle_stun(p.net.now, 0, second, ByteSpan(buffer, size)) == IceDrop::None);
    }
  };
  const auto check_with_priority = [&](uint32_t priority, uint8_t id) {
    uint8_t buffer[512];
    StunTransactionId transaction{};
    transaction[0] = id;
    StunWriter w(buffer, StunClass::Request, kStunBinding, transaction);
    w.username("srvu:cliu");
    w.priority(priority);
    w.ice_controlled(1);
    const size_t size = w.finish(as_bytes(kServerCredentials.pwd));
    CHECK(p.server.agent.handle_stun(p.net.now, 0, second, ByteSpan(buffer, size)) == IceDrop::None);
    answer_checks(priority);
    answer_checks(priority);
  };
  check_with_priority(0x10000000, 1);
  CHECK(p.server.agent.is_valid(0, second));
  CHECK(*p.server.agent.selected() == (IceAddressPair{0, kClient}));
  p.net.now += kSecond;
  check_with_priority(0x7effffff, 2);
  CHECK(*p.server.agent.selected() == (IceAddressPair{0, second}));
}

TEST(ice_pair_flood, "ice: an authentic peer with many addresses cannot grow the agent nor lose its pair") {
  Pair p;
  p.connect();
  for (int i = 0; i < 5000; i++) {
    const auto from = SocketAddress::v4(10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i), 1);
    (void)p.server.agent.handle_stun(p.net.now + i, 0, from, request(kClientCredentials, kServerCredentials, true));
    IceOutput output;
    while (p.server.agent.poll(output)) {
    }
  }
  CHECK_EQ(p.server.agent.pair_count(), 16u);
  CHECK(*p.server.agent.selected() == (IceAddressPair{0, kClient}));
  p.net.now += 5000;
  p.net.run(p.net.now + 100 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK_EQ(p.server.agent.pair_count(), 1u);
}

TEST(ice_undrained, "ice: outputs that nobody takes stay bounded") {
  Pair p;
  CHECK(p.server.agent.set_remote(0, kClientCredentials));
  for (int i = 0; i < 2000; i++) {
    (void)p.server.agent.handle_stun(i, 0, kClient, request(kClientCredentials, kServerCredentials, true));
  }
  int outputs = 0;
  IceOutput output;
  while (p.server.agent.poll(output)) outputs++;
  CHECK_EQ(outputs, 256);
}

TEST(ice_role_conflict, "ice: two controlling or two controlled agents agree by tie-breaker") {
  for (const IceRole role : {IceRole::Controlling, IceRole::Controlled}) {
    for (uint32_t seed = 1; seed <= 8; seed++) {
      Side a(role, kServerCredentials, seed * 2, kServer);
      Side b(role, kClientCredentials, seed * 2 + 1, kClient);
      Network net(a, b);
      CHECK(a.agent.set_remote(0, kClientCredentials));
      CHECK(b.agent.set_remote(0, kServerCredentials));
      b.agent.add_remote_candidate(0, 0, kServer);
      net.run(10 * kSecond, true);
      CHECK(a.agent.state() == IceState::Connected);
      CHECK(b.agent.state() == IceState::Connected);
      CHECK(a.agent.role() != b.agent.role());
    }
  }
}

TEST(ice_restart, "ice: a restart keeps the old pair until the new credentials work") {
  Pair p;
  p.connect();
  p.net.run(p.net.now + 3 * kSecond);
  const IceCredentials server_new{"srvn", "server-password-new-22-c"}, client_new{"clin", "client-password-new-22-c"};
  p.server.agent.set_local(server_new);
  p.client.agent.set_local(client_new);
  CHECK(p.client.agent.set_remote(p.net.now, server_new));
  // The server hears of it 300 ms later; the client's checks are answered meanwhile.
  p.net.run(p.net.now + 300 * kMillisecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.server.agent.is_valid(0, kClient));
  CHECK(p.server.agent.set_remote(p.net.now, client_new));
  p.net.run(p.net.now + 60 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.client.agent.state() == IceState::Connected);
  CHECK(!p.server.saw(IceState::Disconnected));
  CHECK(p.server.agent.remote() == client_new);
  // The old password no longer opens the door.
  CHECK(p.server.agent.handle_stun(p.net.now, 0, kClient, request(client_new, kServerCredentials, true)) ==
        IceDrop::WrongUsername);
}

TEST(ice_restart_elsewhere, "ice: a peer that restarts on another port keeps the old pair alive until it is ready") {
  Pair p;
  p.connect();
  p.net.run(p.net.now + 3 * kSecond);
  const IceCredentials server_new{"srvn", "server-password-new-22-c"}, client_new{"clin", "client-password-new-22-c"};
  p.server.agent.set_local(server_new);
  // The server's side changes at once, and the client is slow: its old port knows the old credentials only, as
  // browsers have it. Twice as long as consent lasts.
  CHECK(p.server.agent.set_remote(p.net.now, client_new));
  p.net.run(p.net.now + 60 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(!p.server.saw(IceState::Disconnected));
  CHECK(p.server.agent.is_valid(0, kClient));
  // Now it has another port, with an agent of its own.
  const SocketAddress elsewhere = SocketAddress::v4(198, 51, 100, 7, 5001);
  Side restarted{IceRole::Controlled, client_new, 3, elsewhere};
  Network net{p.server, restarted};
  net.now = p.net.now;
  CHECK(restarted.agent.set_remote(net.now, server_new));
  restarted.agent.add_remote_candidate(net.now, 0, kServer);
  net.run(net.now + 1 * kSecond, true);
  CHECK(restarted.agent.state() == IceState::Connected);
  net.run(net.now + 1 * kSecond);
  CHECK(p.server.selected.back() == elsewhere);
  net.run(net.now + 60 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.server.valid == std::vector<SocketAddress>{elsewhere});
}

TEST(ice_restart_twice, "ice: a second restart before the first has come to anything takes its place") {
  Pair p;
  p.connect();
  const IceCredentials lost_server{"srvl", "server-password-lost-22-"}, lost_client{"clil", "client-password-lost-22-"};
  const IceCredentials server_new{"srvn", "server-password-new-22-c"}, client_new{"clin", "client-password-new-22-c"};
  p.server.agent.set_local(lost_server);
  CHECK(p.server.agent.set_remote(p.net.now, lost_client));
  p.net.run(p.net.now + 10 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  p.server.agent.set_local(server_new);
  p.client.agent.set_local(client_new);
  CHECK(p.server.agent.set_remote(p.net.now, client_new));
  CHECK(p.client.agent.set_remote(p.net.now, server_new));
  p.net.run(p.net.now + 60 * kSecond);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.client.agent.state() == IceState::Connected);
  CHECK(!p.server.saw(IceState::Disconnected));
  for (const IceCredentials& old : {lost_server, kServerCredentials}) {
    CHECK(p.server.agent.handle_stun(p.net.now, 0, kClient, request(client_new, old, true)) == IceDrop::WrongUsername);
  }
}

TEST(ice_restart_after_failure, "ice: new credentials bring a failed agent back") {
  Pair p;
  p.connect();
  p.net.blackhole = true;
  p.net.run(p.net.now + 60 * kSecond);
  CHECK(p.server.agent.state() == IceState::Failed);
  p.net.blackhole = false;
  CHECK(p.server.agent.handle_stun(p.net.now, 0, kClient, request(kClientCredentials, kServerCredentials, true)) ==
        IceDrop::NotRunning);
  const IceCredentials client_new{"clin", "client-password-new-22-c"}, server_new{"srvn", "server-password-new-22-c"};
  p.client.agent.set_local(client_new);
  p.server.agent.set_local(server_new);
  CHECK(p.server.agent.set_remote(p.net.now, client_new));
  CHECK(p.client.agent.set_remote(p.net.now, server_new));
  p.client.agent.add_remote_candidate(p.net.now, 0, kServer);
  p.net.run(p.net.now + 5 * kSecond, true);
  CHECK(p.server.agent.state() == IceState::Connected);
  CHECK(p.client.agent.state() == IceState::Connected);
}

TEST(ice_credentials_bounds, "ice: credentials of forbidden length are refused") {
  Pair p;
  CHECK(!p.server.agent.set_remote(0, {"abc", "client-password-22-chars"}));
  CHECK(!p.server.agent.set_remote(0, {"abcd", "short"}));
  CHECK(!p.server.agent.set_remote(0, {std::string(257, 'a'), "client-password-22-chars"}));
  CHECK(p.server.agent.state() == IceState::New);
  // The longest allowed ones still fit into a check.
  const IceCredentials longest{std::string(256, 'u'), std::string(256, 'p')};
  CHECK(p.server.agent.set_remote(0, longest));
  p.server.agent.add_remote_candidate(0, 0, kClient);
  IceOutput output;
  bool sent = false;
  while (p.server.agent.poll(output)) sent = sent || output.kind == IceOutput::Kind::Transmit;
  CHECK(sent);
}

TEST(ice_closed, "ice: a closed agent says nothing more") {
  Pair p;
  p.connect();
  p.server.agent.close();
  p.server.agent.close();
  IceOutput output;
  CHECK(p.server.agent.poll(output));
  CHECK(output.kind == IceOutput::Kind::StateChanged && output.state == IceState::Closed);
  CHECK(!p.server.agent.poll(output));
  CHECK(p.server.agent.handle_stun(1, 0, kClient, request(kClientCredentials, kServerCredentials, true)) ==
        IceDrop::NotRunning);
  p.server.agent.handle_timeout(100 * kSecond);
  CHECK(!p.server.agent.set_remote(1, {"abcd", "client-password-22-charz"}));
  CHECK(!p.server.agent.poll(output));
  CHECK(p.server.agent.next_deadline() == kNever);
}

TEST(ice_unknown_attribute, "ice: an authentic request with an unknown required attribute is answered with 420") {
  Pair p;
  auto packet = request(kClientCredentials, kServerCredentials, true);
  // Built by hand: the writer knows no such attribute.
  uint8_t buffer[256];
  StunWriter w(buffer, StunClass::Request, kStunBinding, {});
  w.username("srvu:cliu");
  w.unknown_attribute(0);
  store_u16(buffer + 20 + 4 + 12, 0x7fff);
  const size_t size = w.finish(as_bytes(kServerCredentials.pwd));
  CHECK(p.server.agent.handle_stun(0, 0, kClient, ByteSpan(buffer, size)) == IceDrop::None);
  IceOutput output;
  CHECK(p.server.agent.poll(output));
  StunMessage m;
  CHECK(stun_parse(output.bytes, m) == StunParseError::None);
  CHECK_EQ(*m.error_code, 420);
  CHECK_EQ(p.server.agent.pair_count(), 0u);
}

}  // namespace parley
