#include "wire_watch.h"

#include "../core/demux.h"

namespace parley::sim {
namespace {

constexpr size_t kRtpHeaderBytes = 12;

}  // namespace

void WireWatch::on_sent(const Packet& packet) {
  const PacketKind kind = classify_packet(packet.bytes);
  if (kind == PacketKind::Rtp) on_rtp_sent(packet);
  if (kind == PacketKind::Rtcp) on_rtcp_sent(packet);
}

void WireWatch::on_rtp_sent(const Packet& packet) {
  rtp_++;
  if (packet.bytes.size() < kRtpHeaderBytes) return;
  const auto sequence = static_cast<uint16_t>(packet.bytes[2] << 8 | packet.bytes[3]);
  const uint32_t ssrc = load_u32(packet.bytes.data() + 8);
  auto& window = windows_[{key_of_(packet), ssrc}];
  if (!window) window = std::make_unique<Window>();
  const auto index = window->empty() ? std::optional<uint64_t>(sequence) : srtp_guess_index(window->highest(), sequence);
  if (index && window->check(*index) == SrtpError::Replayed) reused_++;
  if (index && window->check(*index) == SrtpError::None) window->accept(*index);
  if (on_rtp_) on_rtp_(packet, ssrc);
}

void WireWatch::on_rtcp_sent(const Packet& packet) {
  rtcp_++;
  const SrtpProfileInfo& info = srtp_profile_info(profile_);
  const size_t behind = info.aead ? 4 : 4 + info.tag_bytes;
  if (packet.bytes.size() < behind) return;
  const uint32_t index = load_u32(packet.bytes.data() + packet.bytes.size() - behind) & 0x7fffffff;
  uint32_t& last = rtcp_indices_[key_of_(packet)];
  if (last != 0 && index <= last) reused_++;
  last = index;
}

}  // namespace parley::sim
