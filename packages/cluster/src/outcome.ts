/** Every call between roles ends in one of three ways, within a deadline. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The role understood and will not: `reason` is stable, `message` is for people. */
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }
  /** No answer within the deadline, or nobody serves the role. */
  | { readonly kind: 'unreachable'; readonly message: string }

export function done<T>(value: T): Outcome<T> {
  return { kind: 'done', value }
}

export function refused<T>(reason: string, message: string): Outcome<T> {
  return { kind: 'refused', reason, message }
}

export function unreachable<T>(message: string): Outcome<T> {
  return { kind: 'unreachable', message }
}
