#include "dependency_descriptor.h"

#include <algorithm>

#include "bits.h"

namespace parley {

namespace {

constexpr unsigned kDiscardable = 1, kSwitch = 2, kRequired = 3;
constexpr uint32_t kNextTemporal = 1, kNextSpatial = 2, kNoMoreTemplates = 3;
constexpr size_t kMandatoryBits = 24;
constexpr size_t kActiveFlagAt = 25;
constexpr unsigned kFlagBits = 5;

DecodeTargetIndications read_indications(BitReader& reader, size_t targets) {
  DecodeTargetIndications result;
  for (size_t i = 0; i < targets; i++) {
    const uint32_t value = reader.bits(2);
    const uint32_t bit = uint32_t{1} << i;
    if (value != 0) result.present |= bit;
    if (value == kSwitch) result.switchable |= bit;
    if (value == kDiscardable) result.discardable |= bit;
  }
  return result;
}

void write_indications(BitWriter& writer, const DecodeTargetIndications& indications, size_t targets) {
  for (size_t i = 0; i < targets; i++) {
    const uint32_t bit = uint32_t{1} << i;
    writer.bits((indications.present & bit) == 0       ? 0
                : (indications.switchable & bit) != 0  ? kSwitch
                : (indications.discardable & bit) != 0 ? kDiscardable
                                                       : kRequired,
                2);
  }
}

bool add_diff(FrameDiffs& diffs, uint32_t value) {
  if (diffs.count == kMaxFrameDiffs) return false;
  diffs.values[diffs.count++] = static_cast<uint16_t>(value);
  return true;
}

bool read_template_layers(BitReader& reader, DependencyStructure& structure) {
  uint8_t spatial = 0, temporal = 0;
  for (;;) {
    if (structure.templates.size() == kMaxTemplates) return false;
    DependencyTemplate& added = structure.templates.emplace_back();
    added.spatial = spatial;
    added.temporal = temporal;
    const uint32_t next = reader.bits(2);
    if (!reader.ok()) return false;
    if (next == kNoMoreTemplates) return true;
    if (next == kNextTemporal) temporal++;
    if (next == kNextSpatial) {
      temporal = 0;
      spatial++;
    }
  }
}

bool read_template_diffs(BitReader& reader, DependencyStructure& structure) {
  for (DependencyTemplate& t : structure.templates) {
    while (reader.flag()) {
      if (!add_diff(t.frame_diffs, reader.bits(4) + 1)) return false;
    }
  }
  return reader.ok();
}

void read_template_chains(BitReader& reader, DependencyStructure& structure) {
  structure.chain_count =
      static_cast<uint8_t>(reader.non_symmetric(static_cast<uint32_t>(structure.targets.size()) + 1));
  if (structure.chain_count == 0) return;
  for (auto& target : structure.targets)
    target.chain = static_cast<uint8_t>(reader.non_symmetric(structure.chain_count));
  for (DependencyTemplate& t : structure.templates) {
    for (size_t i = 0; i < structure.chain_count; i++) t.chain_diffs.push_back(static_cast<uint8_t>(reader.bits(4)));
  }
}

std::shared_ptr<const DependencyStructure> read_structure(BitReader& reader) {
  auto structure = std::make_shared<DependencyStructure>();
  structure->template_id_offset = static_cast<uint8_t>(reader.bits(6));
  structure->targets.resize(reader.bits(5) + 1);
  if (!read_template_layers(reader, *structure)) return nullptr;
  for (DependencyTemplate& t : structure->templates)
    t.indications = read_indications(reader, structure->targets.size());
  if (!read_template_diffs(reader, *structure)) return nullptr;
  read_template_chains(reader, *structure);
  if (!reader.ok()) return nullptr;
  structure->derive_target_layers();
  if (reader.flag()) {
    structure->resolutions.resize(size_t{structure->templates.back().spatial} + 1);
    for (auto& resolution : structure->resolutions) {
      // 65 536 does not fit and no codec has it.
      resolution.width = static_cast<uint16_t>(reader.bits(16) + 1);
      resolution.height = static_cast<uint16_t>(reader.bits(16) + 1);
    }
  }
  return reader.ok() ? structure : nullptr;
}

bool write_structure(BitWriter& writer, const DependencyStructure& structure) {
  const size_t targets = structure.targets.size();
  if (structure.templates.empty() || structure.templates.size() > kMaxTemplates || targets == 0 ||
      targets > kMaxDecodeTargets || structure.chain_count > targets) {
    return false;
  }
  writer.bits(structure.template_id_offset, 6);
  writer.bits(static_cast<uint32_t>(targets - 1), 5);
  for (size_t i = 0; i < structure.templates.size(); i++) {
    if (i + 1 == structure.templates.size()) {
      writer.bits(kNoMoreTemplates, 2);
    } else if (structure.templates[i + 1].spatial != structure.templates[i].spatial) {
      writer.bits(kNextSpatial, 2);
    } else {
      writer.bits(structure.templates[i + 1].temporal != structure.templates[i].temporal ? kNextTemporal : 0, 2);
    }
  }
  for (const DependencyTemplate& t : structure.templates) write_indications(writer, t.indications, targets);
  for (const DependencyTemplate& t : structure.templates) {
    for (size_t i = 0; i < t.frame_diffs.count; i++) {
      if (t.frame_diffs.values[i] < 1 || t.frame_diffs.values[i] > 16) return false;
      writer.flag(true);
      writer.bits(uint32_t{t.frame_diffs.values[i]} - 1, 4);
    }
    writer.flag(false);
  }
  writer.non_symmetric(static_cast<uint32_t>(targets) + 1, structure.chain_count);
  if (structure.chain_count != 0) {
    for (const auto& target : structure.targets) writer.non_symmetric(structure.chain_count, target.chain);
    for (const DependencyTemplate& t : structure.templates) {
      if (t.chain_diffs.size() != structure.chain_count) return false;
      for (const uint8_t diff : t.chain_diffs) {
        if (diff > 15) return false;
        writer.bits(diff, 4);
      }
    }
  }
  writer.flag(!structure.resolutions.empty());
  for (const auto& resolution : structure.resolutions) {
    writer.bits(uint32_t{resolution.width} - 1, 16);
    writer.bits(uint32_t{resolution.height} - 1, 16);
  }
  return true;
}

bool read_frame_diffs(BitReader& reader, FrameDiffs& diffs) {
  diffs = FrameDiffs{};
  while (const uint32_t size = reader.bits(2)) {
    if (!add_diff(diffs, reader.bits(4 * size) + 1)) return false;
  }
  return true;
}

void write_frame_diffs(BitWriter& writer, const FrameDiffs& diffs) {
  for (size_t i = 0; i < diffs.count; i++) {
    const uint32_t value = uint32_t{diffs.values[i]} - 1;
    const unsigned size = value < 16 ? 1 : value < 256 ? 2 : 3;
    writer.bits(size, 2);
    writer.bits(value, 4 * size);
  }
  writer.bits(0, 2);
}

}  // namespace

uint32_t DependencyStructure::targets_within(size_t target) const {
  uint32_t within = all_targets();
  for (const DependencyTemplate& t : templates) {
    if ((t.indications.present >> target & 1u) == 0) within &= ~t.indications.present;
  }
  return within;
}

void DependencyStructure::derive_target_layers() {
  for (size_t i = 0; i < targets.size(); i++) {
    for (const DependencyTemplate& t : templates) {
      if ((t.indications.present >> i & 1u) == 0) continue;
      targets[i].spatial = std::max(targets[i].spatial, t.spatial);
      targets[i].temporal = std::max(targets[i].temporal, t.temporal);
    }
  }
}

DependencyParse dependency_parse(ByteSpan extension, const std::shared_ptr<const DependencyStructure>& known,
                                 DependencyFrame& frame) {
  frame = DependencyFrame{};
  BitReader reader(extension);
  frame.start_of_frame = reader.flag();
  frame.end_of_frame = reader.flag();
  frame.template_id = static_cast<uint8_t>(reader.bits(6));
  frame.frame_number = static_cast<uint16_t>(reader.bits(16));
  if (!reader.ok()) return DependencyParse::Malformed;
  frame.structure = known;
  if (extension.size() > 3) {
    frame.has_structure = reader.flag();
    frame.has_active = reader.flag();
    frame.custom_indications = reader.flag();
    frame.custom_diffs = reader.flag();
    frame.custom_chains = reader.flag();
    if (frame.has_structure) {
      frame.structure = read_structure(reader);
      if (frame.structure == nullptr) return DependencyParse::Malformed;
    }
    frame.active_at = static_cast<uint16_t>(reader.position());
  }
  if (frame.structure == nullptr) return DependencyParse::UnknownTemplate;
  const DependencyStructure& structure = *frame.structure;
  frame.active = structure.all_targets();
  if (frame.has_active) frame.active = reader.bits(static_cast<unsigned>(structure.targets.size()));

  const size_t index = (size_t{frame.template_id} + 64 - structure.template_id_offset) % 64;
  if (index >= structure.templates.size()) return DependencyParse::UnknownTemplate;
  const DependencyTemplate& base = structure.templates[index];
  frame.spatial = base.spatial;
  frame.temporal = base.temporal;
  frame.indications = frame.custom_indications ? read_indications(reader, structure.targets.size()) : base.indications;
  frame.frame_diffs = base.frame_diffs;
  if (frame.custom_diffs && !read_frame_diffs(reader, frame.frame_diffs)) return DependencyParse::Malformed;
  for (size_t i = 0; i < structure.chain_count; i++) {
    frame.chain_diffs[i] = frame.custom_chains ? static_cast<uint8_t>(reader.bits(8)) : base.chain_diffs[i];
  }
  frame.bits = static_cast<uint16_t>(reader.position());
  return reader.ok() ? DependencyParse::Ok : DependencyParse::Malformed;
}

size_t dependency_write(MutableByteSpan out, const DependencyFrame& frame) {
  if (frame.structure == nullptr) return 0;
  const DependencyStructure& structure = *frame.structure;
  BitWriter writer(out);
  writer.flag(frame.start_of_frame);
  writer.flag(frame.end_of_frame);
  writer.bits(frame.template_id, 6);
  writer.bits(frame.frame_number, 16);
  if (frame.has_structure || frame.has_active || frame.custom_indications || frame.custom_diffs ||
      frame.custom_chains) {
    writer.flag(frame.has_structure);
    writer.flag(frame.has_active);
    writer.flag(frame.custom_indications);
    writer.flag(frame.custom_diffs);
    writer.flag(frame.custom_chains);
    if (frame.has_structure && !write_structure(writer, structure)) return 0;
    if (frame.has_active) writer.bits(frame.active, static_cast<unsigned>(structure.targets.size()));
    if (frame.custom_indications) write_indications(writer, frame.indications, structure.targets.size());
    if (frame.custom_diffs) write_frame_diffs(writer, frame.frame_diffs);
    if (frame.custom_chains) {
      for (size_t i = 0; i < structure.chain_count; i++) writer.bits(frame.chain_diffs[i], 8);
    }
  }
  return writer.ok() ? writer.size() : 0;
}

size_t dependency_rewrite(MutableByteSpan out, ByteSpan extension, const DependencyFrame& frame, uint16_t frame_number,
                          std::optional<uint32_t> active) {
  if (extension.size() * 8 < frame.bits || extension.size() < 3) return 0;
  BitWriter writer(out);
  writer.copy(extension, 0, 8);
  writer.bits(frame_number, 16);
  if (!active || frame.structure == nullptr) {
    writer.copy(extension, kMandatoryBits, extension.size() * 8);
    return writer.ok() ? writer.size() : 0;
  }
  const auto targets = static_cast<unsigned>(frame.structure->targets.size());
  if (frame.active_at == 0) {
    writer.bits(0b01000, kFlagBits);
    writer.bits(*active, targets);
    return writer.ok() ? writer.size() : 0;
  }
  writer.copy(extension, kMandatoryBits, kActiveFlagAt);
  writer.flag(true);
  writer.copy(extension, kActiveFlagAt + 1, frame.active_at);
  writer.bits(*active, targets);
  writer.copy(extension, size_t{frame.active_at} + (frame.has_active ? targets : 0), frame.bits);
  return writer.ok() ? writer.size() : 0;
}

}  // namespace parley
