#include "../core/index_ledger.h"

#include <set>

#include "test.h"

namespace parley {
using test::FixedRandom;

TEST(ledger_once, "index ledger: each index of an SSRC once, late ones too while they can be told apart") {
  IndexLedger ledger;
  FixedRandom random(11);
  std::set<uint64_t> taken;
  uint64_t top = 65000;
  for (int i = 0; i < 20000; i++) {
    top += random.next() % 3;
    const uint64_t index = top - std::min<uint64_t>(top, random.next() % 700);
    const bool fresh = taken.count(index) == 0;
    const bool got = ledger.take(5, index);
    CHECK(!got || fresh);
    if (fresh && (taken.empty() || index + 512 > *taken.rbegin())) CHECK(got);
    if (got) taken.insert(index);
  }
  CHECK_EQ(ledger.next(5), *taken.rbegin() + 1);
}

TEST(ledger_ssrcs, "index ledger: SSRCs are apart, and one that comes back goes on behind its last index") {
  IndexLedger ledger({4, 64});
  for (uint32_t ssrc = 1; ssrc <= 40; ssrc++) CHECK(ledger.take(ssrc, 100 + ssrc));
  CHECK_EQ(ledger.ssrc_count(), 40u);
  for (uint32_t ssrc = 1; ssrc <= 40; ssrc++) {
    CHECK_EQ(ledger.next(ssrc), 101u + ssrc);
    CHECK(!ledger.take(ssrc, 100 + ssrc));
    CHECK(!ledger.take(ssrc, 7));  // perhaps unused, but it was retired and nobody knows
    CHECK(ledger.take(ssrc, 101 + ssrc));
  }
  CHECK_EQ(ledger.next(99), 0u);
}

TEST(ledger_bounded, "index ledger: beyond its bound it refuses rather than forgets") {
  IndexLedger ledger({4, 16});
  for (uint32_t ssrc = 1; ssrc <= 16; ssrc++) CHECK(ledger.take(ssrc, 1));
  CHECK(!ledger.take(17, 1));
  CHECK(!ledger.take(3, 1));
  CHECK(ledger.take(3, 2));
  CHECK_EQ(ledger.ssrc_count(), 16u);
}

}  // namespace parley
