// ICE over TCP (RFC 6544): whose a connection is, and what its frames are. Only the loop that listens has strangers; a
// connection for a room of another loop moves there with its first frame.
#include "core/demux.h"
#include "core/stun.h"
#include "engine/loop.h"

namespace parley {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr int kReadsPerTurn = 4;
// When the system is out of descriptors, asking again at once would find the same.
constexpr Micros kListenAgain = 1 * kSecond;

}  // namespace

bool Loop::listen(std::unique_ptr<TcpListener> listener) {
  listener_ = std::move(listener);
  return poller_.add_stream(listener_->fd(), kTcpListenerId);
}

void Loop::read_streams(const Ready& ready) {
  for (const Ready::Stream& stream : ready.streams) {
    if (stream.id == kTcpListenerId) {
      accept_streams();
      continue;
    }
    if (stream.writable) streams_.resume(stream.id);
    if (stream.readable) read_stream(stream.id);
  }
}

void Loop::accept_streams() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    std::unique_ptr<TcpConnection> connection;
    switch (listener_->accept(group_.stream_budget, connection)) {
      case TcpListener::Accepted::none:
        return;
      case TcpListener::Accepted::exhausted:
        poller_.remove_stream(listener_->fd());
        listen_again_ = context_.now + kListenAgain;
        return;
      case TcpListener::Accepted::refused:
        context_.drops.add(Drop::stream_rejected);
        break;
      case TcpListener::Accepted::connection:
        if (admission_.allows(connection->remote(), context_.now)) {
          if (streams_.add(std::move(connection)) == nullptr) context_.drops.add(Drop::stream_rejected);
        } else {
          context_.drops.add(Drop::rate_limited);
        }
        break;
    }
  }
}

void Loop::read_stream(uint32_t id) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    TcpStream* stream = streams_.find(id);
    if (stream == nullptr) return;
    context_.now = host_->now();
    const std::optional<MutableByteSpan> bytes = streams_.receive(*stream);
    if (!bytes) {
      end_stream(*stream);
      return;
    }
    if (bytes->empty()) return;
    read_frames(*stream, *bytes);
    forward_batch();
    if (bytes->size() < TcpStreams::kReadBytes) return;
  }
}

void Loop::read_frames(TcpStream& stream, MutableByteSpan bytes) {
  stream.reader.push(bytes);
  for (;;) {
    MutableByteSpan frame;
    switch (stream.reader.next(frame)) {
      case FrameReader::Result::NeedsMore:
        return;
      case FrameReader::Result::Broken:
        context_.drops.add(Drop::stream_broken);
        admission_.charge(stream.connection->remote(), context_.now);
        end_stream(stream);
        return;
      case FrameReader::Result::Frame:
        ++context_.packets_received;
        if (!dispatch_frame(stream, frame)) return;
        break;
    }
  }
}

// False when the stream is not here any more.
bool Loop::dispatch_frame(TcpStream& stream, MutableByteSpan frame) {
  const PacketKind kind = classify_packet(frame);
  const bool is_first = stream.transport == 0;
  if (is_first && !name_stream(stream, frame)) return false;
  Transport* transport = find_transport(stream.transport);
  const SocketAddress& from = stream.connection->remote();
  const bool is_valid = transport->is_own_pair(stream.id, from);
  switch (kind) {
    case PacketKind::Stun:
      if (!is_valid && !transport->admits_stun()) {
        context_.drops.add(Drop::rate_limited);
      } else if (!transport->handle_stun(stream.id, from, frame)) {
        transport->charge_stun();
        // Whoever knows a user name fragment but not its password holds no connection.
        if (is_first) return reject_stream(stream);
      }
      schedule(*transport);
      return true;
    case PacketKind::Dtls:
      transport->handle_dtls(stream.id, from, frame, is_valid);
      schedule(*transport);
      return true;
    case PacketKind::Rtp:
    case PacketKind::Rtcp:
      if (!is_valid) {
        context_.drops.add(Drop::unknown_source_address);
      } else if (kind == PacketKind::Rtp) {
        transport->handle_rtp(from, frame);
      } else {
        transport->handle_rtcp(from, frame);
      }
      return true;
    default:
      context_.drops.add(Drop::unknown_protocol);
      return true;
  }
}

// By its first frame, which must be a check for somebody here. False when there is none, or the stream went to another loop.
bool Loop::name_stream(TcpStream& stream, MutableByteSpan frame) {
  if (stun_peek_class(frame) != StunClass::Request) return reject_stream(stream);
  const auto username = stun_peek_username(frame);
  if (!username) return reject_stream(stream);
  const std::string_view ufrag = stun_username_local_part(*username);
  const auto loops = static_cast<uint32_t>(group_.loops.size());
  const uint32_t loop = loop_of_ufrag(ufrag, loops);
  if (loop < loops && loop != index_) {
    hand_over_stream(stream, frame, *group_.loops[loop]);
    return false;
  }
  const auto found = by_ufrag_.find(std::string(ufrag));
  if (found == by_ufrag_.end() || streams_.count_of(found->second->id()) >= TcpStreams::kMaxPerTransport) {
    return reject_stream(stream);
  }
  stream.transport = found->second->id();
  return true;
}

void Loop::hand_over_stream(TcpStream& stream, ByteSpan frame, Loop& to) {
  std::vector<uint8_t> bytes(kFrameHeaderBytes);
  store_u16(bytes.data(), static_cast<uint16_t>(frame.size()));
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  const ByteSpan rest = stream.reader.rest();
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  // A command can be copied, a connection cannot; it ends with the command when that is not carried out.
  struct Parcel {
    std::unique_ptr<TcpConnection> connection;
    std::vector<uint8_t> bytes;
  };
  const auto parcel = std::make_shared<Parcel>(Parcel{streams_.release(stream.id), std::move(bytes)});
  ++handed_over_;
  const bool accepted = to.post([parcel](Loop& loop) {
    TcpStream* arrived = loop.streams_.add(std::move(parcel->connection));
    if (arrived == nullptr) {
      loop.context_.drops.add(Drop::stream_rejected);
      return;
    }
    loop.read_frames(*arrived, parcel->bytes);
    loop.forward_batch();
  });
  if (!accepted) context_.drops.add(Drop::hand_over_overflow);
}

bool Loop::reject_stream(TcpStream& stream) {
  context_.drops.add(Drop::stream_rejected);
  admission_.charge(stream.connection->remote(), context_.now);
  end_stream(stream);
  return false;
}

void Loop::end_stream(TcpStream& stream) {
  const uint32_t id = stream.id;
  Transport* transport = find_transport(stream.transport);
  streams_.close(id);
  if (transport == nullptr) return;
  transport->lose_stream(id);
  schedule(*transport);
}

void Loop::run_streams() {
  if (listen_again_ <= context_.now) {
    listen_again_ = kNever;
    if (!poller_.add_stream(listener_->fd(), kTcpListenerId)) listen_again_ = context_.now + kListenAgain;
  }
  for (const uint32_t id : streams_.overdue()) {
    TcpStream* stream = streams_.find(id);
    if (stream->transport == 0) {
      static_cast<void>(reject_stream(*stream));
    } else {
      end_stream(*stream);
    }
  }
}

}  // namespace parley
