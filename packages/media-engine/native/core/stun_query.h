// Which address others see us at: binding requests to STUN servers (RFC 8489 §6.2.1 over UDP) from a port of ours, as a
// pure core. Answers are not authenticated; whoever can read our packets can lie, and a server is believed only when it
// answers from where it was asked.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "address.h"
#include "bytes.h"
#include "clock.h"
#include "random.h"
#include "stun.h"

namespace parley {

class StunQuery {
 public:
  static constexpr size_t kMaxServers = 16;
  /// The first 32 bits of our transaction ids: no IceAgent's.
  static constexpr uint32_t kTransactionTag = 0;

  struct Output {
    enum class Kind : uint8_t {
      Transmit,    // send `bytes` to `server`
      Answered,    // it sees us at `mapped`
      Unanswered,  // asked seven times, or answered by an error
    };
    Kind kind = Kind::Transmit;
    SocketAddress server;
    std::vector<uint8_t> bytes;
    SocketAddress mapped;
  };

  /// `random` must outlive this.
  explicit StunQuery(RandomSource& random) : random_(random) {}

  /// Nothing happens while the server is being asked already. False beyond `kMaxServers`.
  bool ask(Micros now, const SocketAddress& server);
  /// False, and no effect, when it is no answer to a question of ours.
  bool handle_stun(const SocketAddress& from, ByteSpan packet);
  void handle_timeout(Micros now);
  /// When to call `handle_timeout` next; kNever when nobody is being asked.
  [[nodiscard]] Micros next_deadline() const;
  /// Next output, in order; false when there is none.
  bool poll(Output& output);

 private:
  struct Question {
    SocketAddress server;
    StunTransactionId id{};
    int transmissions = 0;
    Micros next = 0;
  };

  void transmit(Micros now, Question& question);

  RandomSource& random_;
  std::vector<Question> questions_;
  std::deque<Output> outputs_;
};

}  // namespace parley
