import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLoadSink, generateSrtpKey } from '../src/index.ts'
import { addConnectedPeer, rtpParameters, Side, until } from './support/peers.ts'

const ffmpeg = process.env['PARLEY_FFMPEG'] ?? '/usr/bin/ffmpeg'
const skip = existsSync(ffmpeg) ? false : `${ffmpeg} is not installed (Debian: apt-get install ffmpeg)`
const suite = 'AES_CM_128_HMAC_SHA1_80'
const ssrc = 1_234_567

interface Program {
  readonly process: ChildProcess
  output(): string
}

function run(args: readonly string[]): Program {
  const child = spawn(ffmpeg, ['-hide_banner', '-nostdin', '-loglevel', 'info', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  return { process: child, output: () => output }
}

/** Two neighbouring ports, the first one even: ffmpeg opens one for RTCP too. */
async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    socket.close()
    await once(socket, 'close')
    if (port % 2 === 0) return port
  }
}

for (const keys of [undefined, { sender: generateSrtpKey(suite), receiver: generateSrtpKey(suite) }]) {
  test(`what ffmpeg sends, another ffmpeg and a WebRTC peer play: ${keys ? suite : 'without keys'}`, {
    skip,
  }, async () => {
    await using server = new Side()
    await using clients = new Side()
    const room = server.engine.createRoom()
    const directory = await mkdtemp(join(tmpdir(), 'parley-ffmpeg-'))
    const bindAddress = '127.0.0.1'
    const unused = generateSrtpKey(suite)
    const port = await freePort()
    const input = server.engine.createPlainTransport({
      ...{ room, comedia: true, bindAddress },
      ...(keys && { srtp: { profile: suite, localKey: unused, remoteKey: keys.sender } }),
    })
    const output = server.engine.createPlainTransport({
      ...{ room, remote: { ip: '127.0.0.1', port }, bindAddress },
      ...(keys && { srtp: { profile: suite, localKey: keys.receiver, remoteKey: unused } }),
    })
    for (const { id } of [input, output]) server.engine.setRtpParameters(id, rtpParameters)
    const browser = await addConnectedPeer(server, clients, room)
    clients.engine.createSource({ transport: browser.client, kind: 'video', encodings: [{ ssrc }] })
    const sink = createLoadSink(clients.engine, browser.client)
    const source = server.engine.createSource({ transport: input.id, kind: 'video', encodings: [{ ssrc }] })
    for (const receiver of [output.id, browser.server]) {
      server.engine.setForwarding(receiver, [{ source, maxEncoding: 0 }])
    }
    const sdp = join(directory, 'receiver.sdp')
    const lines = [
      ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      `m=video ${port} RTP/${keys ? 'S' : ''}AVP 100`,
      ...['a=rtpmap:100 VP8/90000', 'a=rtcp-mux'],
      ...(keys ? [`a=crypto:1 ${suite} inline:${keys.receiver}`] : []),
    ]
    await writeFile(sdp, `${lines.join('\r\n')}\r\n`)
    const protocols = ['-protocol_whitelist', 'file,crypto,data,rtp,udp,srtp']
    const player = run([...protocols, '-i', sdp, '-frames:v', '30', '-f', 'null', '-'])
    const encoder = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '500k', '-g', '10']
    const url = `127.0.0.1:${input.port}?rtcpport=${input.port}&pkt_size=1200`
    const sender = run([
      ...['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=20', ...encoder],
      ...['-payload_type', '100', '-ssrc', String(ssrc), '-f', 'rtp'],
      ...(keys ? ['-srtp_out_suite', suite, '-srtp_out_params', keys.sender, `srtp://${url}`] : [`rtp://${url}`]),
    ])
    try {
      await until(() => player.process.exitCode !== null, 'thirty frames to be played', 30_000).catch((error) => {
        throw new Error(`${error}\n${sender.output()}\n${player.output()}`)
      })
      assert.equal(player.process.exitCode, 0, player.output())
      assert.match(player.output(), /frame=\s*30\b/)
      await until(() => sink.stats().packets > 30, 'video at the WebRTC peer')
      assert.deepEqual([sink.stats().missing, sink.stats().discontinuities], [0, 0])
      assert.equal(server.stateOf(input.id)?.state, 'connected')
    } finally {
      sender.process.kill('SIGKILL')
      player.process.kill('SIGKILL')
      await rm(directory, { recursive: true })
    }
  })
}
