/** Names of media sources: `<endpointId>-a<N>` for audio, `<endpointId>-v<N>` for video. */
import type { MediaKind } from './media.ts'

export interface SourceName {
  readonly endpointId: string
  readonly kind: MediaKind
  /** 0 = microphone or camera, 1 = shared audio or screen. */
  readonly index: number
}

export function formatSourceName(name: SourceName): string {
  return `${name.endpointId}-${name.kind === 'audio' ? 'a' : 'v'}${name.index}`
}

/** `undefined` when the text is not a source name of at most 128 characters. */
export function parseSourceName(text: string): SourceName | undefined {
  if (text.length > 128) return undefined
  const match = sourceNamePattern.exec(text)
  if (!match) return undefined
  const [, endpointId = '', letter, digits] = match
  return { endpointId, kind: letter === 'a' ? 'audio' : 'video', index: Number(digits) }
}

const sourceNamePattern = /^([^\s/]+)-([av])(\d{1,4})$/
