export { CLEAR, type Conditions, formatConditions } from './conditions.ts'
export { RigError, type RigErrorReason } from './errors.ts'
export {
  Host,
  type LinkCounters,
  type LinkDirection,
  Network,
  type NetworkCounters,
  NetworkInterface,
} from './io/network.ts'
export { relayProgram } from './io/relay-program.ts'
export { whyNoNetwork, whyNoRelay } from './io/requirements.ts'
export { ChurnCrowd, type ChurnCrowdOptions, type CrowdFleet, type CrowdMember } from './io/churn-crowd.ts'
export type { WayOut } from './churn-plan.ts'
export { type ProcessReading, readProcess } from './io/process-reading.ts'
export { seededRandom } from './seeded-random.ts'
export { slope } from './trend.ts'
