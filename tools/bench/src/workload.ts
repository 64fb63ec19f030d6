/** What the load looks like: how many people, who sends what to whom. */
import type { RtpParameters } from '@parley/media-engine'

export interface StreamShape {
  readonly packetsPerSecond: number
  readonly payloadBytes: number
  /** Packets of a frame, sent together. */
  readonly burst: number
}

export interface Workload {
  readonly name: string
  readonly title: string
  readonly participants: number
  /** The first `senders` participants send; everybody receives from all others. */
  readonly senders: number
  readonly video?: StreamShape
  readonly audio?: StreamShape
}

/** Payload types and extension ids as the focus offers them. */
export const rtpParameters: RtpParameters = {
  codecs: [
    { payloadType: 111, kind: 'audio', name: 'opus', clockRateHz: 48000 },
    { payloadType: 100, kind: 'video', name: 'vp8', clockRateHz: 90000 },
    { payloadType: 96, kind: 'video', name: 'rtx', clockRateHz: 90000, associatedPayloadType: 100 },
  ],
  audioLevelExtensionId: 1,
  transportCcExtensionId: 5,
}

/** 1.5 Mbit/s in frames, one sender and fifty receivers (with the sender as a receiver of nothing). */
export const oneToFifty: Workload = {
  name: 'one-to-fifty',
  title: '1 sender, 50 receivers, 1.6 Mbit/s video in frames of 6',
  participants: 51,
  senders: 1,
  video: { packetsPerSecond: 180, payloadBytes: 1100, burst: 6 },
}

export const meshOfTen: Workload = {
  name: 'mesh-of-ten',
  title: '10 people, each to all others, 1 Mbit/s video and audio',
  participants: 10,
  senders: 10,
  video: { packetsPerSecond: 120, payloadBytes: 1050, burst: 4 },
  audio: { packetsPerSecond: 50, payloadBytes: 100, burst: 1 },
}

/** 10 000 packets a second leaving, evenly spaced: what latency is measured with. */
export const smoothTenThousand: Workload = {
  name: 'smooth-10k',
  title: '1 sender, 50 receivers, 10 kpps leaving, evenly spaced',
  participants: 51,
  senders: 1,
  video: { packetsPerSecond: 200, payloadBytes: 1100, burst: 1 },
}

/** Packets that leave towards receivers each second when nothing is lost. */
export function forwardedPerSecond({ participants, senders, video, audio }: Workload): number {
  return ((video?.packetsPerSecond ?? 0) + (audio?.packetsPerSecond ?? 0)) * senders * (participants - 1)
}
