// What the parts of one loop share. Lives and is used on the loop's thread only, events excepted.
#pragma once

#include "bwe/bandwidth_estimator.h"
#include "core/clock.h"
#include "core/random.h"
#include "engine/address_table.h"
#include "engine/drops.h"
#include "engine/dtls.h"
#include "engine/events.h"
#include "engine/histogram.h"
#include "engine/mirror.h"
#include "engine/route.h"
#include "engine/send_queue.h"

namespace parley {

class Host;
class Source;

struct EngineContext {
  // given
  const DtlsContext& dtls;
  Host& host;
  RandomSource& random;
  EventQueue& events;
  // owned
  SendQueue send;
  AddressTable addresses;
  LocalAddresses locals;
  DropCounters drops;
  // Time of this turn's input: read once per batch.
  Micros now = 0;
  // Media packets written for receivers, retransmissions excepted.
  uint64_t forwarded = 0;
  uint64_t packets_received = 0;
  // Sources that took packets in this batch, to be forwarded at its end.
  std::vector<Source*> sources_with_packets;
  // When media last came or went; the media tick rests without any.
  Micros last_media = 0;
  // Transports, by id, whose paced senders have something to do.
  std::vector<uint32_t> to_run = {};
  FeedbackScratch feedback_scratch = {};
  // For mirrors on other loops, sent at the end of the batch.
  std::vector<LeavingMirrorBatch> mirrored = {};
  // Media packets of this batch that wait in the send queue, and what they and those before them took.
  uint64_t in_hand = 0;
  TimeHistogram transit = {};
  // How long the datagram in hand had lain in the kernel at `now`.
  Micros waited = 0;
};

}  // namespace parley
