/** Runs in the browser: both ways of media, then lines that come, rest and are used again. */
import { canvasTrack, LoopbackBridge } from './loopback-bridge.ts'

export async function mediaScenario() {
  const bridge = new LoopbackBridge()
  const session = await bridge.session
  await session.setTrack('aaaaaaaa-v0', canvasTrack(640, 360))
  const first = await bridge.renegotiate()
  const source = await bridge.addSource('bbbbbbbb-v0', canvasTrack(320, 180))
  session.setRemoteSources([source])
  await bridge.renegotiate()
  const frames = await enoughFrames(bridge.peer, session.peer)
  session.setRemoteSources([])
  session.setExtraSource('aaaaaaaa-v1', 'video', true)
  const shared = await session.negotiate()
  const ssrcs = [3000000001, 3000000002]
  session.setRemoteSources([{ ...source, name: 'cccccccc-v0', ownerId: 'cccccccc', ssrcs, groups: [] }])
  const reused = await session.negotiate()
  return {
    frames,
    first: first.answer,
    shared,
    reused,
    tracks: [...bridge.tracks.keys()],
    line: session.midOf('cccccccc-v0'),
    warnings: bridge.warnings,
  }
}

/** Decoded frames on both ends: 10 each, or as many as came in 20 s. */
async function enoughFrames(bridge: RTCPeerConnection, client: RTCPeerConnection) {
  const deadline = Date.now() + 20_000
  for (;;) {
    const frames = { bridge: await decodedFrames(bridge), client: await decodedFrames(client) }
    if ((frames.bridge >= 10 && frames.client >= 10) || Date.now() > deadline) return frames
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function decodedFrames(peer: RTCPeerConnection): Promise<number> {
  let frames = 0
  ;(await peer.getStats()).forEach((report) => {
    if (report.type === 'inbound-rtp') frames = Math.max(frames, report.framesDecoded ?? 0)
  })
  return frames
}

Object.assign(globalThis, { loopback: { mediaScenario } })
