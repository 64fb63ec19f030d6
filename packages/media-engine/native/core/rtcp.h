// RTCP (RFC 3550 §6): compound packets read part by part in place, and written part by part. Feedback from RFC 4585,
// RFC 5104 and the REMB and transport-cc drafts (the last one's contents are in twcc.h).
//
//   |V=2|P| count/FMT |  type  |  length in words − 1  |  body …
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "bytes.h"

namespace parley {

enum class RtcpType : uint8_t {
  SenderReport = 200,
  ReceiverReport = 201,
  SourceDescription = 202,
  Bye = 203,
  App = 204,
  TransportFeedback = 205,  // RTPFB
  PayloadFeedback = 206,    // PSFB
  ExtendedReport = 207,
};
// FMT values.
inline constexpr uint8_t kFmtNack = 1;  // of TransportFeedback
inline constexpr uint8_t kFmtTransportCc = 15;
inline constexpr uint8_t kFmtPli = 1;  // of PayloadFeedback
inline constexpr uint8_t kFmtFir = 4;
inline constexpr uint8_t kFmtAfb = 15;  // application layer feedback: REMB

/// One part of a compound packet. `type` may be any byte; compare with RtcpType.
struct RtcpPart {
  RtcpType type{};
  uint8_t count = 0;  // reception report count, source count or FMT
  ByteSpan body;      // after the first four bytes, without padding
};

/// Goes through a compound packet. Ends at the first malformed part; `malformed()` tells.
class RtcpIterator {
 public:
  explicit RtcpIterator(ByteSpan compound) : rest_(compound) {}
  bool next(RtcpPart& part);
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  ByteSpan rest_;
  bool malformed_ = false;
};

struct RtcpReportBlock {
  uint32_t ssrc = 0;
  uint8_t fraction_lost = 0;         // /256 since the last report
  int32_t cumulative_lost = 0;       // 24 bits, signed
  uint32_t highest_sequence = 0;     // extended, 32 bits
  uint32_t jitter = 0;               // timestamp units
  uint32_t last_sr = 0;              // middle 32 bits of NTP, 0 = none
  uint32_t delay_since_last_sr = 0;  // 1/65536 s
};

struct RtcpSenderInfo {
  uint32_t ssrc = 0;
  uint64_t ntp_time = 0;  // 32.32 fixed point since 1900
  uint32_t rtp_timestamp = 0;
  uint32_t packet_count = 0;
  uint32_t octet_count = 0;
};

[[nodiscard]] std::optional<RtcpSenderInfo> rtcp_read_sender_info(const RtcpPart& part);
/// The i-th report block of a sender or receiver report; nullopt past the last.
[[nodiscard]] std::optional<RtcpReportBlock> rtcp_read_report_block(const RtcpPart& part, size_t i);
/// SSRC of who made a receiver report, or of any feedback.
[[nodiscard]] std::optional<uint32_t> rtcp_read_sender_ssrc(const RtcpPart& part);
/// The i-th leaving SSRC of a BYE; nullopt past the last.
[[nodiscard]] std::optional<uint32_t> rtcp_read_bye(const RtcpPart& part, size_t i);
/// CNAME of the first chunk.
struct RtcpCname {
  uint32_t ssrc = 0;
  std::string_view cname;
};
[[nodiscard]] std::optional<RtcpCname> rtcp_read_cname(const RtcpPart& part);

/// Header common to RTPFB and PSFB (RFC 4585 §6.1); `fci` is the rest.
struct RtcpFeedback {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  ByteSpan fci;
};
[[nodiscard]] std::optional<RtcpFeedback> rtcp_read_feedback(const RtcpPart& part);

/// Sequence numbers asked for by a generic NACK (RFC 4585 §6.2.1), in the order of the packet.
class RtcpNackIterator {
 public:
  explicit RtcpNackIterator(ByteSpan fci) : reader_(fci) {}
  bool next(uint16_t& sequence_number);

 private:
  Reader reader_;
  uint16_t pid_ = 0;
  uint16_t mask_ = 0;
  uint16_t offset_ = 0;
};

/// Entries of a FIR (RFC 5104 §4.3.1.1).
struct RtcpFirEntry {
  uint32_t ssrc = 0;
  uint8_t command_number = 0;
};
[[nodiscard]] std::optional<RtcpFirEntry> rtcp_read_fir(ByteSpan fci, size_t i);

/// draft-alvestrand-rmcat-remb-03 §2.
struct RtcpRemb {
  uint64_t bitrate_bps = 0;
  std::vector<uint32_t> ssrcs;
};
[[nodiscard]] std::optional<RtcpRemb> rtcp_read_remb(ByteSpan fci);

/// Appends parts to a compound packet. A part that does not fit is left out whole and makes `ok()` false.
class RtcpWriter {
 public:
  explicit RtcpWriter(MutableByteSpan out) : out_(out) {}

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t room() const { return out_.size() - size_; }
  [[nodiscard]] bool ok() const { return ok_; }

  /// At most 31 blocks.
  void sender_report(const RtcpSenderInfo& info, Span<const RtcpReportBlock> blocks = {});
  void receiver_report(uint32_t sender_ssrc, Span<const RtcpReportBlock> blocks);
  void cname(uint32_t ssrc, std::string_view cname);  // at most 255 bytes
  void bye(uint32_t ssrc);
  /// `sequence_numbers` ascending (modulo 2^16). Numbers that no longer fit are left out; returns how many went in.
  size_t nack(uint32_t sender_ssrc, uint32_t media_ssrc, Span<const uint16_t> sequence_numbers);
  void pli(uint32_t sender_ssrc, uint32_t media_ssrc);
  void fir(uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t command_number);
  void remb(uint32_t sender_ssrc, uint64_t bitrate_bps, Span<const uint32_t> ssrcs);
  /// A feedback part with a ready-made FCI (a multiple of four bytes), e.g. transport-cc.
  void feedback(RtcpType type, uint8_t fmt, uint32_t sender_ssrc, uint32_t media_ssrc, ByteSpan fci);

 private:
  Writer begin(RtcpType type, uint8_t count);
  void end(Writer& writer);

  MutableByteSpan out_;
  size_t size_ = 0;
  bool ok_ = true;
};

/// NTP time (32.32 since 1900) from microseconds since the Unix epoch, and the 32 bits that reports echo.
[[nodiscard]] uint64_t ntp_from_unix_us(int64_t unix_us);
[[nodiscard]] inline uint32_t ntp_middle(uint64_t ntp) { return static_cast<uint32_t>(ntp >> 16); }

}  // namespace parley
