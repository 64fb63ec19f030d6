/** `/config.js`: what a client must know of this server before it connects. Web and mobile clients of Jitsi read the same. */
import type { XmppSettings } from '@parley/config'

/**
 * A script that defines the global `config`. Mobile clients evaluate it without a document and keep what JSON can carry.
 * @param origin `https://host[:port]` under which the visitor reaches us
 */
export function clientConfigScript(xmpp: XmppSettings, origin: string): string {
  const config = {
    hosts: { domain: xmpp.domain, muc: xmpp.mucDomain, focus: `focus.${xmpp.domain}` },
    websocket: `${origin.replace(/^http/, 'ws')}/xmpp-websocket`,
    websocketKeepAliveUrl: `${origin}/xmpp-websocket`,
    p2p: { enabled: false },
    flags: {
      // Sources keep their own SSRCs; clients that find the flag missing would expect source maps.
      ssrcRewritingEnabled: false,
      // COMPAT clients of 2022 and early 2023: without these they tell mute states and video types in the older way.
      sourceNameSignaling: true,
      sendMultipleVideoStreams: true,
      receiveMultipleVideoStreams: true,
    },
    bridgeChannel: { preferSctp: false },
    // VP8 first: the bridge gives each receiver its own size of it. The others are forwarded whole.
    videoQuality: {
      codecPreferenceOrder: videoCodecs,
      mobileCodecPreferenceOrder: videoCodecs,
      // COMPAT clients up to 2023 know this one instead.
      preferredCodec: 'VP8',
    },
    // Whose network changes keeps the session and gets new ICE credentials.
    enableIceRestart: true,
    enableWebsocketResume: false,
    analytics: { disabled: true, rtcstatsEnabled: false },
    disableSimulcast: false,
    disableThirdPartyRequests: true,
  }
  // The slash is escaped so that no value can end a script element that includes this text.
  return `var config = ${JSON.stringify(config, undefined, 2).replaceAll('</', '<\\/')};\n`
}

const videoCodecs = ['VP8', 'VP9', 'H264', 'AV1']
