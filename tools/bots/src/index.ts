export { type Bot, type BotCounts, BotFleet, type BotFleetOptions, type JoinBotOptions } from './bot.ts'
export type { SyntheticMedia } from './native-peer.ts'
