/** The bridge's own sources: they hold the first audio and video m-line of every client, and are never removed. */
import type { SourceSet } from '@parley/protocol'

/** @param random returns that many random bytes */
export function createBridgeSources(random: (sizeBytes: number) => Uint8Array): SourceSet {
  const audio = tenDigitSsrc(random)
  let video = tenDigitSsrc(random)
  while (video === audio) video = tenDigitSsrc(random)
  return {
    audio: [{ ssrc: audio, name: 'jvb-a0', msid: 'mixedmslabel mixedlabelaudio0' }],
    video: [{ ssrc: video, name: 'jvb-v0', msid: 'mixedmslabel mixedlabelvideo0' }],
    groups: [],
  }
}

/** Ten digits, because the client removes sources by text and one SSRC must not be the beginning of another. */
function tenDigitSsrc(random: (sizeBytes: number) => Uint8Array): number {
  const bytes = random(4)
  const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
  return smallestTenDigits + (value % (2 ** 32 - smallestTenDigits))
}

const smallestTenDigits = 1_000_000_000
