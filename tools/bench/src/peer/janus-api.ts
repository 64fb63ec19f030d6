/** The little of Janus' HTTP interface that a video room needs: one session, handles, messages, events by long poll. */
import { randomUUID } from 'node:crypto'

export interface Jsep {
  readonly type: 'offer' | 'answer'
  readonly sdp: string
}

export interface PluginReply {
  readonly data: Readonly<Record<string, unknown>>
  readonly jsep?: Jsep
}

interface Message {
  readonly janus: string
  readonly transaction?: string
  readonly data?: { readonly id?: number }
  readonly error?: { readonly code: number; readonly reason: string }
  readonly plugindata?: { readonly data: Record<string, unknown> }
  readonly jsep?: Jsep
}

export interface JanusHandle {
  /** @throws Error when Janus refuses, or does not answer within 10 s */
  send(body: Record<string, unknown>, jsep?: Jsep): Promise<PluginReply>
}

export class JanusSession {
  readonly #url: string
  readonly #waiting = new Map<string, (message: Message) => void>()
  readonly #ending = new AbortController()

  private constructor(url: string) {
    this.#url = url
  }

  static async open(baseUrl: string): Promise<JanusSession> {
    const { data } = await post(baseUrl, { janus: 'create' })
    const session = new JanusSession(`${baseUrl}/${data?.id}`)
    void session.#poll()
    return session
  }

  async attach(plugin: string): Promise<JanusHandle> {
    const { data } = await post(this.#url, { janus: 'attach', plugin })
    const url = `${this.#url}/${data?.id}`
    return { send: (body, jsep) => this.#send(url, body, jsep) }
  }

  async close(): Promise<void> {
    this.#ending.abort()
    // the server may have ended first
    await post(this.#url, { janus: 'destroy' }).catch(() => undefined)
  }

  /** Some requests are answered at once, the others by an event. */
  async #send(url: string, body: Record<string, unknown>, jsep?: Jsep): Promise<PluginReply> {
    const transaction = randomUUID()
    const event = new Promise<Message>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(transaction)
        reject(new Error(`Janus did not answer ${String(body['request'])} within 10 s`))
      }, 10_000)
      this.#waiting.set(transaction, (message) => {
        clearTimeout(timer)
        this.#waiting.delete(transaction)
        resolve(message)
      })
    })
    const first = await post(url, { janus: 'message', transaction, body, ...(jsep && { jsep }) })
    if (first.janus !== 'ack') this.#waiting.get(transaction)?.(first)
    const reply = await event
    const data = reply.plugindata?.data ?? {}
    if (data['error'] !== undefined)
      throw new Error(`Janus refused ${String(body['request'])}: ${String(data['error'])}`)
    return { data, ...(reply.jsep && { jsep: reply.jsep }) }
  }

  async #poll(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      try {
        const response = await fetch(`${this.#url}?maxev=20`, { signal: this.#ending.signal })
        const answer = (await response.json()) as Message | Message[]
        for (const message of Array.isArray(answer) ? answer : [answer]) {
          if (message.janus === 'error') return
          if (message.transaction !== undefined) this.#waiting.get(message.transaction)?.(message)
        }
      } catch {
        // aborted, or the server is gone: those who wait have deadlines of their own
        return
      }
    }
  }
}

async function post(url: string, body: Record<string, unknown>): Promise<Message> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ transaction: randomUUID(), ...body }),
    signal: AbortSignal.timeout(10_000),
  })
  const message = (await response.json()) as Message
  if (message.error) throw new Error(`Janus: ${message.error.reason} (${message.error.code})`)
  return message
}
