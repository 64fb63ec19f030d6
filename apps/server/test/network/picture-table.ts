/** What a page received over time, as a table for people. */
import { SAMPLE_MS } from './picture-watch.ts'
import type { PictureSample } from './picture-watch.ts'

/** One line for these samples, usually a second's. */
export function row(phase: string, samples: readonly PictureSample[]): string {
  const sum = (pick: (sample: PictureSample) => number): number =>
    samples.reduce((total, sample) => total + pick(sample), 0)
  const last = samples.at(-1)
  const cells = [
    ((last?.atMs ?? 0) / 1000).toFixed(1),
    phase,
    String(Math.max(...samples.map(({ height }) => height)) || '-'),
    String(sum(({ frames }) => frames)),
    ((sum(({ bytes }) => bytes) * 8) / 1000 / samples.length / (SAMPLE_MS / 1000)).toFixed(0),
    String(sum(({ packetsLost }) => packetsLost)),
    String(sum(({ keyFrameRequests }) => keyFrameRequests)),
    String(sum(({ audioPackets }) => audioPackets)),
    ((last?.freezeMs ?? 0) / 1000).toFixed(1),
    last?.connection ?? '',
  ]
  return cells
    .map((cell, index) => (index === 1 ? cell.padEnd(WIDTHS[1] ?? 0) : cell.padStart(WIDTHS[index] ?? 0)))
    .join('  ')
}

const COLUMNS = ['s', 'phase', 'lines', 'frames', 'kbit/s', 'lost', 'PLI', 'audio', 'frozen s', 'connection']
const WIDTHS = [5, 10, 5, 6, 6, 5, 3, 5, 8, 0]
export const HEADING = COLUMNS.map((name, index) =>
  index === 1 ? name.padEnd(WIDTHS[1] ?? 0) : name.padStart(WIDTHS[index] ?? 0),
).join('  ')
