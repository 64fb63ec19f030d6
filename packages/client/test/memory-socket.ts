/** A WebSocket in memory: the client holds one end, the test the other. */
import type { SocketLike } from '../src/platform.ts'

export class MemorySocket implements SocketLike {
  readonly url: string
  readonly protocol: string | undefined
  /** Frames from the client, not yet taken. */
  readonly sent: string[] = []
  readyState = 0
  bufferedAmount = 0
  closedByClient: number | undefined
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  onerror: ((event: never) => void) | null = null

  constructor(url: string, protocol: string | undefined) {
    this.url = url
    this.protocol = protocol
  }

  send(text: string): void {
    if (this.readyState !== 1) throw new Error('the socket is not open')
    this.sent.push(text)
  }

  close(code = 1000): void {
    this.closedByClient ??= code
    this.readyState = 3
  }

  /** The test's side. */
  accept(): void {
    this.readyState = 1
    this.onopen?.({} as never)
  }

  deliver(text: string): void {
    this.onmessage?.({ data: text } as never)
  }

  drop(code: number): void {
    this.readyState = 3
    this.onclose?.({ code } as never)
  }
}
