// Counters of an engine and its transports, copied by the loop for whoever asks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/drops.h"
#include "engine/events.h"
#include "engine/histogram.h"
#include "engine/media_session.h"
#include "engine/send_queue.h"
#include "engine/transport.h"
#include "layers/layer_table.h"

namespace parley {

struct TransportSnapshot {
  uint32_t id = 0;
  TransportState state = TransportState::fresh;
  TransportCounters traffic;
  MediaCounters media;
  PacedSender::Snapshot paced;
  int64_t idle_ms = -1;
  double rtt_ms = -1;
  // Number in IANA's registry of DTLS-SRTP profiles; 0 = none.
  uint16_t srtp_profile = 0;
  bool over_tcp = false;
};

// Of one loop.
struct ThreadSnapshot {
  uint64_t cpu_us = 0;
  uint64_t packets_received = 0;
  uint64_t forwarded = 0;
  // Datagrams that came to this loop and belonged to another one.
  uint64_t handed_over = 0;
  uint32_t rooms = 0;
};

struct LayerSnapshot {
  uint32_t source = 0;
  LayerTable::Layer layer;
};

// How much a loop holds; nothing when everything is closed and the last timer has run out.
struct LoopTables {
  size_t rooms = 0;
  size_t transports = 0;
  size_t sources = 0;
  size_t ufrags = 0;
  size_t addresses = 0;
  size_t timers = 0;
  size_t load_senders = 0;
  size_t load_sinks = 0;
};

struct EngineSnapshot {
  uint64_t cpu_us = 0;
  uint64_t packets_received = 0;
  uint64_t forwarded = 0;
  SendCounters sent;
  DropCounters drops;
  // Microseconds of forwarded packets in the engine: from the read of their batch until the kernel had them.
  TimeHistogram transit;
  // Microseconds that the oldest datagram of each read had lain in the kernel.
  TimeHistogram receive_wait;
  // Datagrams of each read.
  SizeHistogram receive_batch;
  std::vector<TransportSnapshot> transports;
  std::vector<LayerSnapshot> layers;
  std::vector<ThreadSnapshot> threads;

  // Another loop's part of the same engine.
  void add(const EngineSnapshot& other);
  // Nothing was counted; lists keep their memory.
  void clear();
};

}  // namespace parley
