// Feedback that we read, and feedback that we make of any pattern of arrivals: what is written is always readable, and
// says of every number what was true.
#include "../core/twcc.h"

#include <map>

#include "fuzz.h"

using namespace parley;

namespace {

void receive(Reader in) {
  TransportCcReceiver receiver;
  std::map<uint16_t, Micros> arrived;
  Micros now = kSecond;
  uint16_t sequence = in.u16();
  const size_t room = 64 + 8 * size_t{in.u8()};
  std::vector<uint8_t> buffer(room);
  while (in.remaining() >= 3) {
    now += Micros{in.u8()} * in.u8() * 10;
    sequence = static_cast<uint16_t>(sequence + static_cast<int8_t>(in.u8()));
    receiver.on_packet(now, sequence, 1000);
    arrived.emplace(sequence, now);
    if (receiver.next_deadline() > now) continue;
    int reports = 0;
    while (const size_t size = receiver.write_feedback(now, buffer)) {
      REQUIRE(++reports < 1000 && size <= room);
      TransportCcFeedback f;
      REQUIRE(transport_cc_parse(ByteSpan(buffer.data(), size), f) && !f.statuses.empty());
      for (const TransportCcStatus& s : f.statuses) {
        if (!s.received) continue;
        const auto at = arrived.find(s.sequence_number);
        REQUIRE(at != arrived.end());
        REQUIRE(at->second / kTransportCcTick * kTransportCcTick ==
                Micros{f.reference_time} * 64000 + s.arrival_offset);
      }
    }
    REQUIRE(receiver.next_deadline() == kNever);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  TransportCcFeedback f;
  if (transport_cc_parse(ByteSpan(data, size), f)) REQUIRE(f.statuses.size() <= kTransportCcMaxStatuses);
  receive(Reader(ByteSpan(data, size)));
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  return {
      hex("0064001480000107 2003ac00d80001020304050607fff80000"),
      hex("fffe000400000500d480000401900000"),
      hex("000110 0101 01 0a0a 01 ffff 02 0101 ff 0101 05 0101 7f 1010 01 ffff 01 ffff 01 0101 80 0101 7f"),
  };
}
