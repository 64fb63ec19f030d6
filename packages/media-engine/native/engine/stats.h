// Counters of an engine and its transports, copied by the loop for whoever asks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/drops.h"
#include "engine/events.h"
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
  const char* srtp_profile = "";
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
  std::vector<TransportSnapshot> transports;
  std::vector<LayerSnapshot> layers;
  std::vector<ThreadSnapshot> threads;

  // Another loop's part of the same engine.
  void add(EngineSnapshot other);
};

}  // namespace parley
