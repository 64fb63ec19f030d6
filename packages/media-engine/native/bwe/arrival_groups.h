// Packets sent in one burst, as one sample of the path's delay (draft-ietf-rmcat-gcc-02 §5.2): what a pacer or a frame
// puts on the wire at once queues behind itself, and only the change from burst to burst tells about the network.
#pragma once

#include <optional>

#include "rate.h"

namespace parley {

/// From one complete group to the next.
struct GroupDelta {
  Micros sent = 0;
  Micros arrived = 0;
  Micros last_arrival = 0;  // the receiver's clock
};

class ArrivalGroups {
 public:
  /// A packet arrived; in the order of arrival. `now`: when the feedback about it came. Returns the change between the
  /// two last complete groups when this packet begins another one.
  std::optional<GroupDelta> on_packet(Micros now, Micros sent_at, Micros arrived_at);
  /// The last packet came by another clock than those before: the receiver's was set. Nothing can be compared across.
  [[nodiscard]] bool jumped() const { return jumped_; }
  void reset();

 private:
  struct Group {
    Micros first_sent = 0;
    Micros last_sent = 0;
    Micros first_arrived = 0;
    Micros last_arrived = 0;
    Micros reported = 0;
  };
  [[nodiscard]] bool continues(Micros sent_at, Micros arrived_at) const;

  std::optional<Group> previous_;
  std::optional<Group> current_;
  int backward_ = 0;
  bool jumped_ = false;
};

}  // namespace parley
