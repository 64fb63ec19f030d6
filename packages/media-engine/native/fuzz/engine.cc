// Whole conversations, written as programs: each byte is an event, with operands behind it. Participants come, send, go and
// vanish; the network loses, changes, repeats and invents datagrams; authentic clients lie in RTP and RTCP; the server's
// thread falls asleep. Whatever happens, the engine's promises hold (engine_watch.h); when it is over the
// conversation heals; and in the end nothing is left of it.
#include <algorithm>
#include <cstring>

#include "../core/rtcp.h"
#include "engine_watch.h"
#include "fuzz.h"

using namespace parley;
using namespace parley::sim;

namespace {

constexpr Micros kLength = 30 * kSecond;
constexpr size_t kMaxParticipants = 6;
constexpr size_t kMaxTracks = 10;
constexpr size_t kMaxRecorded = 64;

// What happens to datagrams in the middle of the network: how many of 255.
struct Mischief {
  uint8_t lose = 0;
  uint8_t repeat = 0;
  uint8_t delay = 0;
  uint8_t corrupt = 0;
  uint8_t cut = 0;
};

class Conversation {
 public:
  explicit Conversation(Reader& in) : world_(config(in.u8())), watch_(world_), dice_(in.u8() + 1u) {
    world_.network().set_middle([this](Packet& packet) { return cross(packet); });
  }

  void run(Reader& in) {
    const Micros end = world_.simulation().now() + kLength;
    while (in.remaining() > 0 && world_.simulation().now() < end) {
      step(in);
      watch_.check();
    }
    finish();
  }

 private:
  static WorldConfig config(uint8_t first) {
    WorldConfig config;
    config.profile = (first & 1) != 0 ? SrtpProfile::Aes128CmSha1_80 : SrtpProfile::AeadAes128Gcm;
    config.server_loops = (first & 2) != 0 ? 2 : 1;
    config.seed = first;
    return config;
  }

  void step(Reader& in) {
    switch (in.u8() % 20) {
      case 0: world_.run_for(in.u8() * 10 * kMillisecond); break;
      case 1: join(in); break;
      case 2: with_participant(in, [this](size_t who) { world_.leave(who); }); break;
      case 3: with_participant(in, [this](size_t who) { world_.vanish(who); }); break;
      case 4: publish(in); break;
      case 5: with_track(in, [this](size_t track) { world_.unpublish(track); }); break;
      case 6: forward(in); break;
      case 7: {
        const bool blocked = (in.u8() & 1) != 0;
        with_track(in, [&](size_t track) {
          watch_.set_blocked(track, blocked);
          world_.set_blocked(track, blocked);
        });
        break;
      }
      case 8: with_participant(in, [this](size_t who) { world_.restart_ice(who); }); break;
      case 9: with_participant(in, [this](size_t who) { world_.move(who); }); break;
      case 10: mischief_ = {in.u8(), in.u8(), in.u8(), in.u8(), in.u8()}; break;
      case 11: replay(in); break;
      case 12: hostile(in); break;
      case 13: lie_in_rtcp(in); break;
      case 14: lie_in_rtp(in); break;
      case 15: {
        const Micros time = in.u8() * 20 * kMillisecond;
        watch_.stalled(time);
        // One of the server's threads.
        world_.server(static_cast<uint32_t>(dice_.next() >> 60)).stall_until(world_.simulation().now() + time);
        break;
      }
      case 16: change_path(in); break;
      case 17: {
        const int64_t demand = int64_t{in.u16()} * 100;
        with_participant(in, [&](size_t who) {
          world_.server_of(who).post([id = world_.participant(who).id(), demand](Loop& loop) { loop.set_demand(id, demand); });
        });
        break;
      }
      case 18:
        with_track(in, [this](size_t track) {
          const Track& t = world_.tracks()[track];
          world_.server_of(t.owner).post([id = t.id](Loop& loop) { loop.request_key_frame(id); });
        });
        break;
      default: world_.run_for(in.u8() * 100); break;
    }
  }

  template <typename Action>
  void with_participant(Reader& in, Action action) {
    const size_t n = in.u8();
    if (world_.participants() == 0) return;
    const size_t who = n % world_.participants();
    if (world_.participant(who).node().is_alive()) action(who);
  }
  template <typename Action>
  void with_track(Reader& in, Action action) {
    const size_t n = in.u8();
    if (!world_.tracks().empty()) action(n % world_.tracks().size());
  }

  void join(Reader& in) {
    const uint8_t flags = in.u8();
    if (world_.participants() == kMaxParticipants) return;
    PathConfig path = symmetric_path((flags >> 1 & 7) * 10 * kMillisecond);
    path.up.jitter = path.down.jitter = (flags >> 4 & 3) * 2 * kMillisecond;
    if ((flags & 0x40) != 0) path.down.rate = 300 * kKbps;
    watch_.add_participant(world_.join(1 + (flags & 1), path));
  }

  void publish(Reader& in) {
    const uint8_t flags = in.u8();
    with_participant(in, [&](size_t who) {
      if (world_.tracks().size() == kMaxTracks) return;
      if ((flags & 1) != 0) {
        world_.publish(who, {MediaKind::audio, 25, 60, 1});
      } else {
        world_.publish(who, {MediaKind::video, 20, 200u + (flags >> 1) * 8u, 2});
      }
    });
  }

  void forward(Reader& in) {
    const uint16_t wanted = in.u16();
    with_participant(in, [&](size_t who) {
      std::vector<size_t> tracks, within;
      for (size_t track = 0; track < world_.tracks().size(); track++) {
        const size_t owner = world_.tracks()[track].owner;
        if ((wanted >> track & 1) == 0 || owner == who) continue;
        tracks.push_back(track);
        // Rooms never mix, whatever a caller says.
        if (world_.participant(owner).room() == world_.participant(who).room()) within.push_back(track);
      }
      watch_.set_forwarded(who, within);
      world_.forward(who, tracks);
    });
  }

  bool cross(Packet& packet) {
    if (recorded_.size() == kMaxRecorded) recorded_.erase(recorded_.begin());
    recorded_.push_back(packet);
    const auto happens = [this](uint8_t share) { return share != 0 && dice_.chance(share / 255.0); };
    if (happens(mischief_.lose)) return false;
    if (happens(mischief_.repeat)) world_.network().inject(packet, static_cast<Micros>(dice_.uniform() * 300'000));
    if (happens(mischief_.corrupt) && !packet.bytes.empty()) {
      packet.bytes[dice_.next() % packet.bytes.size()] ^= static_cast<uint8_t>(1u << (dice_.next() >> 61));
    }
    if (happens(mischief_.cut)) packet.bytes.resize(dice_.next() % (packet.bytes.size() + 1));
    if (!happens(mischief_.delay)) return true;
    world_.network().inject(packet, static_cast<Micros>(dice_.uniform() * 300'000));
    return false;
  }

  // Seen on the wire a moment ago, and sent again: as it was, or from elsewhere.
  void replay(Reader& in) {
    const uint8_t flags = in.u8();
    const size_t count = in.u8() % 16;
    for (size_t i = 0; i < count && !recorded_.empty(); i++) {
      Packet packet = recorded_[(flags + i) % recorded_.size()];
      if ((flags & 0x80) != 0 && packet.to.ip == world_.server_address().ip) {
        packet.from = world_.participants() == 0 ? SocketAddress::v4(10, 200, 0, 0, 5000)
                                                 : world_.participant(flags % world_.participants()).node().host().address();
        packet.from.port = 40000;
      }
      world_.network().inject(std::move(packet));
    }
    world_.run_for(kMillisecond);
  }

  // From a stranger, who gets no answer and is counted, or in a participant's name.
  void hostile(Reader& in) {
    const uint8_t flags = in.u8();
    const ByteSpan bytes = in.bytes(std::min<size_t>(in.u8() % 64, in.remaining()));
    Packet packet{SocketAddress::v4(203, 0, 113, flags & 15, 7000), world_.server_address(), {bytes.begin(), bytes.end()}};
    const bool is_stranger = (flags & 0x10) == 0 || world_.participants() == 0;
    if (!is_stranger) {
      packet.from = world_.participant(flags % world_.participants()).node().host().address();
      packet.from.port = 40000;
    }
    const uint64_t before = world_.all_drops();
    world_.network().inject(std::move(packet));
    world_.run_for(0);
    if (is_stranger && !is_asleep()) REQUIRE(world_.all_drops() > before);
  }

  void lie_in_rtcp(Reader& in) {
    const uint8_t kind = in.u8();
    const uint8_t track = in.u8();
    const ByteSpan rest = in.bytes(std::min<size_t>(in.u8() % 64, in.remaining()));
    std::array<uint8_t, 256> bytes{};
    RtcpWriter writer{MutableByteSpan(bytes)};
    const uint32_t ssrc = world_.tracks().empty() ? 1 : world_.tracks()[track % world_.tracks().size()].ssrc;
    Reader numbers(rest);
    size_t raw = 0;
    switch (kind % 7) {
      case 0: {
        std::vector<uint16_t> wanted;
        while (numbers.remaining() >= 2) wanted.push_back(numbers.u16());
        std::sort(wanted.begin(), wanted.end());
        writer.nack(1, ssrc, wanted);
        break;
      }
      case 1: writer.pli(1, ssrc); break;
      case 2: writer.fir(1, ssrc, numbers.u8()); break;
      case 3: writer.remb(1, numbers.u64(), {}); break;
      case 4:
        writer.feedback(RtcpType::TransportFeedback, kFmtTransportCc, 1, ssrc, rest.first(rest.size() / 4 * 4));
        break;
      case 5: {
        RtcpSenderInfo info;
        info.ssrc = ssrc;
        info.ntp_time = numbers.u64();
        info.rtp_timestamp = numbers.u32();
        RtcpReportBlock block;
        block.ssrc = ssrc;
        block.fraction_lost = numbers.u8();
        block.highest_sequence = numbers.u32();
        const std::array<RtcpReportBlock, 1> blocks{block};
        writer.sender_report(info, blocks);
        break;
      }
      default:
        std::copy(rest.begin(), rest.end(), bytes.begin());
        raw = rest.size();
        break;
    }
    const size_t size = std::max(raw, writer.size());
    with_participant(in, [&](size_t who) {
      Transport* transport = world_.participant(who).transport();
      if (transport != nullptr && size >= 8) {
        world_.participant(who).node().post([this, who, bytes, size](Loop&) {
          if (Transport* open = world_.participant(who).transport()) open->send_rtcp(ByteSpan(bytes.data(), size));
        });
      }
    });
  }

  // Authentic RTP whose numbers, extensions and payload are whatever the script says.
  void lie_in_rtp(Reader& in) {
    const uint8_t flags = in.u8();
    const uint8_t track = in.u8();
    const uint16_t ahead = in.u16();
    const uint32_t timestamp = in.u32();
    const ByteSpan extension = in.bytes(std::min<size_t>((flags & 3) * 4u, in.remaining() / 4 * 4));
    const ByteSpan payload = in.bytes(std::min<size_t>(in.u8() % 64, in.remaining()));
    if (world_.tracks().empty()) return;
    const Track& chosen = world_.tracks()[track % world_.tracks().size()];
    std::vector<uint8_t> header(12);
    header[0] = extension.empty() ? 0x80 : 0x90;
    header[1] = (flags & 4) != 0 ? 96 : (flags & 8) != 0 ? 97 : static_cast<uint8_t>((flags >> 4) + 100);
    store_u32(header.data() + 4, timestamp);
    const uint32_t ssrc = header[1] == 97 ? chosen.rtx_ssrc : chosen.ssrc;
    store_u32(header.data() + 8, ssrc);
    if (!extension.empty()) {
      header.insert(header.end(), {0xBE, 0xDE, 0, static_cast<uint8_t>(extension.size() / 4)});
      header.insert(header.end(), extension.begin(), extension.end());
    }
    Participant& liar = world_.participant(chosen.owner);
    if (!liar.node().is_alive()) return;
    lied_[chosen.id] = true;
    liar.node().post([&liar, header, ssrc, ahead, body = std::vector<uint8_t>(payload.begin(), payload.end())](Loop& loop) {
      Transport* transport = liar.transport();
      if (transport == nullptr) return;
      const MutableByteSpan slot = loop.context().send.reserve();
      std::copy(header.begin(), header.end(), slot.data());
      const uint64_t index = transport->next_index(ssrc) + ahead % 0x7000;
      store_u16(slot.data() + 2, static_cast<uint16_t>(index));
      static_cast<void>(transport->write_rtp(slot, header.size(), 0, body, index));
    });
  }

  void change_path(Reader& in) {
    const uint8_t flags = in.u8();
    with_participant(in, [&](size_t who) {
      NetworkHost& host = world_.participant(who).node().host();
      Link& link = (flags & 1) != 0 ? host.up() : host.down();
      if ((flags & 2) != 0) link.set_loss((flags >> 2 & 15) / 32.0);
      if ((flags & 2) == 0) link.set_rate((1 + (flags >> 2 & 15)) * 100 * kKbps);
      if ((flags & 0x40) != 0) link.set_delay((flags & 7) * 20 * kMillisecond);
    });
  }

  [[nodiscard]] bool is_asleep() {
    return std::any_of(world_.servers().begin(), world_.servers().end(), [](const auto& s) { return s->is_stalled(); });
  }

  // The network is good again, everything is allowed: whoever is still connected hears everybody else who is.
  void heal() {
    mischief_ = {};
    for (size_t who = 0; who < world_.participants(); who++) {
      NetworkHost& host = world_.participant(who).node().host();
      for (Link* link : {&host.up(), &host.down()}) {
        link->set_loss(0);
        link->set_delay(20 * kMillisecond);
        link->set_rate(10 * kMbps);
      }
    }
    for (size_t track = 0; track < world_.tracks().size(); track++) {
      watch_.set_blocked(track, false);
      world_.set_blocked(track, false);
    }
    for (size_t who = 0; who < world_.participants(); who++) {
      if (!world_.participant(who).node().is_alive()) continue;
      std::vector<size_t> tracks;
      for (size_t track = 0; track < world_.tracks().size(); track++) {
        const Track& t = world_.tracks()[track];
        if (t.open && t.owner != who && world_.participant(t.owner).room() == world_.participant(who).room()) {
          tracks.push_back(track);
        }
      }
      watch_.set_forwarded(who, tracks);
      world_.forward(who, tracks);
    }
    world_.run_for(15 * kSecond);
    watch_.check();
    for (size_t who = 0; who < world_.participants(); who++) {
      for (const Track& track : world_.tracks()) {
        const bool wanted = track.open && !lied_[track.id] && track.owner != who &&
                            world_.participant(track.owner).room() == world_.participant(who).room();
        if (!wanted || !is_connected(who) || !is_connected(track.owner)) continue;
        const Micros last = world_.participant(who).heard().of(track.ssrc).last_arrival;
        REQUIRE(world_.simulation().now() - last < 2 * kSecond);
      }
    }
  }

  [[nodiscard]] bool is_connected(size_t who) {
    const Transport* transport = world_.participant(who).transport();
    return world_.participant(who).is_present() && transport != nullptr &&
           transport->state() == TransportState::connected &&
           world_.state_at_server(who) == TransportState::connected;
  }

  void finish() {
    heal();
    for (uint32_t room = 1; room <= 2; room++) world_.close_room(room);
    // Time for the last timers: those of ICE, half a minute, and of whoever fell asleep.
    world_.run_for(45 * kSecond);
    watch_.check();
    REQUIRE(world_.server_is_empty());
  }

  EngineWorld world_;
  fuzz::EngineWatch watch_;
  Random dice_;
  Mischief mischief_;
  std::vector<Packet> recorded_;
  std::map<uint32_t, bool> lied_;  // by track id
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader in(ByteSpan(data, size));
  Conversation conversation(in);
  conversation.run(in);
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  // Two join, send both kinds, hear each other.
  const auto call = hex("00 01 0104 0106 0000 0006 0401 00 0402 01 0020 06ffff00 06ffff01 0040");
  const auto with = [&call](std::string_view more) {
    std::vector<uint8_t> script = call;
    const auto rest = hex(more);
    script.insert(script.end(), rest.begin(), rest.end());
    return script;
  };
  // On two threads.
  auto threads = with("0080 0a1010101010 0080 0800 0901 00ff 0f40 0020 0200 0010");
  threads[0] = 3;
  return {
      call,
      threads,
      // Loss, repetition, delay, corruption, cuts; restart and move.
      with("0a1010101010 0080 0800 0080 0901 00ff 00ff 0a0000000000 00ff"),
      // Blocked, not forwarded, closed, again.
      with("070100 0040 070000 0040 06000001 0040 06ffff01 0500 0040 040200 06ffff01 0040"),
      // Replays and strangers.
      with("0b0308 0b8308 0c0108 0001000012345678 0c1108 8060000011223344 0c1104 16fefd00 0020"),
      // Lies in RTCP and RTP.
      with("0d000008 0001000200030004 01 0d0400 08 0001000400000100 01 0d0308 ffffffffffffffff 01 0d0100 00 01 0020"
           "0e0400 0001 00000000 10 90800001101090009d012a 0e0500 0500 0000ffff 00000000 08 9080000110109d01 0020"),
      // Asleep, narrow, demand, vanished.
      with("0f40 0020 100400 0040 1100ff01 0040 0300 00ff 00ff"),
      // Everybody leaves at once, in the middle of joining.
      hex("01 02 0100 0101 0102 0103 0002 0200 0201 0302 0203 0010"),
  };
}
