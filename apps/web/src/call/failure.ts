/** Why a call did not begin or has ended, in words for the person in front of it: what failed and what to do. */
import { ClientError, type EndReason } from '@parley/client'

export interface Failure {
  readonly title: string
  readonly advice: string
  /** Whether entering again can help. */
  readonly canRetry: boolean
  /** The room asks for a password; true also after a wrong one. */
  readonly needsPassword: boolean
}

export function failureOfError(error: unknown): Failure {
  if (!(error instanceof ClientError)) return UNEXPECTED
  const byCondition = error.reason === 'join-refused' ? FAILURE_BY_CONDITION[error.condition ?? ''] : undefined
  return byCondition ?? FAILURE_BY_REASON[error.reason] ?? UNEXPECTED
}

/** `undefined` when the person left of their own will. */
export function failureOfEnd(reason: EndReason): Failure | undefined {
  switch (reason.kind) {
    case 'left':
      return undefined
    case 'kicked':
      return failure(
        'You were removed from the meeting.',
        reason.message || 'A moderator ended your participation.',
        false,
      )
    case 'room-destroyed':
      return failure('The meeting was closed.', reason.message || 'It has ended for everybody.', true)
    case 'connection-lost':
      return LOST
    case 'focus-left':
      return failure('The server stopped managing this meeting.', 'It may be restarting. Rejoin in a moment.', true)
    case 'media-failed':
      return failure(
        'Sound and picture could not be set up.',
        'Your network may block them: try another network, or ask its administrator to allow UDP to this server.',
        true,
      )
  }
}

/** Ends that may heal: the call enters again by itself before it bothers anyone. */
export function isWorthRejoining(reason: EndReason): boolean {
  return ['connection-lost', 'focus-left', 'media-failed'].includes(reason.kind)
}

/** What entering again, unasked, may overcome; a password or a ban it will not. */
export function isWorthRetrying(error: unknown): boolean {
  const { canRetry, needsPassword } = failureOfError(error)
  const { condition } = error as { readonly condition?: string }
  return canRetry && !needsPassword && condition !== 'registration-required'
}

function failure(title: string, advice: string, canRetry: boolean, needsPassword = false): Failure {
  return { title, advice, canRetry, needsPassword }
}

const LOST = failure(
  'The connection to the server was lost.',
  'Check your network. The meeting may still be going on; rejoin when you are online.',
  true,
)

const UNEXPECTED = failure('The meeting could not be opened.', 'Something unexpected happened. Try again.', true)

/** XMPP error conditions of a refused join (XEP-0045 §7.2). */
const FAILURE_BY_CONDITION: Readonly<Record<string, Failure>> = {
  'not-authorized': failure('This meeting has a password.', 'Ask the host for it.', true, true),
  'registration-required': failure('This meeting is for members only.', 'Ask the host to let you in.', true),
  'service-unavailable': failure('This meeting is full.', 'Wait until somebody leaves, then try again.', true),
  forbidden: failure('You are banned from this meeting.', 'Ask the host if this is a mistake.', false),
  'not-allowed': failure('This meeting is not open.', 'The host has to start it first. Try again later.', true),
}

const FAILURE_BY_REASON: Readonly<Record<string, Failure>> = {
  unreachable: failure(
    'The server cannot be reached.',
    'Check your network. If other pages work, the server may be down: try again in a minute.',
    true,
  ),
  timeout: failure('The server does not answer.', 'It may be busy or your network slow. Try again.', true),
  'not-authorized': failure('The server wants a login.', 'Ask its administrator for an invitation.', false),
  'join-refused': failure('The meeting did not let you in.', 'Ask the host, then try again.', true),
  refused: failure('The server refused to open this meeting.', 'Ask its administrator, or try again later.', true),
  protocol: failure(
    'The server answered in a way this page does not understand.',
    'Reload the page. If that does not help, tell the administrator of this server.',
    true,
  ),
  media: failure('The browser could not set up sound and picture.', 'Reload the page or try another browser.', true),
  'bad-argument': failure('This is not a valid meeting address.', 'Check the link you were given.', false),
}
