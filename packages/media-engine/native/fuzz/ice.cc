// A conversation with an agent, written as a program: each byte is a step, with operands behind it. Peers of it may be
// authentic, wrong, confused or silent; the agent must stay bounded and its deadlines must move on.
#include "../core/ice.h"

#include "fuzz.h"

using namespace parley;

namespace {

class CountingRandom : public RandomSource {
 public:
  void fill(MutableByteSpan out) override {
    for (uint8_t& b : out)
      b = static_cast<uint8_t>((state_ = state_ * 6364136223846793005u + 1442695040888963407u) >> 56);
  }

 private:
  uint64_t state_ = 1;
};

const IceCredentials kLocal{"srvu", "server-password-22-chars"};
const IceCredentials kRemotes[2] = {{"cliu", "client-password-22-chars"}, {"clin", "client-password-new-22-c"}};

SocketAddress address(uint8_t n) { return SocketAddress::v4(10, 0, 0, n, 5000); }

class Conversation {
 public:
  explicit Conversation(uint8_t first) : agent_(config(first), random_) {}

  void step(Reader& in) {
    switch (in.u8() % 9) {
      case 0: now_ += Micros{in.u16()} * kMillisecond; break;
      case 1: (void)agent_.set_remote(now_, kRemotes[in.u8() & 1]); break;
      case 2: agent_.add_remote_candidate(now_, 0, address(in.u8())); break;
      case 3: request(in); break;
      case 4: answer(in); break;
      case 5: {
        const ByteSpan garbage = in.bytes(in.u8());
        (void)agent_.handle_stun(now_, 0, address(1), garbage);
        break;
      }
      case 6: agent_.set_local({"srvn", "server-password-new-22-c"}); break;
      case 7: run_timers(); break;
      case 8: {
        const uint8_t what = in.u8();
        if (what == 0x55) agent_.close();
        if (what == 0x56 || what == 0x57) agent_.lose_local(now_, what & 1);
        break;
      }
    }
    drain();
    REQUIRE(agent_.pair_count() <= 16);
  }

 private:
  static IceConfig config(uint8_t first) {
    IceConfig c;
    c.role = (first & 1) != 0 ? IceRole::Controlled : IceRole::Controlling;
    c.local = kLocal;
    return c;
  }

  void request(Reader& in) {
    const uint8_t flags = in.u8();
    uint8_t buffer[512];
    StunTransactionId id{};
    id[0] = flags;
    StunWriter w(buffer, StunClass::Request, kStunBinding, id);
    w.username(std::string((flags & 1) != 0 ? "srvu:" : "srvn:") + kRemotes[(flags >> 1) & 1].ufrag);
    w.priority(in.u32());
    if ((flags & 4) != 0) w.ice_controlled(in.u64());
    if ((flags & 8) != 0) w.ice_controlling(in.u64());
    if ((flags & 16) != 0) w.use_candidate();
    const size_t size = w.finish(as_bytes((flags & 32) != 0 ? kLocal.pwd : agent_.local().pwd));
    (void)agent_.handle_stun(now_, (flags >> 6) & 1, address(in.u8()), ByteSpan(buffer, size));
  }

  // To the last check that was sent: success, or an error, with the right password or not.
  void answer(Reader& in) {
    const uint8_t flags = in.u8();
    if (!last_check_ || !agent_.remote()) return;
    uint8_t buffer[512];
    StunWriter w(buffer, (flags & 1) != 0 ? StunClass::Success : StunClass::Error, kStunBinding, *last_check_);
    w.xor_mapped_address(address(9));
    if ((flags & 1) == 0) w.error_code((flags & 2) != 0 ? 487 : 400, "no");
    const size_t size = w.finish(as_bytes((flags & 4) != 0 ? "wrong" : agent_.remote()->pwd));
    (void)agent_.handle_stun(now_, (flags & 8) != 0 ? 1 : last_pair_.local_id, last_pair_.remote,
                             ByteSpan(buffer, size));
  }

  void run_timers() {
    for (int i = 0; i < 200; i++) {
      const Micros at = agent_.next_deadline();
      if (at == kNever) return;
      if (at > now_) now_ = at;
      agent_.handle_timeout(now_);
      drain();
      REQUIRE(agent_.next_deadline() > now_);
    }
  }

  void drain() {
    const bool over = agent_.state() == IceState::Failed || agent_.state() == IceState::Closed;
    IceOutput output;
    size_t count = 0;
    while (agent_.poll(output)) {
      count++;
      if (output.kind != IceOutput::Kind::Transmit) continue;
      StunMessage m;
      REQUIRE(stun_parse(output.bytes, m) == StunParseError::None && m.has_fingerprint);
      if (m.message_class == StunClass::Request) {
        last_check_ = m.transaction_id;
        last_pair_ = output.pair;
      }
    }
    REQUIRE(count <= 256);
    if (over) REQUIRE(!agent_.selected() && agent_.next_deadline() == kNever);
    if (agent_.state() == IceState::Connected) {
      REQUIRE(agent_.selected());
      REQUIRE(agent_.is_valid(agent_.selected()->local_id, agent_.selected()->remote));
    }
  }

  CountingRandom random_;
  IceAgent agent_;
  Micros now_ = 0;
  std::optional<StunTransactionId> last_check_;
  IceAddressPair last_pair_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader in(ByteSpan(data, size));
  Conversation conversation(in.u8());
  for (int steps = 0; in.remaining() > 0 && steps < 300; steps++) conversation.step(in);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  // Authentic requests from more addresses than there are pairs.
  std::vector<uint8_t> crowd = hex("00 0100");
  for (uint8_t n = 1; n <= 20; n++) {
    const auto request = hex("03 25 6e0001ff 0000000000000001");
    crowd.insert(crowd.end(), request.begin(), request.end());
    crowd.push_back(n);
  }
  return {
      crowd,
      // Controlling: credentials, an authentic request, its answer, timers, another address, an answer.
      hex("00 0100 03 25 6e0001ff 0000000000000001 05 0401 07 000bb8 03 25 7e0001ff 0000000000000001 06 0401 07 07"),
      // Controlled with a candidate: answer, nomination, silence.
      hex("01 0100 0201 0401 03 39 6e0001ff 0000000000000001 01 0401 0007d0 07 07 07"),
      // Role conflict, error answers, restart, close.
      hex("00 0100 03 29 6e0001ff ffffffffffffffff 05 0402 0401 0101 06 0401 07 0855"),
      hex("00 05 04 00010000 02 07 02 08 07"),
      // Connected on one local address, heard on another, and the first is lost, then the second.
      hex("00 0100 03 25 6e0001ff 0000000000000001 05 0401 07 03 65 5e0001ff 0000000000000001 05 0401 0856 07 0401 0857 07"),
  };
}
