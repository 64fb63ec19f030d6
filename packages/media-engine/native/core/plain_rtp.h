// RTP and RTCP without protection, in the place of SRTP: for peers on a network that is trusted, such as a recorder on the
// same machine or a phone exchange without encryption.
#pragma once

#include <vector>

#include "srtp.h"

namespace parley {

class PlainRtpSender final : public RtpProtector {
 public:
  [[nodiscard]] size_t protect_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload,
                                   uint64_t index) override;
  [[nodiscard]] size_t protect_rtcp(MutableByteSpan packet, size_t size) override;
  [[nodiscard]] uint16_t profile_id() const override { return 0; }
};

/// Only counts: packet indices are continuous over wraps of the sequence number, as SRTP's are. Duplicates pass.
class PlainRtpReceiver final : public RtpUnprotector {
 public:
  /// An SSRC beyond takes the place of the one that was silent for longest.
  static constexpr size_t kMaxSsrcs = 64;

  [[nodiscard]] SrtpResult unprotect_rtp(MutableByteSpan packet) override;
  [[nodiscard]] SrtpResult unprotect_rtcp(MutableByteSpan packet) override;

 private:
  struct Stream {
    uint32_t ssrc = 0;
    uint64_t highest = 0;
    uint64_t last_use = 0;
  };
  std::vector<Stream> streams_;
  uint64_t uses_ = 0;
};

}  // namespace parley
