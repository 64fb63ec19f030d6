#include "../core/rtcp.h"

#include "test.h"

namespace parley {
using test::hex;

namespace {

std::vector<uint16_t> nacked(ByteSpan fci) {
  std::vector<uint16_t> all;
  RtcpNackIterator i(fci);
  for (uint16_t n; i.next(n);) all.push_back(n);
  return all;
}

RtcpPart only_part(ByteSpan compound) {
  RtcpIterator i(compound);
  RtcpPart part, none;
  CHECK(i.next(part));
  CHECK(!i.next(none));
  CHECK(!i.malformed());
  return part;
}

}  // namespace

TEST(rtcp_reports, "rtcp: sender and receiver reports come back as written") {
  uint8_t buffer[256];
  RtcpWriter w(buffer);
  const RtcpReportBlock blocks[2] = {{0x11, 25, -3, 0x10005, 90, 0xaabbccdd, 65536}, {0x12, 255, 0x7fffff, 1, 2, 3, 4}};
  w.sender_report({0x99, 0x0102030405060708u, 4000, 17, 9000}, blocks);
  w.cname(0x99, "parley");
  CHECK(w.ok());
  RtcpIterator i(ByteSpan(buffer, w.size()));
  RtcpPart part;
  CHECK(i.next(part));
  const auto info = rtcp_read_sender_info(part);
  CHECK_EQ(info->ssrc, 0x99u);
  CHECK_EQ(info->ntp_time, 0x0102030405060708u);
  CHECK_EQ(info->rtp_timestamp, 4000u);
  CHECK_EQ(info->packet_count, 17u);
  CHECK_EQ(info->octet_count, 9000u);
  const auto b = rtcp_read_report_block(part, 0);
  CHECK_EQ(b->ssrc, 0x11u);
  CHECK_EQ(b->fraction_lost, 25);
  CHECK_EQ(b->cumulative_lost, -3);
  CHECK_EQ(b->highest_sequence, 0x10005u);
  CHECK_EQ(b->jitter, 90u);
  CHECK_EQ(b->last_sr, 0xaabbccddu);
  CHECK_EQ(b->delay_since_last_sr, 65536u);
  CHECK_EQ(rtcp_read_report_block(part, 1)->cumulative_lost, 0x7fffff);
  CHECK(!rtcp_read_report_block(part, 2));
  CHECK_EQ(*rtcp_read_sender_ssrc(part), 0x99u);
  CHECK(i.next(part));
  CHECK(rtcp_read_cname(part)->cname == "parley");
  CHECK_EQ(rtcp_read_cname(part)->ssrc, 0x99u);
  CHECK(!i.next(part));
  CHECK(!i.malformed());

  RtcpWriter rr(buffer);
  rr.receiver_report(0x42, blocks);
  CHECK_EQ(rtcp_read_report_block(only_part(ByteSpan(buffer, rr.size())), 1)->fraction_lost, 255);
}

TEST(rtcp_sdes_padding, "rtcp: every length of CNAME ends at a word with at least one zero") {
  for (size_t length = 0; length < 12; length++) {
    uint8_t buffer[64];
    RtcpWriter w(buffer);
    const std::string name(length, 'x');
    w.cname(1, name);
    CHECK_EQ(w.size() % 4, 0u);
    CHECK_EQ(buffer[w.size() - 1], 0);
    CHECK(rtcp_read_cname(only_part(ByteSpan(buffer, w.size())))->cname == name);
  }
}

TEST(rtcp_nack, "rtcp: NACK lists survive, across the wrap and over long gaps") {
  const std::vector<uint16_t> wanted = {65530, 65531, 65535, 0, 10, 27, 28, 44, 45, 1000};
  uint8_t buffer[128];
  RtcpWriter w(buffer);
  CHECK_EQ(w.nack(1, 2, wanted), wanted.size());
  const auto part = only_part(ByteSpan(buffer, w.size()));
  CHECK(part.type == RtcpType::TransportFeedback);
  CHECK_EQ(part.count, kFmtNack);
  const auto feedback = rtcp_read_feedback(part);
  CHECK_EQ(feedback->sender_ssrc, 1u);
  CHECK_EQ(feedback->media_ssrc, 2u);
  CHECK(nacked(feedback->fci) == wanted);
  CHECK_EQ(feedback->fci.size(), 16u);
  // Room for one item only.
  RtcpWriter tight(MutableByteSpan(buffer, 16));
  CHECK_EQ(tight.nack(1, 2, wanted), 5u);
  CHECK(!tight.ok());
  CHECK(nacked(rtcp_read_feedback(only_part(ByteSpan(buffer, tight.size())))->fci) ==
        std::vector<uint16_t>(wanted.begin(), wanted.begin() + 5));
  RtcpWriter none(MutableByteSpan(buffer, 15));
  CHECK_EQ(none.nack(1, 2, wanted), 0u);
  CHECK_EQ(none.size(), 0u);
  RtcpWriter tiny(MutableByteSpan(buffer, 3));
  CHECK_EQ(tiny.nack(1, 2, wanted), 0u);
}

TEST(rtcp_picture, "rtcp: PLI, FIR and BYE") {
  uint8_t buffer[128];
  RtcpWriter w(buffer);
  w.pli(1, 2);
  w.fir(1, 3, 9);
  w.bye(7);
  CHECK_BYTES(ByteSpan(buffer, w.size()),
              hex("81ce0002 00000001 00000002  84ce0004 00000001 00000000 00000003 09000000  81cb0001 00000007"));
  RtcpIterator i(ByteSpan(buffer, w.size()));
  RtcpPart part;
  CHECK(i.next(part));
  CHECK(i.next(part));
  const auto fir = rtcp_read_fir(rtcp_read_feedback(part)->fci, 0);
  CHECK_EQ(fir->ssrc, 3u);
  CHECK_EQ(fir->command_number, 9);
  CHECK(!rtcp_read_fir(rtcp_read_feedback(part)->fci, 1));
  CHECK(i.next(part));
  CHECK_EQ(*rtcp_read_bye(part, 0), 7u);
  CHECK(!rtcp_read_bye(part, 1));
  CHECK(!rtcp_read_feedback(part));
}

TEST(rtcp_remb, "rtcp: REMB keeps eighteen bits of the rate") {
  uint8_t buffer[128];
  const uint32_t ssrcs[2] = {5, 6};
  for (const uint64_t rate : {uint64_t{0}, uint64_t{300000}, uint64_t{2500000}, uint64_t{10000000000}, UINT64_MAX}) {
    RtcpWriter w(buffer);
    w.remb(1, rate, ssrcs);
    const auto remb = rtcp_read_remb(rtcp_read_feedback(only_part(ByteSpan(buffer, w.size())))->fci);
    CHECK(remb->bitrate_bps <= rate && rate - remb->bitrate_bps <= rate / 100000);
    CHECK(remb->ssrcs == std::vector<uint32_t>({5, 6}));
  }
  CHECK(!rtcp_read_remb(hex("52454d42 02000001 00000005")));
  CHECK(!rtcp_read_remb(hex("52454d43 00000001")));
  CHECK_EQ(rtcp_read_remb(hex("52454d42 00ffffff"))->bitrate_bps, UINT64_MAX);
}

TEST(rtcp_malformed, "rtcp: a malformed part ends the packet and is told") {
  const char* const bad[] = {"81ce0002 00000001 000000", "41ce0002 00000001 00000002", "81", "a1ce0000",
                             "a1ce0001 000000ff",        "a1ce0001 00000000"};
  for (const char* text : bad) {
    const auto bytes = hex(text);
    RtcpIterator i(bytes);
    RtcpPart part;
    CHECK(!i.next(part));
    CHECK(i.malformed());
    CHECK(!i.next(part));
  }
  const auto after_good = hex("80c90001 00000001 ff");
  RtcpIterator i(after_good);
  RtcpPart part;
  CHECK(i.next(part));
  CHECK(!i.next(part));
  CHECK(i.malformed());
}

TEST(rtcp_short_bodies, "rtcp: readers refuse bodies that are shorter than their counts") {
  RtcpPart part;
  part.type = RtcpType::SenderReport;
  part.count = 31;
  const auto body = hex("00000001 0000000000000000 00000000 00000000 00000000");
  part.body = ByteSpan(body);
  CHECK(rtcp_read_sender_info(part));
  CHECK(!rtcp_read_report_block(part, 0));
  part.body = part.body.first(23);
  CHECK(!rtcp_read_sender_info(part));
  part.type = RtcpType::SourceDescription;
  const auto sdes = hex("00000001 01ff 6162");
  part.body = ByteSpan(sdes);
  CHECK(!rtcp_read_cname(part));
}

TEST(rtcp_padding, "rtcp: padding is taken off") {
  const auto bytes = hex("a0c90002 00000001 00000004");
  CHECK_BYTES(only_part(bytes).body, hex("00000001"));
}

TEST(rtcp_full, "rtcp: parts that do not fit are left out whole") {
  uint8_t buffer[20];
  RtcpWriter w(buffer);
  w.pli(1, 2);
  w.pli(1, 3);
  CHECK(!w.ok());
  CHECK_EQ(w.size(), 12u);
}

TEST(ntp, "rtcp: NTP time from the Unix clock") {
  CHECK_EQ(ntp_from_unix_us(0), uint64_t{2208988800u} << 32);
  CHECK_EQ(ntp_from_unix_us(1500000), (uint64_t{2208988801u} << 32) | 0x80000000u);
  CHECK_EQ(ntp_middle(0x1122334455667788u), 0x33445566u);
}

}  // namespace parley
