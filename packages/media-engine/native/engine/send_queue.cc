#include "engine/send_queue.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#if defined(__linux__)
#include <netinet/udp.h>
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#endif

namespace parley {
namespace {

// The kernel takes 64 segments and one IP datagram's worth of bytes; shorter runs keep bursts at the receiver small.
constexpr size_t kMaxRun = 32;
constexpr size_t kMaxRunBytes = 60000;
// IPv6's smallest MTU without its header and UDP's.
constexpr size_t kMinPathPayload = 1280 - 48;

}  // namespace

SendQueue::SendQueue() : bytes_(kSlots * kSlotBytes) {
  slots_.reserve(kSlots);
#if defined(__linux__)
  can_segment_ = true;
#else
  can_segment_ = false;
#endif
}

MutableByteSpan SendQueue::reserve() {
  if (slots_.size() == kSlots) flush();
  return {bytes_.data() + slots_.size() * kSlotBytes, kSlotBytes};
}

void SendQueue::commit(const UdpSocket& socket, const Route& route, size_t size) {
  slots_.push_back({&socket, route, size});
}

void SendQueue::push(const UdpSocket& socket, const Route& route, ByteSpan packet) {
  if (packet.size() > kSlotBytes) {
    ++counters_.dropped;
    return;
  }
  const MutableByteSpan slot = reserve();
  std::memcpy(slot.data(), packet.data(), packet.size());
  commit(socket, route, packet.size());
}

void SendQueue::flush() {
  if (slots_.empty()) return;
  size_t first = 0;
  bool any_stream = false;
  while (first < slots_.size()) {
    if (slots_[first].route.stream != 0) {
      send_to_stream(first++);
      any_stream = true;
    } else {
      first += slots_[first].socket->is_system() ? send_from(first) : send_simulated(first);
    }
  }
  slots_.clear();
  if (any_stream && streams_ != nullptr) counters_.system_calls += streams_->flush();
  if (on_flushed_) on_flushed_();
}

void SendQueue::send_to_stream(size_t index) {
  const Slot& slot = slots_[index];
  if (streams_ == nullptr) {
    ++counters_.dropped;
  } else if (streams_->send(slot.route.stream, ByteSpan(bytes_.data() + index * kSlotBytes, slot.size))) {
    ++counters_.packets;
    counters_.bytes += slot.size;
  }
}

// How many packets from `first` on may leave as one segmentation run: one peer, equal sizes, a shorter one only at the end.
size_t SendQueue::run_length(size_t first) const {
  if (!can_segment_) return 1;
  const Slot& head = slots_[first];
  size_t count = 1;
  size_t total = head.size;
  while (first + count < slots_.size() && count < kMaxRun) {
    const Slot& next = slots_[first + count];
    if (next.socket != head.socket || next.size > head.size || next.route.from != head.route.from ||
        next.route.to != head.route.to || next.route.stream != 0) {
      break;
    }
    total += next.size;
    if (total > kMaxRunBytes) break;
    ++count;
    if (next.size < head.size) break;
  }
  return count;
}

size_t SendQueue::send_simulated(size_t index) {
  const Slot& slot = slots_[index];
  if (slot.socket->send(slot.route, {bytes_.data() + index * kSlotBytes, slot.size})) {
    ++counters_.packets;
    counters_.bytes += slot.size;
  } else {
    ++counters_.dropped;
  }
  return 1;
}

size_t SendQueue::send_plainly(size_t first, size_t count) {
  size_t taken = 0;
  for (size_t i = first; i < first + count; ++i) {
    const Slot& slot = slots_[i];
    sockaddr_storage to{};
    alignas(std::max_align_t) std::array<uint8_t, UdpSocket::kSourceBytes> source;
    iovec part{bytes_.data() + i * kSlotBytes, slot.size};
    msghdr message{};
    message.msg_name = &to;
    message.msg_namelen = static_cast<socklen_t>(slot.socket->to_native(slot.route.to, to));
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (slot.route.from != nullptr) {
      message.msg_controllen = slot.socket->write_source(*slot.route.from, MutableByteSpan(source.data(), source.size()));
      if (message.msg_controllen != 0) message.msg_control = source.data();
    }
    ++counters_.system_calls;
    if (message.msg_namelen != 0 && ::sendmsg(slot.socket->fd(), &message, 0) >= 0) {
      ++counters_.packets;
      counters_.bytes += slot.size;
      counters_.per_call.add(1);
      counters_.per_run.add(1);
      ++taken;
    } else {
      ++counters_.dropped;
    }
  }
  return taken;
}

#if defined(__linux__)

// Sends as much as one system call can from `first` on: messages of one socket, each a packet or a run. Returns how many
// slots are done.
size_t SendQueue::send_from(size_t first) {
  constexpr size_t kMessages = 64;
  constexpr size_t kParts = 128;
  std::array<mmsghdr, kMessages> headers;
  std::array<iovec, kParts> parts;
  std::array<sockaddr_storage, kMessages> targets;
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, UdpSocket::kSourceBytes + CMSG_SPACE(sizeof(uint16_t))> bytes;
  };
  std::array<Control, kMessages> controls;
  std::array<size_t, kMessages> lengths;

  const UdpSocket* socket = slots_[first].socket;
  size_t messages = 0;
  size_t part = 0;
  size_t next = first;
  while (messages < kMessages && next < slots_.size() && slots_[next].socket == socket &&
         slots_[next].route.stream == 0) {
    const size_t run = run_length(next);
    if (part + run > kParts) break;
    msghdr& message = headers[messages].msg_hdr;
    headers[messages] = {};
    message.msg_name = &targets[messages];
    message.msg_namelen = static_cast<socklen_t>(socket->to_native(slots_[next].route.to, targets[messages]));
    message.msg_iov = &parts[part];
    message.msg_iovlen = run;
    for (size_t i = 0; i < run; ++i) parts[part++] = {bytes_.data() + (next + i) * kSlotBytes, slots_[next + i].size};
    auto& control = controls[messages].bytes;
    size_t control_size = 0;
    if (const SocketAddress* from = slots_[next].route.from) {
      control_size = socket->write_source(*from, MutableByteSpan(control.data(), control.size()));
    }
    if (run > 1) {
      const auto segment = static_cast<uint16_t>(slots_[next].size);
      cmsghdr header{};
      header.cmsg_level = IPPROTO_UDP;
      header.cmsg_type = UDP_SEGMENT;
      header.cmsg_len = CMSG_LEN(sizeof segment);
      std::memcpy(control.data() + control_size, &header, sizeof header);
      std::memcpy(control.data() + control_size + CMSG_LEN(0), &segment, sizeof segment);
      control_size += CMSG_SPACE(sizeof segment);
    }
    if (control_size != 0) {
      message.msg_control = control.data();
      message.msg_controllen = control_size;
    }
    lengths[messages++] = run;
    next += run;
  }

  ++counters_.system_calls;
  const int sent = ::sendmmsg(socket->fd(), headers.data(), static_cast<unsigned>(messages), 0);
  const int error = errno;
  size_t done = 0;
  for (size_t i = 0; sent > 0 && i < static_cast<size_t>(sent); ++i) {
    for (size_t k = 0; k < lengths[i]; ++k) counters_.bytes += slots_[first + done + k].size;
    counters_.packets += lengths[i];
    counters_.per_run.add(lengths[i]);
    if (lengths[i] > 1) counters_.segmented_packets += lengths[i];
    done += lengths[i];
  }
  if (done != 0) {
    counters_.per_call.add(done);
    return done;
  }
  // The first message was refused. A device that cannot segment says EIO or EINVAL: send its packets one by one, and
  // never ask again. But EINVAL is also said of segments above the path's MTU and of addresses that nobody can send to,
  // and both are for a peer to choose.
  const size_t run = lengths[0];
  if (run > 1 && (error == EIO || error == EINVAL || error == EOPNOTSUPP || error == EMSGSIZE)) {
    const bool fits_any_path = slots_[first].size <= kMinPathPayload;
    const bool taken_plainly = send_plainly(first, run) == run;
    if (error != EMSGSIZE && fits_any_path && taken_plainly) can_segment_ = false;
  } else {
    counters_.dropped += run;
  }
  return run;
}

#else

size_t SendQueue::send_from(size_t first) {
  send_plainly(first, 1);
  return 1;
}

#endif

}  // namespace parley
