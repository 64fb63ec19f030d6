#include "datagram_network.h"

#include <algorithm>

#include "../engine/route.h"

namespace parley::sim {
namespace {

constexpr size_t kUdpAndIpBytes = 28;

}  // namespace

NetworkHost::NetworkHost(DatagramNetwork& network, const SocketAddress& address, const LinkConfig& up,
                         const LinkConfig& down)
    : network_(network), address_(address), up_(network.simulation(), up), down_(network.simulation(), down) {
  network_.hosts_[address_.ip] = this;
}

NetworkHost::~NetworkHost() {
  const auto entry = network_.hosts_.find(address_.ip);
  if (entry != network_.hosts_.end() && entry->second == this) network_.hosts_.erase(entry);
}

std::unique_ptr<NetworkSocket> NetworkHost::open(uint16_t port, NetworkListener& listener) {
  return std::make_unique<NetworkSocket>(*this, port == 0 ? next_port_++ : port, listener);
}

void NetworkHost::move_to(const SocketAddress& address) {
  const auto entry = network_.hosts_.find(address_.ip);
  if (entry != network_.hosts_.end() && entry->second == this) network_.hosts_.erase(entry);
  address_ = address;
  network_.hosts_[address_.ip] = this;
}

void NetworkHost::readable(const NetworkListener& listener, std::vector<UdpSocket*>& out) const {
  out.clear();
  for (const auto& [port, sockets] : sockets_) {
    for (NetworkSocket* socket : sockets) {
      if (&socket->listener_ == &listener && !socket->waiting_.empty()) out.push_back(socket);
    }
  }
}

void NetworkHost::send(uint16_t port, const SocketAddress& to, ByteSpan bytes) {
  Packet packet{address_, to, {bytes.begin(), bytes.end()}};
  packet.from.port = port;
  if (network_.tap_) network_.tap_(packet);
  const size_t size = packet.bytes.size() + kUdpAndIpBytes;
  up_.send(size, [&network = network_, packet = std::move(packet)]() mutable { network.cross(std::move(packet)); });
}

void NetworkHost::arrive(Packet packet) {
  const auto sockets = sockets_.find(packet.to.port);
  if (packet.to.ip != address_.ip || sockets == sockets_.end()) {
    network_.stats_.unreachable++;
    return;
  }
  NetworkSocket* socket = sockets->second[SocketAddressHash{}(packet.from) % sockets->second.size()];
  if (socket->waiting_.size() >= NetworkSocket::kMaxWaiting) {
    network_.stats_.overflowed++;
    return;
  }
  network_.note(packet);
  socket->waiting_.push_back(std::move(packet));
  socket->listener_.on_readable();
}

NetworkSocket::NetworkSocket(NetworkHost& host, uint16_t port, NetworkListener& listener)
    : UdpSocket(port), host_(host), listener_(listener) {
  host_.sockets_[port].push_back(this);
}

NetworkSocket::~NetworkSocket() {
  auto& sockets = host_.sockets_[port()];
  sockets.erase(std::remove(sockets.begin(), sockets.end(), this), sockets.end());
  if (sockets.empty()) host_.sockets_.erase(port());
}

bool NetworkSocket::receive(ReceiveBatch& batch, std::vector<Datagram>& out, uint64_t& truncated) {
  out.clear();
  for (size_t i = 0; i < ReceiveBatch::kDatagrams; i++) {
    if (waiting_.empty()) return false;
    const Packet packet = std::move(waiting_.front());
    waiting_.pop_front();
    if (packet.bytes.size() > ReceiveBatch::kDatagramBytes) {
      ++truncated;
      continue;
    }
    std::copy(packet.bytes.begin(), packet.bytes.end(), batch.buffer(i));
    out.push_back({packet.from, {}, MutableByteSpan(batch.buffer(i), packet.bytes.size())});
  }
  return true;
}

bool NetworkSocket::send(const Route& route, ByteSpan packet) const {
  host_.send(port(), route.to, packet);
  return true;
}

void DatagramNetwork::inject(Packet packet, Micros delay) {
  simulation_.after(delay, [this, packet = std::move(packet)]() mutable {
    const auto host = hosts_.find(packet.to.ip);
    if (host == hosts_.end()) {
      stats_.unreachable++;
      return;
    }
    host->second->arrive(std::move(packet));
  });
}

void DatagramNetwork::cross(Packet packet) {
  if (middle_ && !middle_(packet)) return;
  const auto host = hosts_.find(packet.to.ip);
  if (host == hosts_.end()) {
    stats_.unreachable++;
    return;
  }
  NetworkHost* to = host->second;
  const size_t size = packet.bytes.size() + kUdpAndIpBytes;
  to->down_.send(size, [to, packet = std::move(packet)]() mutable { to->arrive(std::move(packet)); });
}

// FNV-1a.
void DatagramNetwork::note(const Packet& packet) {
  stats_.delivered++;
  const auto add = [this](const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    for (size_t i = 0; i < size; i++) trace_ = (trace_ ^ bytes[i]) * 0x100000001b3u;
  };
  const Micros now = simulation_.now();
  add(&now, sizeof now);
  add(packet.from.ip.data(), packet.from.ip.size());
  add(&packet.from.port, sizeof packet.from.port);
  add(packet.to.ip.data(), packet.to.ip.size());
  add(packet.bytes.data(), packet.bytes.size());
}

}  // namespace parley::sim
