/** Hosts reach each other through the relay under the conditions asked for, and nothing outlives the network. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readlinkSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Host, Network, type NetworkInterface, whyNoNetwork } from '@parley/rig'

const why = whyNoNetwork()
const options = { timeout: 30_000, ...(why !== undefined && { skip: why }) }

let network: Network
let [near, far]: (Host | undefined)[] = []
let [wire, farWire]: (NetworkInterface | undefined)[] = []
let echo: ChildProcess
before(async () => {
  if (why !== undefined) return
  network = await Network.open({ seed: 5 })
  far = await network.addHost('far')
  farWire = await far.addInterface('eth0')
  near = await network.addHost('near')
  wire = await near.addInterface('wlan0')
  echo = await startEcho(far)
})
after(async () => {
  echo?.kill()
  await network?.close()
})

test('a perfect wire carries datagrams and connections, and a host sees no other network', options, async () => {
  const { udp, tcpMs } = await ping()
  assert.equal(udp.length, 40)
  assert.ok(median(udp.map(({ ms }) => ms)) < 20, `${median(udp.map(({ ms }) => ms))} ms`)
  assert.ok(tcpMs < 100)
  const { stdout } = await runOn(near!, 'console.log(Object.keys(os.networkInterfaces()).join())')
  assert.deepEqual(stdout.trim().split(',').sort(), ['lo', 'wlan0'])
})

test('delay is for datagrams alone unless everything is asked for', options, async () => {
  await wire!.impair({ delayMs: 50 })
  const spared = await ping()
  assert.ok(spared.udp.every(({ ms }) => ms >= 100))
  assert.ok(spared.tcpMs < 50, `${spared.tcpMs} ms`)
  await wire!.impair({ delayMs: 50, appliesTo: 'everything' })
  assert.ok((await ping()).tcpMs >= 100)
  await wire!.impair({})
})

test('loss in one direction leaves the other alone, and is counted', options, async () => {
  const before = (await network.counters()).devices['near/wlan0']!
  await wire!.impair({ lossRatio: 0.5 }, ['up'])
  const { udp } = await ping()
  await wire!.impair({})
  const { up, down } = (await network.counters()).devices['near/wlan0']!
  const lost = up.lost - before.up.lost
  assert.ok(lost >= 8 && lost <= 32, `${lost} of 40`)
  assert.equal(udp.length, 40 - lost)
  assert.equal(down.lost, before.down.lost)
})

test('a router on the way shows the far end another address, and answers find back', options, async () => {
  await wire!.translate('10.213.99.9', 7)
  const { udp } = await ping()
  await wire!.translate(wire!.address, 0)
  assert.equal(udp.length, 40)
  assert.ok(udp.every(({ seenAs }) => seenAs === '10.213.99.9'))
})

test('after a change of interface the host is reached at its new address', options, async () => {
  const mobile = await near!.addInterface('wwan0')
  await wire!.remove()
  const { udp } = await ping()
  assert.equal(udp.length, 40)
  assert.ok(udp.every(({ seenAs }) => seenAs === mobile.address))
  assert.notEqual(mobile.address, wire!.address)
  wire = mobile
})

test('the relay refuses nonsense in one sentence', options, async () => {
  await assert.rejects(() => network.addHost('far'), /there is a namespace far/)
  await assert.rejects(() => wire!.impair({ lossRatio: 2 }), /lossRatio is a share from 0 to 1, not 2/)
})

test('when who opened a network is killed, the relay and all processes on its hosts end', options, async () => {
  const program = `
    import { Network } from '@parley/rig'
    import { spawn } from 'node:child_process'
    const network = await Network.open()
    const host = await network.addHost('lonely')
    await host.addInterface('eth0')
    const [enter, ...words] = host.enter
    const sleeper = spawn(enter, [...words, 'sleep', '1000'], { detached: true, stdio: 'ignore' })
    console.log(sleeper.pid, /proc.(\\d+)/.exec(host.enter[1])[1])
    setInterval(() => {}, 1000)`
  const args = ['-C', 'source', '--import', 'tsx', '--input-type=module', '--eval', program]
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: HERE })
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  const [sleeper = 0, relay = 0] = String(line).split(' ').map(Number)
  assert.ok(sleeper > 0 && relay > 0)
  // It enters first, and then becomes what it runs.
  await until(() => readlinkSync(`/proc/${sleeper}/exe`).endsWith('sleep'))
  owner.kill('SIGKILL')
  await until(() => !existsSync(`/proc/${relay}`) && !isRunning(sleeper))
})

test('closing twice is closing once', options, async () => {
  const other = await Network.open()
  await other.close()
  await other.close()
  await assert.rejects(() => other.addHost('late'), /the relay has ended/)
})

interface Echo {
  readonly ms: number
  readonly seenAs: string
}

/** 40 datagrams, 5 ms apart, and one line over TCP, from near to far and back. */
async function ping(): Promise<{ readonly udp: readonly Echo[]; readonly tcpMs: number }> {
  const { stdout } = await runOn(
    near!,
    `const udp = [], sentAt = []
     const socket = dgram.createSocket('udp4')
     socket.on('message', (answer) => {
       const { index, seenAs } = JSON.parse(answer)
       udp.push({ ms: performance.now() - sentAt[index], seenAs })
     })
     const startedAt = performance.now()
     let connectedAt, tcpMs
     const line = net.connect(5001, '${farWire!.address}', () => {
       connectedAt = performance.now()
       line.write('x')
     })
     line.on('data', () => {
       tcpMs = performance.now() - connectedAt
       line.destroy()
     })
     for (let index = 0; index < 40; index++) setTimeout(() => {
       sentAt[index] = performance.now()
       socket.send(String(index), 5000, '${farWire!.address}')
     }, index * 5)
     setTimeout(() => {
       socket.close()
       console.log(JSON.stringify({ udp, tcpMs }))
     }, 900)`,
  )
  return JSON.parse(stdout) as { udp: Echo[]; tcpMs: number }
}

async function startEcho(host: Host): Promise<ChildProcess> {
  const [enter, ...words] = host.enter
  const program = `
    const dgram = require('node:dgram'), net = require('node:net')
    const socket = dgram.createSocket('udp4')
    socket.on('message', (index, from) =>
      socket.send(JSON.stringify({ index: Number(index), seenAs: from.address }), from.port, from.address))
    net.createServer((line) => line.on('data', (data) => line.write(data)).on('error', () => {})).listen(5001)
    socket.bind(5000, () => console.log('ready'))`
  const child = spawn(enter, [...words, process.execPath, '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

function runOn(host: Host, program: string): Promise<{ stdout: string }> {
  const [enter, ...words] = host.enter
  return promisify(execFile)(enter, [...words, process.execPath, '--eval', program], { timeout: 10_000 })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** A process that has ended may wait as a zombie for somebody to ask. */
function isRunning(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`)
    return true
  } catch {
    return false
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!isTrue()) {
    assert.ok(performance.now() < deadline, 'not within 5 s')
    await sleep(20)
  }
}

const HERE = fileURLToPath(new URL('.', import.meta.url))
