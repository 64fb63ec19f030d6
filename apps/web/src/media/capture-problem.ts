/**
 * Why a camera, microphone or screen could not be captured, and what the person can do about it. The names are those of
 * Media Capture and Streams §9.2 (getUserMedia) and Screen Capture §5.1; browsers differ in which they use.
 */

export type CaptureProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'unplugged' | 'failed'

export type CaptureKind = 'microphone' | 'camera'

export function problemOfError(error: unknown): CaptureProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  return PROBLEM_BY_ERROR_NAME[name] ?? 'failed'
}

/** One sentence that says what failed, and one that says what to do. */
export function describeProblem(kind: CaptureKind, problem: CaptureProblem): { what: string; advice: string } {
  const device = kind === 'camera' ? 'camera' : 'microphone'
  const effect = kind === 'camera' ? 'see' : 'hear'
  switch (problem) {
    case 'denied':
      return {
        what: `This page may not use your ${device}.`,
        advice: `Allow it in the site settings next to the address. You can join anyway; others will not ${effect} you.`,
      }
    case 'missing':
      return { what: `No ${device} was found.`, advice: `Connect one, or join without; others will not ${effect} you.` }
    case 'busy':
      return { what: `Your ${device} is in use.`, advice: 'Close the other program or tab that uses it and try again.' }
    case 'insecure':
      return {
        what: `The browser gives no ${device} to this page.`,
        advice: 'Open it over HTTPS in an up-to-date browser. You can still watch and chat.',
      }
    case 'unplugged':
      return {
        what: `Your ${device} was disconnected.`,
        advice: 'Connect it again or choose another one in the settings.',
      }
    case 'failed':
      return { what: `Your ${device} did not start.`, advice: 'Try again or choose another one in the settings.' }
  }
}

const PROBLEM_BY_ERROR_NAME: Readonly<Record<string, CaptureProblem>> = {
  NotAllowedError: 'denied',
  PermissionDeniedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  DevicesNotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  TrackStartError: 'busy',
  AbortError: 'failed',
}
