/** STUN messages as a peer would write them (RFC 8489), for tests that are no engine. */
import { createHmac, randomBytes } from 'node:crypto'

export interface Check {
  /** `theirs:ours`, as in the request. */
  readonly username: string
  readonly password: string
  readonly priority?: number
}

/** A binding request of a controlled agent. */
export function bindingRequest({ username, password, priority = 0x6e0001ff }: Check): Buffer {
  const priorityBytes = Buffer.alloc(4)
  priorityBytes.writeUInt32BE(priority)
  const attributes = [
    attribute(0x0006, Buffer.from(username)),
    attribute(0x0024, priorityBytes),
    attribute(0x8029, randomBytes(8)),
  ]
  return signed(0x0001, randomBytes(12), attributes, password)
}

/** Success, to a request that came. */
export function bindingSuccess(request: Buffer, password: string): Buffer {
  const address = Buffer.from([0, 1, 0, 80, 127, 0, 0, 1])
  return signed(0x0101, request.subarray(8, 20), [attribute(0x0001, address)], password)
}

export function isRequest(packet: Buffer): boolean {
  return packet.length >= 20 && packet.readUInt16BE() === 0x0001
}

export function isSuccess(packet: Buffer): boolean {
  return packet.length >= 20 && packet.readUInt16BE() === 0x0101
}

function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt16BE(type)
  header.writeUInt16BE(value.length, 2)
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

/** MESSAGE-INTEGRITY covers what is before it, with a length that includes it (RFC 8489 §14.5). */
function signed(type: number, transaction: Buffer, attributes: readonly Buffer[], password: string): Buffer {
  const header = Buffer.alloc(8)
  const size = attributes.reduce((sum, { length }) => sum + length, 0)
  header.writeUInt16BE(type)
  header.writeUInt16BE(size + 24, 2)
  header.writeUInt32BE(0x2112a442, 4)
  const covered = Buffer.concat([header, transaction, ...attributes])
  return Buffer.concat([covered, attribute(0x0008, createHmac('sha1', password).update(covered).digest())])
}
