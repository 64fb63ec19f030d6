/** Which video codec to send: the first of our preferences that everybody in the room can decode. */

export type VideoCodec = 'vp8' | 'vp9' | 'h264' | 'av1'

export const videoCodecs: readonly VideoCodec[] = ['vp8', 'vp9', 'h264', 'av1']

/** VP8 first: it is the cheapest to encode, and the bridge gives each receiver its own size of it. */
export const defaultCodecPreference: readonly VideoCodec[] = ['vp8', 'vp9', 'h264', 'av1']

/** Known names of a list in any spelling, each once, in order. */
export function parseCodecs(names: readonly string[]): VideoCodec[] {
  const lower = names.map((name) => name.trim().toLowerCase())
  return [...new Set(lower)].filter((name): name is VideoCodec => (videoCodecs as readonly string[]).includes(name))
}

/**
 * @param preference best first
 * @param own what this browser can send and receive
 * @param others what each of the others announces; an empty list says nothing and counts as VP8 alone, which everybody has
 */
export function chooseCodec(
  preference: readonly VideoCodec[],
  own: readonly VideoCodec[],
  others: Iterable<readonly VideoCodec[]>,
): VideoCodec {
  let usable = new Set(own)
  for (const codecs of others)
    usable = new Set((codecs.length > 0 ? codecs : fallback).filter((codec) => usable.has(codec)))
  return preference.find((codec) => usable.has(codec)) ?? 'vp8'
}

const fallback: readonly VideoCodec[] = ['vp8']
