/** The browser's counters (W3C webrtc-stats), sorted by source. */
import type { ConferenceStats, LocalSourceStats, RemoteSourceStats } from '../stats.ts'
import type { PeerSession } from './peer-session.ts'

/** A report's fields; browsers differ in which they have. */
type Report = Readonly<Record<string, unknown>> & { readonly type: string }

export async function collectStats(session: PeerSession): Promise<ConferenceStats> {
  const reports = new Map<string, Report>()
  ;(await session.peer.getStats()).forEach((report: Report & { readonly id: string }) => reports.set(report.id, report))
  const all = [...reports.values()]
  const lines = session.lines()
  const pair = selectedPair(reports)
  const remote = lines.flatMap((line): RemoteSourceStats[] => {
    const report = line.isLocal ? undefined : all.find(({ type, mid }) => type === 'inbound-rtp' && mid === line.mid)
    if (!report) return []
    const { name: sourceId, ownerId, kind } = line
    return [{ sourceId, ownerId, kind, ...inboundCounters(report) }]
  })
  const local = lines.flatMap((line): LocalSourceStats[] => {
    const encodings = line.isLocal ? all.filter(({ type, mid }) => type === 'outbound-rtp' && mid === line.mid) : []
    if (encodings.length === 0) return []
    const { name: sourceId, kind } = line
    return [{ sourceId, kind, ...outboundCounters(encodings, reports) }]
  })
  const roundTripTime = optional(pair, 'currentRoundTripTime')
  return {
    remote,
    local,
    roundTripTimeMs: roundTripTime === undefined ? undefined : roundTripTime * 1000,
    availableOutgoingBitrateBps: optional(pair, 'availableOutgoingBitrate'),
  }
}

function inboundCounters(report: Report) {
  return {
    ssrc: count(report, 'ssrc'),
    packetsReceived: count(report, 'packetsReceived'),
    packetsLost: count(report, 'packetsLost'),
    bytesReceived: count(report, 'bytesReceived'),
    jitterMs: count(report, 'jitter') * 1000,
    framesReceived: count(report, 'framesReceived'),
    framesDecoded: count(report, 'framesDecoded'),
    framesDropped: count(report, 'framesDropped'),
    freezeCount: count(report, 'freezeCount'),
    frameWidth: count(report, 'frameWidth'),
    frameHeight: count(report, 'frameHeight'),
    framesPerSecond: count(report, 'framesPerSecond'),
    totalAudioEnergy: count(report, 'totalAudioEnergy'),
    audioLevel: count(report, 'audioLevel'),
  }
}

/** Of all encodings of a source together; the picture's size and rate are the largest running encoding's. */
function outboundCounters(encodings: readonly Report[], reports: ReadonlyMap<string, Report>) {
  const running = encodings.filter((report) => report.active !== false)
  const [largest = {} as Report] = running.sort((a, b) => count(b, 'frameHeight') - count(a, 'frameHeight'))
  const receivers = encodings.flatMap((report) => reports.get(String(report.remoteId)) ?? [])
  const source = reports.get(String(encodings[0]?.mediaSourceId))
  const sum = (of: readonly Report[], field: string) => of.reduce((total, report) => total + count(report, field), 0)
  return {
    ssrc: count(encodings[0] ?? largest, 'ssrc'),
    packetsSent: sum(encodings, 'packetsSent'),
    bytesSent: sum(encodings, 'bytesSent'),
    framesEncoded: sum(encodings, 'framesEncoded'),
    frameWidth: count(largest, 'frameWidth'),
    frameHeight: count(largest, 'frameHeight'),
    framesPerSecond: count(largest, 'framesPerSecond'),
    packetsLost: sum(receivers, 'packetsLost'),
    nackCount: sum(encodings, 'nackCount'),
    pliCount: sum(encodings, 'pliCount'),
    audioLevel: source ? count(source, 'audioLevel') : 0,
  }
}

/** Chromium names the pair in the transport's report; Firefox marks the pair itself. */
function selectedPair(reports: ReadonlyMap<string, Report>): Report | undefined {
  for (const report of reports.values()) {
    if (report.type === 'transport' && report.selectedCandidatePairId) {
      return reports.get(String(report.selectedCandidatePairId))
    }
  }
  return [...reports.values()].find(({ type, selected }) => type === 'candidate-pair' && selected === true)
}

function count(report: Report, field: string): number {
  return optional(report, field) ?? 0
}

function optional(report: Report | undefined, field: string): number | undefined {
  const value = report?.[field]
  return typeof value === 'number' ? value : undefined
}
