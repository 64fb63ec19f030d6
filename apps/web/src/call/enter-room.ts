/** From a room's name to a conference: log in, join, and undo the first when the second fails. */
import { type Conference, connect } from '@parley/client'
import type { ServerConfig } from '../config.ts'

export interface EntryRequest {
  readonly room: string
  readonly displayName: string
  readonly password?: string
  readonly audioTrack: MediaStreamTrack | null
  readonly videoTrack: MediaStreamTrack | null
  readonly audioMuted: boolean
  readonly videoMuted: boolean
  readonly signal: AbortSignal
}

/** A conference and the connection under it, closed together. */
export interface Meeting {
  readonly conference: Conference
  /** Leaves and disconnects. Idempotent, never rejects. */
  close(): Promise<void>
}

/** @throws ClientError as `connect` and `join` do */
export type EnterRoom = (request: EntryRequest) => Promise<Meeting>

export function roomEntrance(config: ServerConfig): EnterRoom {
  const { codecPreference, restartsIce } = config
  return async ({ signal, ...joinOptions }) => {
    const connection = await connect({
      serviceUrl: withRoom(config.serviceUrl, joinOptions.room),
      domain: config.domain,
      mucDomain: config.mucDomain,
      focusDomain: config.focusDomain,
      audio: config.audio,
      signal,
    })
    // Closing is best effort: the server notices a lost stream by itself.
    const close = () => connection.close().catch(() => {})
    try {
      return {
        conference: await connection.join({
          ...joinOptions,
          ...(codecPreference && { codecPreference }),
          restartsIce,
          signal,
        }),
        close,
      }
    } catch (error) {
      await close()
      throw error
    }
  }
}

/** The room in the stream's address lets a front proxy keep all of a room on one node. */
function withRoom(serviceUrl: string, room: string): string {
  const url = new URL(serviceUrl)
  url.searchParams.set('room', room)
  return url.href
}
