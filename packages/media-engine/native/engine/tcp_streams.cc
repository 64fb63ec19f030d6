#include "engine/tcp_streams.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "core/demux.h"

namespace parley {
namespace {

constexpr Micros kScanEvery = 1 * kSecond;

#if defined(MSG_NOSIGNAL)
constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
#else
constexpr int kSendFlags = MSG_DONTWAIT;
#endif

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

TcpStream* TcpStreams::add(std::unique_ptr<TcpConnection> connection) {
  make_room(connection->remote());
  do {
    last_number_ = (last_number_ + 1) & ~kIceTcp;
  } while (last_number_ == 0 || streams_.count(kIceTcp | last_number_) != 0);
  const uint32_t id = kIceTcp | last_number_;
  if (!poller_.add_stream(connection->fd(), id)) return nullptr;
  if (streams_.empty()) next_scan_ = context_.now + kScanEvery;
  auto stream = std::make_unique<TcpStream>();
  stream->id = id;
  stream->connection = std::move(connection);
  stream->since = stream->last_read = context_.now;
  return streams_.emplace(id, std::move(stream)).first->second.get();
}

void TcpStreams::make_room(const SocketAddress& from) {
  const SocketAddress network = StreamBudget::network_of(from);
  const TcpStream* oldest = nullptr;
  const TcpStream* oldest_here = nullptr;
  size_t strangers = 0;
  size_t strangers_here = 0;
  for (const auto& [id, stream] : streams_) {
    if (stream->transport != 0) continue;
    ++strangers;
    if (oldest == nullptr || stream->since < oldest->since) oldest = stream.get();
    if (StreamBudget::network_of(stream->connection->remote()) != network) continue;
    ++strangers_here;
    if (oldest_here == nullptr || stream->since < oldest_here->since) oldest_here = stream.get();
  }
  const TcpStream* victim = strangers_here >= kMaxStrangersPerAddress ? oldest_here
                            : strangers >= kMaxStrangers              ? oldest
                                                                      : nullptr;
  if (victim == nullptr) return;
  context_.drops.add(Drop::stream_rejected);
  close(victim->id);
}

TcpStream* TcpStreams::find(uint32_t id) const {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

size_t TcpStreams::count_of(uint32_t transport) const {
  return static_cast<size_t>(std::count_if(streams_.begin(), streams_.end(), [transport](const auto& entry) {
    return entry.second->transport == transport;
  }));
}

void TcpStreams::close(uint32_t id) { static_cast<void>(release(id)); }

void TcpStreams::close_all_of(uint32_t transport) {
  std::vector<uint32_t> ids;
  for (const auto& [id, stream] : streams_) {
    if (stream->transport == transport) ids.push_back(id);
  }
  for (const uint32_t id : ids) close(id);
}

std::unique_ptr<TcpConnection> TcpStreams::release(uint32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return nullptr;
  std::unique_ptr<TcpConnection> connection = std::move(found->second->connection);
  context_.drops.add(Drop::stream_closed, found->second->backlog.frames());
  poller_.remove_stream(connection->fd());
  streams_.erase(found);
  return connection;
}

std::optional<MutableByteSpan> TcpStreams::receive(TcpStream& stream) {
  const ssize_t size = ::recv(stream.connection->fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (size == 0 || (size < 0 && !would_block(errno))) return std::nullopt;
  if (size < 0) return MutableByteSpan();
  stream.last_read = context_.now;
  return MutableByteSpan(buffer_.data(), static_cast<size_t>(size));
}

bool TcpStreams::send(uint32_t id, ByteSpan packet) {
  TcpStream* stream = find(id);
  if (stream == nullptr || stream->is_broken) {
    context_.drops.add(Drop::send_failed);
    return false;
  }
  if (!stream->backlog.push(context_.now, packet, classify_packet(packet) == PacketKind::Rtp)) {
    context_.drops.add(Drop::stream_backlog);
    return false;
  }
  if (!stream->is_dirty && !stream->waits_for_output) {
    stream->is_dirty = true;
    dirty_.push_back(id);
  }
  return true;
}

size_t TcpStreams::flush() {
  size_t calls = 0;
  for (const uint32_t id : dirty_) {
    TcpStream* stream = find(id);
    if (stream == nullptr) continue;
    stream->is_dirty = false;
    ++calls;
    if (!write(*stream) && !stream->is_broken) {
      stream->waits_for_output = true;
      poller_.watch_output(stream->connection->fd(), id, true);
    }
  }
  dirty_.clear();
  return calls;
}

void TcpStreams::resume(uint32_t id) {
  TcpStream* stream = find(id);
  if (stream == nullptr || !write(*stream)) return;
  stream->waits_for_output = false;
  poller_.watch_output(stream->connection->fd(), id, false);
}

// True when everything is written. Once more would only be refused: the kernel takes less than offered when it is full.
bool TcpStreams::write(TcpStream& stream) {
  const ByteSpan bytes = stream.backlog.pending();
  if (bytes.empty()) return true;
  const ssize_t size = ::send(stream.connection->fd(), bytes.data(), bytes.size(), kSendFlags);
  if (size > 0) stream.backlog.consume(static_cast<size_t>(size));
  if (size < 0 && !would_block(errno)) stream.is_broken = true;
  return stream.backlog.empty();
}

std::vector<uint32_t> TcpStreams::overdue() {
  std::vector<uint32_t> ids;
  if (context_.now < next_scan_) return ids;
  next_scan_ = context_.now + kScanEvery;
  for (const auto& [id, stream] : streams_) {
    const bool is_late = stream->transport == 0 && context_.now - stream->since >= kNamingTime;
    if (is_late || context_.now - stream->last_read >= kIdleTime) ids.push_back(id);
  }
  return ids;
}

}  // namespace parley
