#include "rtp.h"

namespace parley {

namespace {

constexpr bool is_two_byte(uint16_t profile) { return (profile & 0xFFF0) == 0x1000; }

// Elements of one extension block, appended in the form that the longest of them needs.
class ExtensionBlock {
 public:
  ExtensionBlock(MutableByteSpan out, bool two_byte) : out_(out), two_byte_(two_byte) {}

  /// Offset of the element's data in the block, 0 when it did not fit.
  size_t add(uint8_t id, ByteSpan data) {
    const size_t head = two_byte_ ? 2 : 1;
    // Room for the padding of the last word too.
    if (out_.size() < size_ + head + data.size() + 3) return 0;
    if (two_byte_) {
      out_[size_] = id;
      out_[size_ + 1] = static_cast<uint8_t>(data.size());
    } else {
      out_[size_] = static_cast<uint8_t>((unsigned{id} << 4) | (data.size() - 1));
    }
    const size_t at = size_ + head;
    if (!data.empty()) std::memcpy(out_.data() + at, data.data(), data.size());
    size_ = at + data.size();
    return at;
  }

  /// Pads, writes profile and length, and returns the block's size; 0 for no elements.
  size_t finish() {
    if (size_ == 4) return 0;
    while (size_ % 4 != 0) out_[size_++] = 0;
    store_u16(out_.data(), two_byte_ ? 0x1000 : kOneByteExtensions);
    store_u16(out_.data() + 2, static_cast<uint16_t>(size_ / 4 - 1));
    return size_;
  }

 private:
  MutableByteSpan out_;
  bool two_byte_;
  size_t size_ = 4;
};

bool needs_two_byte(ByteSpan data) { return data.empty() || data.size() > 16; }

}  // namespace

bool rtp_parse(ByteSpan bytes, RtpPacket& packet) {
  packet = RtpPacket{};
  Reader reader(bytes);
  const uint8_t first = reader.u8();
  const uint8_t second = reader.u8();
  packet.sequence_number = reader.u16();
  packet.timestamp = reader.u32();
  packet.ssrc = reader.u32();
  if ((first >> 6) != 2) return false;
  packet.csrc_count = first & 0x0F;
  reader.skip(size_t{4} * packet.csrc_count);
  if ((first & 0x10) != 0) {
    packet.extension_profile = reader.u16();
    packet.extensions = reader.bytes(size_t{4} * reader.u16());
  }
  if (!reader.ok()) return false;
  packet.packet = bytes;
  packet.marker = (second & 0x80) != 0;
  packet.payload_type = second & 0x7F;
  packet.header_size = reader.position();
  packet.payload = reader.rest();
  if ((first & 0x20) != 0) {
    if (packet.payload.empty()) return false;
    packet.padding = bytes[bytes.size() - 1];
    if (packet.padding == 0 || packet.padding > packet.payload.size()) return false;
    packet.payload = packet.payload.first(packet.payload.size() - packet.padding);
  }
  return true;
}

RtpExtensionIterator::RtpExtensionIterator(const RtpPacket& packet)
    : reader_(packet.extensions),
      form_(packet.extension_profile == kOneByteExtensions ? Form::OneByte
            : is_two_byte(packet.extension_profile)        ? Form::TwoByte
                                                           : Form::None) {}

bool RtpExtensionIterator::next(RtpExtension& extension) {
  if (form_ == Form::None) return false;
  while (reader_.remaining() > 0) {
    const uint8_t head = reader_.u8();
    if (head == 0) continue;  // padding
    size_t length;
    if (form_ == Form::OneByte) {
      extension.id = head >> 4;
      length = size_t{head & 0x0Fu} + 1;
      if (extension.id == 15) return false;
      if (extension.id == 0) return false;  // id 0 with a length is forbidden
    } else {
      extension.id = head;
      length = reader_.u8();
    }
    extension.data = reader_.bytes(length);
    return reader_.ok();
  }
  return false;
}

std::optional<ByteSpan> rtp_find_extension(const RtpPacket& packet, uint8_t id) {
  if (id == 0) return std::nullopt;
  RtpExtensionIterator extensions(packet);
  RtpExtension extension;
  while (extensions.next(extension)) {
    if (extension.id == id) return extension.data;
  }
  return std::nullopt;
}

std::optional<AudioLevel> read_audio_level(ByteSpan extension) {
  if (extension.empty()) return std::nullopt;
  return AudioLevel{static_cast<uint8_t>(extension[0] & 0x7F), (extension[0] & 0x80) != 0};
}

std::optional<uint16_t> read_transport_sequence(ByteSpan extension) {
  if (extension.size() != 2 && extension.size() != 4) return std::nullopt;
  return load_u16(extension.data());
}

std::optional<uint32_t> read_abs_send_time(ByteSpan extension) {
  if (extension.size() != 3) return std::nullopt;
  return load_u24(extension.data());
}

RtpHeaderTemplate rtp_make_template(const RtpPacket& packet, const RtpExtensionMap& map,
                                    uint8_t transport_sequence_id) {
  RtpHeaderTemplate result;
  const size_t fixed = kRtpHeaderSize + size_t{4} * packet.csrc_count;  // at most 72
  std::memcpy(result.bytes.data(), packet.packet.data(), fixed);

  const auto target = [&](const RtpExtension& e) { return e.id < map.to.size() ? map.to[e.id] : uint8_t{0}; };
  const auto is_located = [&](const RtpExtension& e) { return map.located != 0 && e.id == map.located; };
  const auto data = [&](const RtpExtension& e) {
    return is_located(e) && !map.replacement.empty() ? map.replacement : e.data;
  };
  bool two_byte = false;
  RtpExtension extension;
  for (RtpExtensionIterator i(packet); i.next(extension);) {
    if (target(extension) != 0 && needs_two_byte(data(extension))) two_byte = true;
  }
  ExtensionBlock block(MutableByteSpan(result.bytes.data() + fixed, result.bytes.size() - fixed), two_byte);
  // First, so that it always has room.
  if (transport_sequence_id != 0) {
    const uint8_t zero[2] = {};
    result.transport_sequence_at = fixed + block.add(transport_sequence_id, zero);
  }
  for (RtpExtensionIterator i(packet); i.next(extension);) {
    const uint8_t id = target(extension);
    if (id == 0 || id == transport_sequence_id) continue;
    const size_t at = block.add(id, data(extension));
    if (at != 0 && is_located(extension) && result.located_at == 0) result.located_at = fixed + at;
  }
  const size_t block_size = block.finish();
  result.bytes[0] = static_cast<uint8_t>((result.bytes[0] & 0xCF) | (block_size != 0 ? 0x10 : 0));
  result.size = fixed + block_size;
  return result;
}

size_t rtp_write_header(MutableByteSpan out, const RtpHeader& header, Span<const RtpExtension> extensions) {
  if (out.size() < kRtpHeaderSize) return 0;
  out[0] = static_cast<uint8_t>(0x80 | (extensions.empty() ? 0 : 0x10));
  out[1] = header.payload_type;
  rtp_set_marker(out.data(), header.marker);
  rtp_set_sequence_number(out.data(), header.sequence_number);
  rtp_set_timestamp(out.data(), header.timestamp);
  rtp_set_ssrc(out.data(), header.ssrc);
  if (extensions.empty()) return kRtpHeaderSize;
  if (out.size() < kRtpHeaderSize + 4) return 0;
  bool two_byte = false;
  for (const RtpExtension& e : extensions) two_byte = two_byte || needs_two_byte(e.data);
  ExtensionBlock block(out.from(kRtpHeaderSize), two_byte);
  for (const RtpExtension& e : extensions) {
    const bool valid = e.id >= 1 && e.id <= 14 && !e.data.empty() && e.data.size() <= 255;
    if (!valid || block.add(e.id, e.data) == 0) return 0;
  }
  return kRtpHeaderSize + block.finish();
}

}  // namespace parley
