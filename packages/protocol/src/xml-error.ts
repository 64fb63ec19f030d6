export type XmlErrorReason = 'not-well-formed' | 'restricted-xml' | 'policy-violation'

/** What is wrong with a document. `reason` is a stream error condition of RFC 6120 §4.9.3. */
export class XmlError extends Error {
  readonly code = 'PARLEY_XML'
  readonly reason: XmlErrorReason
  constructor(reason: XmlErrorReason, message: string) {
    super(message)
    this.name = 'XmlError'
    this.reason = reason
  }
}

export function notWellFormed(message: string): XmlError {
  return new XmlError('not-well-formed', message)
}
