#include "engine/plain_peer.h"

#include "test.h"

namespace parley {
namespace {

const SocketAddress kMedia = SocketAddress::v4(192, 0, 2, 1, 4000);
const SocketAddress kControl = SocketAddress::v4(192, 0, 2, 1, 4001);
const SocketAddress kStranger = SocketAddress::v4(192, 0, 2, 9, 4000);

}  // namespace

TEST(plain_peer_given, "plain peer: a given address is the only one, but for RTCP's port") {
  PlainPeer peer(kMedia);
  CHECK(peer.admits(kMedia) && peer.admits_rtp(kMedia));
  CHECK(peer.admits(kControl) && !peer.admits_rtp(kControl));
  CHECK(!peer.admits(kStranger) && !peer.admits_rtp(kStranger));
  CHECK(!peer.learn(kControl, false) && !peer.learn(kMedia, true));
  CHECK(peer.remote() == kMedia);
}

TEST(plain_peer_learned, "plain peer: RTP decides on the address, RTCP before it only guesses") {
  PlainPeer peer(std::nullopt);
  CHECK(peer.admits(kStranger) && peer.admits_rtp(kStranger));
  CHECK(peer.learn(kControl, false));
  CHECK(peer.remote() == kControl);
  CHECK(!peer.admits(kStranger) && !peer.admits_rtp(kStranger));
  CHECK(!peer.learn(kControl, false));
  CHECK(peer.admits_rtp(kMedia));
  CHECK(peer.learn(kMedia, true));
  CHECK(peer.remote() == kMedia);
  CHECK(!peer.admits_rtp(kControl) && peer.admits(kControl));
  CHECK(!peer.learn(kControl, false));
  CHECK(peer.remote() == kMedia);
}

}  // namespace parley
