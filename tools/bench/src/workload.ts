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
  /** Rooms alike; default 1. */
  readonly rooms?: number
  /** Of one room. */
  readonly participants: number
  /** The first `senders` participants send; everybody receives from all others unless limited below. */
  readonly senders: number
  /** Encodings of each camera, lowest first: one, or a simulcast group. */
  readonly video?: readonly StreamShape[]
  readonly audio?: StreamShape
  /** Cameras that each person is sent, the first in full and the others at `restEncoding`: what last-N leaves of them. */
  readonly lastN?: number
  readonly restEncoding?: number
  /** Microphones that each person is sent. */
  readonly loudest?: number
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

/** 30 frames a second of 6 packets: 1.5 Mbit/s. */
const camera: StreamShape = { packetsPerSecond: 180, payloadBytes: 1100, burst: 6 }
const microphone: StreamShape = { packetsPerSecond: 50, payloadBytes: 100, burst: 1 }

/** One sender and so many receivers; the sender receives nothing. */
export function videoFanOut(receivers: number): Workload {
  return {
    name: `video-1-to-${receivers}`,
    title: `1 camera of 1.5 Mbit/s in frames of 6, ${receivers} receivers`,
    participants: receivers + 1,
    senders: 1,
    video: [camera],
  }
}

export function audioFanOut(receivers: number): Workload {
  return {
    name: `audio-1-to-${receivers}`,
    title: `1 microphone of 50 packets a second, ${receivers} receivers`,
    participants: receivers + 1,
    senders: 1,
    audio: { packetsPerSecond: 50, payloadBytes: 120, burst: 1 },
  }
}

export const meshOfTen: Workload = {
  name: 'mesh-of-ten',
  title: '10 people, each to all others, 1 Mbit/s video and audio',
  participants: 10,
  senders: 10,
  video: [{ packetsPerSecond: 120, payloadBytes: 1050, burst: 4 }],
  audio: microphone,
}

/** Three layers of 0.15, 0.7 and 2.1 Mbit/s; a receiver has one camera in full, eight in the middle and three voices. */
export const meetingOfSixteen: Workload = {
  name: 'meeting-of-16',
  title: '16 people, 3 layers each, 9 cameras and 3 voices to everybody',
  participants: 16,
  senders: 16,
  video: [
    { packetsPerSecond: 30, payloadBytes: 600, burst: 1 },
    { packetsPerSecond: 90, payloadBytes: 1000, burst: 3 },
    { packetsPerSecond: 240, payloadBytes: 1100, burst: 8 },
  ],
  audio: microphone,
  lastN: 9,
  restEncoding: 1,
  loudest: 3,
}

export const pairs: Workload = {
  name: 'pairs',
  title: '10 calls of two, 1.5 Mbit/s each way',
  rooms: 10,
  participants: 2,
  senders: 2,
  video: [camera],
}

/** 10 000 packets a second leaving, evenly spaced: what latency is measured with. */
export const smoothTenThousand: Workload = {
  name: 'smooth-10k',
  title: '1 sender, 50 receivers, 10 kpps leaving, evenly spaced',
  participants: 51,
  senders: 1,
  video: [{ packetsPerSecond: 200, payloadBytes: 1100, burst: 1 }],
}

export const framedFiftyThousand: Workload = {
  name: 'framed-50k',
  title: '1 sender, 100 receivers, 50 kpps leaving, in frames of 6',
  participants: 101,
  senders: 1,
  video: [{ packetsPerSecond: 504, payloadBytes: 1100, burst: 6 }],
}

/** The rooms of B18: each as large as B1. */
export function videoRooms(rooms: number, receivers: number): Workload {
  const room = videoFanOut(receivers)
  return { ...room, name: `video-${rooms}x1-to-${receivers}`, title: `${rooms} rooms: ${room.title}`, rooms }
}

/** Whom `receiver` is sent: indices of senders, so that each is watched by as many as any other. */
export function watched(workload: Workload, receiver: number, most: number | undefined): number[] {
  const { senders } = workload
  const others = Array.from({ length: senders }, (_, step) => (receiver + 1 + step) % Math.max(senders, receiver + 1))
  return others.filter((sender) => sender < senders && sender !== receiver).slice(0, most)
}

/** Streams as they leave towards receivers when nothing is lost: each shape with how many copies of it. */
export function forwardedStreams(workload: Workload): { shape: StreamShape; copies: number }[] {
  const { rooms = 1, participants, video = [], audio, lastN, restEncoding, loudest } = workload
  const copies = new Map<StreamShape, number>()
  const add = (shape: StreamShape | undefined, count: number) => {
    if (shape && count > 0) copies.set(shape, (copies.get(shape) ?? 0) + count)
  }
  for (let receiver = 0; receiver < participants; receiver++) {
    const cameras = watched(workload, receiver, lastN).length
    const full = video.at(-1)
    add(full, restEncoding === undefined ? cameras : Math.min(1, cameras))
    if (restEncoding !== undefined) add(video[restEncoding], cameras - 1)
    add(audio, watched(workload, receiver, loudest).length)
  }
  return [...copies].map(([shape, count]) => ({ shape, copies: count * rooms }))
}

/** Packets that leave towards receivers each second when nothing is lost. */
export function forwardedPerSecond(workload: Workload): number {
  return forwardedStreams(workload).reduce((sum, { shape, copies }) => sum + shape.packetsPerSecond * copies, 0)
}
