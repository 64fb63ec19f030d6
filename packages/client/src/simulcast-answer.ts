/**
 * Simulcast towards a bridge that offers. WebRTC lets only the offerer ask for several encodings, and only by RID; the
 * signalling here knows SSRCs. Chromium and Safari send one encoding for each SSRC of a `SIM` group (RFC 5576) in their own
 * answer, so that is written into it before they apply it. The browser's SSRC stays the first, which is what receivers see.
 */

export interface SimulcastSsrcs {
  /** Lowest encoding first. */
  readonly primaries: readonly number[]
  /** Retransmission of each; empty when the answer has no RTX. */
  readonly repairs: readonly number[]
}

/**
 * Keeps the SSRCs that it made for as long as the session lasts: an m-line must not change them from round to round.
 */
export class SimulcastAnswer {
  readonly #random: () => number
  readonly #ssrcs = new Map<string, SimulcastSsrcs>()

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.#random = random
  }

  /**
   * The answer with three encodings in the section of `mid`. A section that is absent, sends nothing or has a `SIM` group
   * already stays as it is.
   */
  extend(sdp: string, mid: string): string {
    const sections = sdp.split(/^(?=m=)/m)
    const index = sections.findIndex((section) => section.startsWith('m=video ') && hasLine(section, `a=mid:${mid}`))
    const section = sections[index]
    if (section === undefined) return sdp
    sections[index] = this.#extendSection(section, mid, new Set(ssrcsOf(sdp)))
    return sections.join('')
  }

  #extendSection(section: string, mid: string, used: ReadonlySet<number>): string {
    const isSending = hasLine(section, 'a=sendrecv') || hasLine(section, 'a=sendonly')
    const [first] = ssrcsOf(section)
    if (!isSending || first === undefined || section.includes('a=ssrc-group:SIM ')) return section
    const repaired = /^a=ssrc-group:FID (\d+) (\d+)/m.exec(section)
    const primary = repaired ? Number(repaired[1]) : first
    const known = this.#ssrcs.get(mid)
    const ssrcs =
      known?.primaries[0] === primary ? known : this.#create(primary, repaired ? Number(repaired[2]) : 0, used)
    this.#ssrcs.set(mid, ssrcs)
    return rewrite(section, ssrcs)
  }

  #create(primary: number, repair: number, used: ReadonlySet<number>): SimulcastSsrcs {
    const taken = new Set(used)
    const fresh = () => {
      for (;;) {
        // ten digits each: clients look SSRCs up as text, where no one may begin with another
        const ssrc = leastSsrc + Math.floor(this.#random() * (0xffffffff - leastSsrc))
        if (taken.has(ssrc)) continue
        taken.add(ssrc)
        return ssrc
      }
    }
    const more = Array.from({ length: encodingCount - 1 })
    return {
      primaries: [primary, ...more.map(fresh)],
      repairs: repair === 0 ? [] : [repair, ...more.map(fresh)],
    }
  }
}

function rewrite(section: string, { primaries, repairs }: SimulcastSsrcs): string {
  const cname = /^a=ssrc:\d+ cname:(.*?)\r?$/m.exec(section)?.[1] ?? ''
  const kept = section.split('\r\n').filter((line) => line !== '' && !/^a=ssrc(-group)?:/.test(line))
  const all = [...primaries, ...repairs]
  return [
    ...kept,
    `a=ssrc-group:SIM ${primaries.join(' ')}`,
    ...repairs.map((repair, index) => `a=ssrc-group:FID ${primaries[index]} ${repair}`),
    ...all.map((ssrc) => `a=ssrc:${ssrc} cname:${cname}`),
    '',
  ].join('\r\n')
}

function ssrcsOf(sdp: string): number[] {
  return [...sdp.matchAll(/^a=ssrc:(\d+) /gm)].map((match) => Number(match[1]))
}

function hasLine(section: string, line: string): boolean {
  return section.split('\r\n').includes(line)
}

const encodingCount = 3
const leastSsrc = 1_000_000_000
