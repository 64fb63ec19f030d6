// A room on several loops: sources are mirrored to the loops that have receivers of theirs, see mirror.h.
#include <algorithm>

#include "engine/loop.h"

namespace parley {

void Loop::create_mirror(const MirrorConfig& config) {
  Room* room = find_room(config.room);
  if (room == nullptr || config.encodings.empty() || sources_.count(config.id) != 0) return;
  Loop* home = group_.loops[loop_of_id(config.original, static_cast<uint32_t>(group_.loops.size()))];
  const auto ask = [home, original = config.original, encodings = config.encodings](const Encoding& encoding) {
    for (size_t i = 0; i < encodings.size(); ++i) {
      if (encodings[i].ssrc != encoding.ssrc) continue;
      // A full queue loses the request; it is repeated for as long as the key frame does not come.
      static_cast<void>(home->post([original, i](Loop& loop) { loop.request_key_frame_of(original, static_cast<uint8_t>(i)); }));
    }
  };
  const auto watched = [home, original = config.original, index = index_](bool is_watched) {
    static_cast<void>(
        home->post([original, index, is_watched](Loop& loop) { loop.set_mirror_watched(original, index, is_watched); }));
  };
  const uint8_t generation = next_generation(config.encodings.front().ssrc);
  room->sources.push_back(config.id);
  sources_.emplace(config.id, std::make_unique<Source>(context_, config, generation, ask, watched));
}

void Loop::add_mirror(uint32_t source, uint32_t loop, uint32_t mirror) {
  const auto found = sources_.find(source);
  if (found != sources_.end()) found->second->add_mirror(loop, mirror);
}

void Loop::set_mirror_watched(uint32_t source, uint32_t loop, bool watched) {
  const auto found = sources_.find(source);
  if (found != sources_.end()) found->second->set_mirror_watched(loop, watched);
}

void Loop::request_key_frame_of(uint32_t source, uint8_t encoding) {
  const auto found = sources_.find(source);
  if (found != sources_.end()) found->second->request_key_frame(encoding);
}

bool Loop::take_mirrored(MirrorBatch batch) {
  const bool taken = mirror_inbox_.push(std::move(batch));
  poller_.wake();
  return taken;
}

void Loop::flush_mirrored() {
  for (LeavingMirrorBatch& leaving : context_.mirrored) {
    const size_t packets = leaving.batch.packets.size();
    if (leaving.loop < group_.loops.size() && group_.loops[leaving.loop]->take_mirrored(std::move(leaving.batch))) continue;
    for (size_t i = 0; i < packets; ++i) context_.drops.add(Drop::hand_over_overflow);
  }
  context_.mirrored.clear();
}

void Loop::read_mirrored() {
  if (group_.loops.size() < 2) return;
  mirror_inbox_.take(mirror_batches_);
  if (mirror_batches_.empty()) return;
  context_.last_media = context_.now;
  for (MirrorBatch& batch : mirror_batches_) {
    const auto found = sources_.find(batch.mirror);
    if (found != sources_.end()) found->second->take_mirrored(batch);
  }
  mirror_batches_.clear();
  forward_batch();
}

}  // namespace parley
