#include "engine/inbox.h"

#include <utility>

namespace parley {

size_t Inbox::push(const std::vector<Datagram>& batch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t refused = 0;
  for (const Datagram& datagram : batch) {
    const size_t offset = filling_.bytes.size();
    if (filling_.letters.size() >= kMaxDatagrams || offset + datagram.bytes.size() > kMaxBytes) {
      ++refused;
      continue;
    }
    filling_.bytes.insert(filling_.bytes.end(), datagram.bytes.begin(), datagram.bytes.end());
    filling_.letters.push_back({datagram, offset, datagram.bytes.size()});
  }
  return refused;
}

bool Inbox::is_empty() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return filling_.letters.empty();
}

void Inbox::take(std::vector<Datagram>& out) {
  out.clear();
  taken_.letters.clear();
  taken_.bytes.clear();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::swap(filling_, taken_);
  }
  for (Letter& letter : taken_.letters) {
    letter.datagram.bytes = MutableByteSpan(taken_.bytes.data() + letter.offset, letter.size);
    out.push_back(letter.datagram);
  }
}

}  // namespace parley
