#include "index_ledger.h"

#include <algorithm>

namespace parley {

bool IndexLedger::take(uint32_t ssrc, uint64_t index) {
  Recent* recent = find_or_add(ssrc);
  if (recent == nullptr) return false;
  recent->last_use = ++uses_;
  if (index < recent->floor || recent->window.check(index) != SrtpError::None) return false;
  recent->window.accept(index);
  return true;
}

uint64_t IndexLedger::next(uint32_t ssrc) const {
  if (const auto recent = recent_.find(ssrc); recent != recent_.end()) return recent->second.next();
  const auto retired = retired_.find(ssrc);
  return retired == retired_.end() ? 0 : retired->second;
}

IndexLedger::Recent* IndexLedger::find_or_add(uint32_t ssrc) {
  if (const auto found = recent_.find(ssrc); found != recent_.end()) return &found->second;
  const auto retired = retired_.find(ssrc);
  if (retired == retired_.end() && ssrc_count() >= config_.max_ssrcs) return nullptr;
  Recent recent;
  if (retired != retired_.end()) {
    recent.floor = retired->second;
    retired_.erase(retired);
  }
  if (recent_.size() >= config_.max_recent) retire_oldest();
  return &recent_.emplace(ssrc, recent).first->second;
}

void IndexLedger::retire_oldest() {
  const auto oldest = std::min_element(recent_.begin(), recent_.end(), [](const auto& a, const auto& b) {
    return a.second.last_use < b.second.last_use;
  });
  if (oldest == recent_.end()) return;
  retired_[oldest->first] = oldest->second.next();
  recent_.erase(oldest);
}

}  // namespace parley
