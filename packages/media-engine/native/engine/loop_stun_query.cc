// Asking STUN servers from the media port which address they see: what is behind a NAT learns its public one this way.
#include "engine/loop.h"

namespace parley {

void Loop::ask_stun_server(const SocketAddress& server) {
  if (!stun_query_.ask(context_.now, server)) tell_mapped_address(server, {});
  drain_stun_query();
}

void Loop::run_stun_query() {
  if (stun_query_.next_deadline() > context_.now) return;
  stun_query_.handle_timeout(context_.now);
  drain_stun_query();
}

void Loop::drain_stun_query() {
  StunQuery::Output output;
  while (stun_query_.poll(output)) {
    switch (output.kind) {
      case StunQuery::Output::Kind::Transmit:
        context_.send.push(*socket_, {output.server}, output.bytes);
        break;
      case StunQuery::Output::Kind::Answered:
        tell_mapped_address(output.server, output.mapped.to_string());
        break;
      case StunQuery::Output::Kind::Unanswered:
        tell_mapped_address(output.server, {});
        break;
    }
  }
}

void Loop::tell_mapped_address(const SocketAddress& server, std::string mapped) {
  EngineEvent event;
  event.type = EngineEvent::Type::mapped_address;
  event.remote_address = server.to_string();
  event.mapped_address = std::move(mapped);
  events_.add(std::move(event));
}

}  // namespace parley
