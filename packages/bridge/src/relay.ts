/** Who gets a message that one endpoint sends to others (`EndpointMessage`, `EndpointStats`). Pure. */

/** What the rule for statistics needs of a receiver. */
export interface StatsReceiver {
  readonly id: string
  /** Whether any of the sender's sources is on stage, selected or wanted in a size above 0. */
  watches(senderId: string): boolean
}

/** `to` = `''` is everyone else; an unknown `to` is nobody. */
export function messageReceivers<E extends { readonly id: string }>(
  endpoints: ReadonlyMap<string, E>,
  sender: E,
  to: string,
): readonly E[] {
  if (to === '') return [...endpoints.values()].filter((endpoint) => endpoint !== sender)
  const target = endpoints.get(to)
  return target ? [target] : []
}

/**
 * Everyone else in a small conference. In a large one only those who watch the sender, unless it has spoken lately:
 * otherwise the traffic would grow with the square of the conference.
 */
export function statsReceivers<E extends StatsReceiver>(
  endpoints: ReadonlyMap<string, E>,
  sender: E,
  recentSpeakers: readonly string[],
): readonly E[] {
  const others = messageReceivers(endpoints, sender, '')
  if (endpoints.size <= smallConference || recentSpeakers.includes(sender.id)) return others
  return others.filter((receiver) => receiver.watches(sender.id))
}

const smallConference = 20
