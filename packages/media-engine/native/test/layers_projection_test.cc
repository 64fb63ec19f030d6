// Streams of all schemes, in order and under loss.
#include "layers_runs.h"

namespace parley {
using namespace parley::test;

TEST(projection_vp8, "projection: VP8 simulcast with temporal layers") { run_clean({vp8_simulcast(), {}}); }

TEST(projection_vp8_long, "projection: VP8 whose temporal layers look back over a T0") {
  SenderOptions o = vp8_simulcast();
  o.long_cycle = true;
  run_clean({o, {}});
}

TEST(projection_vp8_short, "projection: VP8 with picture ids of seven bits") {
  SenderOptions o = vp8_simulcast();
  o.long_picture_id = false;
  run_clean({o, {}});
}

TEST(projection_vp8_lossy, "projection: VP8 under loss, repair and reordering") { run_lossy({vp8_simulcast(), {}}); }

TEST(projection_vp8_descriptor,
     "projection: VP8 simulcast with frame numbers shared by its encodings, without picture ids") {
  SenderOptions o = vp8_simulcast();
  o.descriptor = true;
  o.picture_ids = false;
  run_clean({o, {}});
  run_lossy({o, {}});
}

TEST(projection_h264, "projection: H264 simulcast") {
  SenderOptions o = vp8_simulcast();
  o.codec = VideoCodec::H264;
  o.temporal = 1;
  run_clean({o, {}});
  run_lossy({o, {}}, 12);
}

TEST(h264_start, "layers: an H264 key frame starts once, with room for parameter sets that are on their way") {
  LayerReader reader(0, 0);
  const auto read = [&reader](uint16_t number, uint32_t timestamp, const char* payload) {
    const auto bytes = hex(payload);
    RtpPacket rtp;
    rtp.payload = ByteSpan(bytes);
    rtp.timestamp = timestamp;
    return reader.read(rtp, number, kSecond, VideoCodec::H264, 0);
  };
  CHECK(!read(10, 0, "41 9a").starts_key_frame);
  CHECK(read(11, 3000, "67 42").starts_key_frame);
  CHECK(!read(12, 3000, "68 ce").starts_key_frame);
  CHECK(!read(13, 3000, "7c 85 88").starts_key_frame);
  // Both parameter sets are missing.
  const LayerPacket slice = read(16, 6000, "65 88");
  CHECK(slice.starts_key_frame);
  CHECK_EQ(slice.lead, 2);
  CHECK(!read(15, 6000, "68 ce").starts_key_frame);
  CHECK(!read(14, 6000, "67 42").starts_key_frame);
  // One of them; the other one cannot say of what picture it is, and goes with the rest.
  const LayerPacket picture = read(18, 9000, "68 ce");
  CHECK(picture.starts_key_frame);
  CHECK_EQ(picture.lead, 1);
  CHECK(!read(19, 9000, "65 88").starts_key_frame);
  CHECK(!read(20, 12000, "68 ce").starts_key_frame);
  // A sequence parameter set needs nothing before it.
  const LayerPacket sequence = read(25, 15000, "78 0002 6742 0002 68ce");
  CHECK(sequence.starts_key_frame);
  CHECK_EQ(sequence.lead, 0);
}

TEST(projection_vp9_full, "projection: VP9 full SVC, flexible and not") {
  SenderOptions o = vp9(false);
  run_clean({o, {}});
  o.flexible = false;
  run_clean({o, {}});
}

TEST(projection_vp9_long, "projection: VP9 whose temporal layers look back over a T0") {
  SenderOptions o = vp9(false);
  o.long_cycle = true;
  run_clean({o, {}});
}

TEST(projection_vp9_key, "projection: VP9 K-SVC forwards lower layers at key pictures only") {
  const SenderOptions o = vp9(true);
  run_clean({o, {}});
  Run run({o, {}, true, 0}, 1);
  run.play();
  int lower = 0, top = 0;
  for (const auto& [number, got] : run.receiver.packets) {
    const SentFrame& frame = run.sender.frames.at(got.frame);
    if (frame.key) continue;
    (frame.spatial == 2 ? top : lower)++;
  }
  CHECK_EQ(lower, 0);
  CHECK(top > 1000);
}

TEST(projection_vp9_lossy, "projection: VP9 SVC under loss, repair and reordering") {
  run_lossy({vp9(false), {}});
  run_lossy({vp9(true), {}});
}

TEST(projection_av1_temporal, "projection: AV1 temporal layers by dependency descriptor") {
  SenderOptions o = av1(1, false);
  run_clean({o, {}});
  o.long_cycle = true;
  run_clean({o, {}});
}

TEST(projection_av1_svc, "projection: AV1 full and K-SVC by dependency descriptor") {
  run_clean({av1(3, false), {}});
  run_clean({av1(3, true), {}});
  SenderOptions o = av1(3, false);
  o.long_cycle = true;
  run_clean({o, {}});
}

TEST(projection_av1_lossy, "projection: AV1 SVC under loss, repair and reordering") {
  run_lossy({av1(3, false), {}});
  run_lossy({av1(3, true), {}});
}

TEST(projection_opaque, "projection: encrypted payloads switch layers by dependency descriptor and pass untouched") {
  SenderOptions o = av1(3, true);
  o.opaque = true;
  o.codec = VideoCodec::Unknown;
  run_clean({o, {}});
  o.codec = VideoCodec::Vp9;
  run_clean({o, {}});
}

TEST(projection_vp9_descriptor, "projection: VP9 with a dependency descriptor keeps both numberings right") {
  SenderOptions o = vp9(true);
  o.descriptor = true;
  run_clean({o, {}});
  o.key_svc = false;
  run_clean({o, {}});
}

}  // namespace parley
