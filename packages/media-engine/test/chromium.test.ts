import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { TransportId } from '../src/index.ts'
import { buildOffer, type OfferedTrack, ownAddress, readAnswer } from './support/browser.ts'
import { rtpParameters, Side, until } from './support/peers.ts'

const executablePath = process.env['PARLEY_CHROMIUM'] ?? '/usr/bin/chromium'
const address = ownAddress()
const skip = !existsSync(executablePath)
  ? `${executablePath} is not installed (Debian: apt-get install chromium)`
  : address === undefined
    ? 'this machine has no IPv4 address besides loopback'
    : false

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
]

test('Chromium sends and receives over TCP when it is told of no UDP address', { skip }, async () => {
  await using server = new Side({ tcpPort: 0 })
  const browser = await chromium.launch({ executablePath, headless: true, args })
  try {
    const page = await openPage(browser)
    const room = server.engine.createRoom()
    const sender = await join(page, server, room, 'sender', [{ kind: 'video', direction: 'send' }], 'tcp')
    const video = sender.ssrcs.get('video')
    assert.ok(video)
    const source = server.engine.createSource({ transport: sender.transport, kind: 'video', encodings: [video] })
    const tracks = [{ kind: 'video', direction: 'receive', ...video }] as const
    const receiver = await join(page, server, room, 'receiver', tracks, 'tcp')
    server.engine.setForwarding(receiver.transport, [{ source, maxEncoding: 0 }])
    await server.reaches(sender.transport, 'connected', 10_000)
    await server.reaches(receiver.transport, 'connected', 10_000)
    await eventually(async () => ((await inbound(page)).video?.framesDecoded ?? 0) > 40, 'frames decoded')
    assert.ok(((await inbound(page)).video?.frameWidth ?? 0) >= 320)
    const { transports, drops } = server.engine.stats()
    assert.deepEqual(
      transports.map(({ overTcp }) => overTcp),
      [true, true],
    )
    assert.equal(drops['tcp-broken'], undefined)
    await page.evaluate('receiver.close()')
    await server.reaches(receiver.transport, 'closed', 10_000)
  } finally {
    await browser.close()
  }
})

test("Chromium's camera and microphone reach a second Chromium through the engine", { skip }, async () => {
  await using server = new Side()
  const browser = await chromium.launch({ executablePath, headless: true, args })
  try {
    const page = await openPage(browser)
    const room = server.engine.createRoom()

    const sender = await join(page, server, room, 'sender', [
      { kind: 'audio', direction: 'send' },
      { kind: 'video', direction: 'send' },
    ])
    const audio = sender.ssrcs.get('audio')
    const video = sender.ssrcs.get('video')
    assert.ok(audio && video)
    const sources = [
      server.engine.createSource({ transport: sender.transport, kind: 'audio', encodings: [audio] }),
      server.engine.createSource({ transport: sender.transport, kind: 'video', encodings: [video] }),
    ]
    const receiver = await join(page, server, room, 'receiver', [
      { kind: 'audio', direction: 'receive', ssrc: audio.ssrc },
      { kind: 'video', direction: 'receive', ...video },
    ])
    server.engine.setForwarding(
      receiver.transport,
      sources.map((source) => ({ source, maxEncoding: 0 })),
    )
    await server.reaches(sender.transport, 'connected', 10_000)
    await server.reaches(receiver.transport, 'connected', 10_000)

    await eventually(async () => {
      const { video: received, audio: heard } = await inbound(page)
      return (received?.framesDecoded ?? 0) > 40 && (heard?.totalAudioEnergy ?? 0) > 0
    }, 'frames decoded and sound heard')
    const { video: received } = await inbound(page)
    assert.ok((received?.frameWidth ?? 0) >= 320)
    // Playout in step needs sender reports: without them Chromium cannot tell when a frame was captured.
    await eventually(async () => (await inbound(page)).remoteReports >= 2, 'sender reports for both streams')
    await until(() => server.events.some((event) => event.type === 'audio-levels'), 'audio levels')
    // Transport-cc feedback lets the sender's estimate leave its start of 300 kbps.
    await eventually(async () => (await availableBitrate(page)) > 600_000, 'a growing bandwidth estimate', 20_000)

    const stats = server.engine.stats()
    const atSender = stats.transports.find((entry) => entry.transport === sender.transport)
    assert.ok((atSender?.rttMs ?? -1) >= 0)
    assert.ok((atSender?.plisSent ?? 0) >= 1)
    assert.equal(stats.drops['srtp-auth'], undefined)
    await page.evaluate('receiver.close()')
    await server.reaches(receiver.transport, 'closed', 10_000)
  } finally {
    await browser.close()
  }
})

async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage()
  // Cameras need a secure context; playwright answers for the address itself.
  await page.route('https://parley.test/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  )
  await page.goto('https://parley.test/')
  return page
}

async function join(
  page: Page,
  server: Side,
  room: ReturnType<Side['engine']['createRoom']>,
  name: string,
  tracks: readonly OfferedTrack[],
  protocol: 'udp' | 'tcp' = 'udp',
): Promise<{ transport: TransportId; ssrcs: ReturnType<typeof readAnswer>['ssrcs'] }> {
  const transport = server.engine.createTransport({ room, iceRole: 'controlling' })
  server.engine.setRtpParameters(transport.id, rtpParameters)
  const port = (protocol === 'udp' ? server.engine.port : server.engine.tcpPort) ?? 0
  const offer = buildOffer(transport, server.engine.fingerprint, address ?? '', port, tracks, protocol)
  const answer = await page.evaluate(`(async () => {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    window[${JSON.stringify(name)}] = connection
    connection.ontrack = ({ track }) => {
      const element = document.createElement(track.kind)
      element.srcObject = new MediaStream([track])
      element.autoplay = true
      document.body.append(element)
    }
    await connection.setRemoteDescription({ type: 'offer', sdp: ${JSON.stringify(offer)} })
    if (${JSON.stringify(tracks.some((track) => track.direction === 'send'))}) {
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } })
      for (const transceiver of connection.getTransceivers()) {
        transceiver.direction = 'sendonly'
        await transceiver.sender.replaceTrack(media.getTracks().find((track) => track.kind === transceiver.receiver.track.kind))
      }
    }
    await connection.setLocalDescription()
    return connection.localDescription.sdp
  })()`)
  const { remote, ssrcs } = readAnswer(String(answer))
  server.engine.connectTransport(transport.id, remote)
  return { transport: transport.id, ssrcs }
}

interface Inbound {
  framesDecoded?: number
  frameWidth?: number
  totalAudioEnergy?: number
}

async function inbound(page: Page): Promise<{ audio?: Inbound; video?: Inbound; remoteReports: number }> {
  return (await page.evaluate(`receiver.getStats().then((report) => {
    const entries = [...report.values()]
    const of = (kind) => entries.find((entry) => entry.type === 'inbound-rtp' && entry.kind === kind)
    return {
      audio: of('audio'),
      video: of('video'),
      remoteReports: entries.filter((entry) => entry.type === 'remote-outbound-rtp' && entry.reportsSent > 0).length,
    }
  })`)) as { audio?: Inbound; video?: Inbound; remoteReports: number }
}

async function availableBitrate(page: Page): Promise<number> {
  return (await page.evaluate(`sender.getStats().then((report) =>
    Math.max(0, ...[...report.values()].map((entry) => entry.availableOutgoingBitrate ?? 0)))`)) as number
}

async function eventually(condition: () => Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
