/** What Chromium sent with layers, as the native tests have it recorded. */
import { readFileSync } from 'node:fs'
import type { RecordedPacket } from '../../src/index.ts'

const text = readFileSync(new URL('../../native/test/layers_captures.h', import.meta.url), 'utf8')

/** @param name of the array in `layers_captures.h`; one encoding only */
export function capture(name: string): readonly RecordedPacket[] {
  const lines = new RegExp(`${name}\\[\\] = \\{([^;]*)\\};`).exec(text)?.[1]?.match(/"[^"]*"/g) ?? []
  const packets = lines.map((line) => line.slice(1, -1).split(' '))
  const first = Number(packets[0]?.[2])
  return packets.map(([, , timestamp, marker, payload = '', descriptor = '']) => ({
    ticks: (Number(timestamp) - first) >>> 0,
    marker: marker === '1',
    payload: Buffer.from(payload, 'hex'),
    descriptor: Buffer.from(descriptor, 'hex'),
  }))
}
