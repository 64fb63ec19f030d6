// Which SRTP indices were sealed under one key. Two packets under one SSRC and index give their contents away, and with
// GCM the authentication key too (RFC 3711 §9.1, RFC 7714 §8.1). The forwarding path takes care not to do so; SSRCs,
// sequence numbers and the time of retransmissions are chosen by participants, though, and an SSRC may come back in
// another source or as another one's retransmission stream. So nothing is sealed that this has not let through.
#pragma once

#include <unordered_map>

#include "srtp.h"

namespace parley {

/// One for each SrtpSender, and as old.
class IndexLedger {
 public:
  struct Config {
    /// SSRCs whose last 512 indices are remembered one by one; of older ones, only how far they came.
    size_t max_recent = 256;
    /// SSRCs in all. Others are refused: an index that may have been used must not be used.
    size_t max_ssrcs = 65536;
  };
  IndexLedger() : IndexLedger(Config{}) {}
  explicit IndexLedger(const Config& config) : config_(config) {}

  /// True once for a pair: seal it, now or never. False: used, too old to tell, or too many SSRCs.
  [[nodiscard]] bool take(uint32_t ssrc, uint64_t index);
  /// One past the highest index taken, where whoever begins with this SSRC has to go on; 0 = never used.
  [[nodiscard]] uint64_t next(uint32_t ssrc) const;
  [[nodiscard]] size_t ssrc_count() const { return recent_.size() + retired_.size(); }

 private:
  struct Recent {
    uint64_t floor = 0;  // smaller indices are taken
    uint64_t last_use = 0;
    BasicReplayWindow<512> window;
    [[nodiscard]] uint64_t next() const { return window.empty() ? floor : window.highest() + 1; }
  };
  Recent* find_or_add(uint32_t ssrc);
  void retire_oldest();

  Config config_;
  std::unordered_map<uint32_t, Recent> recent_;
  std::unordered_map<uint32_t, uint64_t> retired_;  // next index
  uint64_t uses_ = 0;
};

}  // namespace parley
