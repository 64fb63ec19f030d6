import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoadSender, type LoadSenderOptions, type RtpParameters } from '../src/index.ts'
import { startSink } from './support/media.ts'
import { addConnectedPeer, rtpParameters, Side, until } from './support/peers.ts'

const withRed: RtpParameters = {
  ...rtpParameters,
  codecs: [...rtpParameters.codecs, { payloadType: 112, kind: 'audio', name: 'red', clockRateHz: 48000 }],
}
/** One earlier frame of three bytes, and the newest one (RFC 2198). */
const redHeader = Buffer.from('ef0f00036faaaaaa', 'hex')
const red: LoadSenderOptions = {
  ssrc: 6001,
  payloadType: 112,
  codec: 'red',
  packetsPerSecond: 50,
  payloadBytes: 100,
  recording: [{ ticks: 0, marker: false, payload: Buffer.concat([redHeader, Buffer.of(0x78)]) }],
}

test('who has not negotiated redundant audio gets its newest frame as plain Opus', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const [sender, knows, knowsNot] = await Promise.all([1, 2, 3].map(() => addConnectedPeer(server, clients, room)))
  assert.ok(sender && knows && knowsNot)
  for (const peer of [sender, knows]) {
    server.engine.setRtpParameters(peer.server, withRed)
    clients.engine.setRtpParameters(peer.client, withRed)
  }
  const source = server.engine.createSource({
    transport: sender.server,
    kind: 'audio',
    encodings: [{ ssrc: red.ssrc }],
  })
  createLoadSender(clients.engine, sender.client, red)
  for (const [receiver, size] of [
    [knows, 100],
    [knowsNot, 100 - redHeader.length],
  ] as const) {
    const sink = startSink(clients, receiver, [red])
    server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
    await until(() => sink.stats().packets > 10, 'packets')
    const { packets, bytes, missing } = sink.stats()
    // header, and an extension block for the transport-wide number
    assert.equal(bytes, packets * (12 + 8 + size))
    assert.equal(missing, 0)
  }
  // payload type 112 would be unknown to it
  assert.equal(clients.engine.stats().drops['unknown-payload-type'], undefined)
})
