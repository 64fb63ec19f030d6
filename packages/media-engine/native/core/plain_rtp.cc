#include "plain_rtp.h"

#include <algorithm>
#include <cstring>

#include "rtp.h"

namespace parley {
namespace {

constexpr size_t kRtcpMinimum = 8;

}  // namespace

size_t PlainRtpSender::protect_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload,
                                   uint64_t) {
  const size_t before = header_bytes + prefix_bytes;
  if (header_bytes < kRtpHeaderSize || before > slot.size() || payload.size() > slot.size() - before) return 0;
  // It may lie there already.
  if (!payload.empty()) std::memmove(slot.data() + before, payload.data(), payload.size());
  return before + payload.size();
}

size_t PlainRtpSender::protect_rtcp(MutableByteSpan packet, size_t size) {
  return size >= kRtcpMinimum && size <= packet.size() ? size : 0;
}

SrtpResult PlainRtpReceiver::unprotect_rtp(MutableByteSpan packet) {
  SrtpResult result;
  RtpPacket rtp;
  if (!rtp_parse(packet, rtp)) {
    result.error = SrtpError::Malformed;
    return result;
  }
  const uint32_t ssrc = load_u32(packet.data() + 8);
  const uint16_t number = load_u16(packet.data() + 2);
  auto stream = std::find_if(streams_.begin(), streams_.end(), [ssrc](const Stream& s) { return s.ssrc == ssrc; });
  if (stream == streams_.end()) {
    if (streams_.size() < kMaxSsrcs) {
      stream = streams_.emplace(streams_.end());
    } else {
      stream = std::min_element(streams_.begin(), streams_.end(),
                                [](const Stream& a, const Stream& b) { return a.last_use < b.last_use; });
    }
    // Not from zero on: a packet from before the first one has an index too.
    *stream = {ssrc, srtp_index(1, number), 0};
  }
  stream->last_use = ++uses_;
  const auto index = srtp_guess_index(stream->highest, number);
  if (!index) {
    result.error = SrtpError::TooOld;
    return result;
  }
  stream->highest = std::max(stream->highest, *index);
  result.index = *index;
  result.size = packet.size();
  return result;
}

SrtpResult PlainRtpReceiver::unprotect_rtcp(MutableByteSpan packet) {
  SrtpResult result;
  if (packet.size() < kRtcpMinimum || packet[0] >> 6 != 2) {
    result.error = SrtpError::Malformed;
  } else {
    result.size = packet.size();
  }
  return result;
}

}  // namespace parley
