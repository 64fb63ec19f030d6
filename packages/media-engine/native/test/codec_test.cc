#include "../core/key_frame.h"
#include "../core/red.h"
#include "../core/vp8.h"
#include "test.h"

namespace parley {
using test::hex;

TEST(vp8_minimal, "vp8: descriptor without extensions") {
  Vp8Descriptor d;
  CHECK(vp8_parse(hex("10 019d012a"), d));
  CHECK_EQ(d.size, 1u);
  CHECK(d.starts_frame());
  CHECK(!d.key_frame);
  CHECK(!d.picture_id && !d.tl0_pic_idx && !d.temporal_id);
  CHECK(vp8_parse(hex("00 00"), d));
  CHECK(!d.starts_frame());
  CHECK(vp8_parse(hex("11 00"), d));
  CHECK(!d.starts_frame());
}

TEST(vp8_full, "vp8: all fields and the size of a key frame") {
  Vp8Descriptor d;
  const auto payload = hex("90 f0 9234 56 a3 500200 9d012a 8002 6801 00");
  CHECK(vp8_parse(payload, d));
  CHECK_EQ(d.size, 6u);
  CHECK_EQ(*d.picture_id, 0x1234);
  CHECK(d.picture_id_long);
  CHECK_EQ(*d.tl0_pic_idx, 0x56);
  CHECK_EQ(*d.temporal_id, 2);
  CHECK(d.layer_sync);
  CHECK_EQ(*d.key_idx, 3);
  CHECK(d.key_frame);
  CHECK_EQ(d.width, 640);
  CHECK_EQ(d.height, 360);
  CHECK(starts_key_frame(VideoCodec::Vp8, payload));
}

TEST(vp8_short_id, "vp8: seven-bit picture id and non-reference frames") {
  Vp8Descriptor d;
  CHECK(vp8_parse(hex("b0 80 7f 01"), d));
  CHECK(d.non_reference);
  CHECK(!d.picture_id_long);
  CHECK_EQ(*d.picture_id, 127);
}

TEST(vp8_rewrite, "vp8: numbers are rewritten in place, keeping their width") {
  Vp8Descriptor d;
  auto payload = hex("90 e0 9234 56 80 0102");
  CHECK(vp8_parse(payload, d));
  vp8_rewrite(payload, d, 0xffff, 9);
  CHECK_BYTES(payload, hex("90 e0 ffff 09 80 0102"));
  CHECK(vp8_parse(payload, d));
  CHECK_EQ(*d.picture_id, 0x7fff);
  auto narrow = hex("90 c0 05 56 0102");
  CHECK(vp8_parse(narrow, d));
  vp8_rewrite(narrow, d, 0x1ff, 9);
  CHECK_BYTES(narrow, hex("90 c0 7f 09 0102"));
}

TEST(vp8_truncated, "vp8: truncated descriptors are refused") {
  const auto good = hex("90 f0 9234 56 a3 50");
  Vp8Descriptor d;
  for (size_t size = 0; size < good.size(); size++) {
    const std::vector<uint8_t> payload(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(!vp8_parse(payload, d));
  }
  CHECK(vp8_parse(good, d));
}

TEST(h264, "key frame: H264 single units, STAP-A and FU-A") {
  const auto of = [](const char* payload) { return h264_key_frame(hex(payload)); };
  CHECK(of("65 88") == H264KeyFrame::Slice);
  CHECK(of("67 42") == H264KeyFrame::SequenceParameters);
  CHECK(of("41 9a") == H264KeyFrame::None);
  CHECK(of("68 ce") == H264KeyFrame::PictureParameters);
  CHECK(of("78 0002 0910 0002 6742 0001 68") == H264KeyFrame::SequenceParameters);
  CHECK(of("78 0002 68ce 0002 6588") == H264KeyFrame::Slice);
  CHECK(of("78 0002 0910 0002 419a") == H264KeyFrame::None);
  CHECK(of("78 0009 6742") == H264KeyFrame::None);
  CHECK(of("78 0001 65") == H264KeyFrame::None);
  CHECK(of("7c 85 88") == H264KeyFrame::Slice);
  CHECK(of("7c 05 88") == H264KeyFrame::None);
  CHECK(of("7c 81 88") == H264KeyFrame::None);
  CHECK(of("7c") == H264KeyFrame::None);
  CHECK(of("7c 85") == H264KeyFrame::None);
  CHECK(of("65") == H264KeyFrame::None);
  CHECK(of("") == H264KeyFrame::None);
  CHECK(starts_key_frame(VideoCodec::H264, hex("67 42")));
  CHECK(!starts_key_frame(VideoCodec::H264, hex("41 9a")));
  CHECK(!starts_key_frame(VideoCodec::H264, hex("68 ce")));
}

TEST(h264_slices, "key frame: of an H264 picture in several slices only the first begins it") {
  CHECK(h264_key_frame(hex("65 40 11")) == H264KeyFrame::None);
  CHECK(h264_key_frame(hex("7c 85 00 88")) == H264KeyFrame::None);
  CHECK(h264_key_frame(hex("78 0002 6540 0002 6588")) == H264KeyFrame::Slice);
}

TEST(vp9, "key frame: VP9 needs the start of an unpredicted frame in the lowest layer") {
  CHECK(vp9_starts_key_frame(hex("8a 8123 00")));
  CHECK(!vp9_starts_key_frame(hex("ca 8123 00")));
  CHECK(!vp9_starts_key_frame(hex("82 8123 00")));
  CHECK(vp9_starts_key_frame(hex("aa 8123 00 00")));
  CHECK(!vp9_starts_key_frame(hex("aa 8123 02 00")));
  CHECK(vp9_starts_key_frame(hex("a8 23 10 00")));
  CHECK(!vp9_starts_key_frame(hex("aa 81")));
  CHECK(!vp9_starts_key_frame(ByteSpan()));
}

TEST(av1, "key frame: AV1 aggregation header") {
  CHECK(av1_starts_key_frame(hex("18 0a")));
  CHECK(!av1_starts_key_frame(hex("10 0a")));
  CHECK(!av1_starts_key_frame(hex("18")));
  CHECK(!starts_key_frame(VideoCodec::Unknown, hex("18 0a")));
}

TEST(red_primary, "red: the primary is what follows the earlier frames") {
  const auto payload = hex("ef 0f0003 ef 078002 6f aaaaaa bbbb c1c2c3");
  const auto primary = red_find_primary(payload);
  CHECK(primary.has_value());
  CHECK_EQ(primary->payload_type, 111);
  CHECK_BYTES(ByteSpan(payload).from(primary->at), hex("c1c2c3"));
  const auto alone = red_find_primary(hex("6f c1"));
  CHECK(alone && alone->at == 1);
}

TEST(red_malformed, "red: headers that announce more than there is are refused") {
  for (const char* payload : {"", "6f", "ef 0f0003", "ef 0f0003 6f aaaaaa", "ef 0f0003 6f aaaa", "ef0f ", "efffffff"}) {
    CHECK(!red_find_primary(hex(payload)));
  }
}

}  // namespace parley
