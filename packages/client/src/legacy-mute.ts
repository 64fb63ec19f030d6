/**
 * COMPAT: clients before source names (2022) tell and read mute state in `<audiomuted>`, `<videomuted>` and `<videoType>` of
 * their presence, for one audio and one video source each. Newer ones read these only where `SourceInfo` is absent.
 */
import { child, el, formatSourceName, NS, type SourceState, textOf, type XmlElement } from '@parley/protocol'

/** For a presence without `SourceInfo`. A kind that is not mentioned is muted. */
export function decodeLegacyMute(presence: XmlElement, endpointId: string): Map<string, SourceState> {
  const isOn = (name: string) => textOf(child(presence, name)).trim() === 'false'
  const videoType = textOf(child(presence, 'videoType')).trim() === 'desktop' ? 'desktop' : 'camera'
  return new Map<string, SourceState>([
    [formatSourceName({ endpointId, kind: 'audio', index: 0 }), { muted: !isOn('audiomuted') }],
    [formatSourceName({ endpointId, kind: 'video', index: 0 }), { muted: !isOn('videomuted'), videoType }],
  ])
}

/** Those clients know one video of ours: the screen while we share it, else the camera. */
export function encodeLegacyMute(sources: ReadonlyMap<string, SourceState>): XmlElement[] {
  const active = [...sources].filter(([, { muted }]) => !muted)
  const isAudioOn = active.some(([name]) => name.endsWith('-a0'))
  const videos = active.flatMap(([, { videoType }]) => (videoType ? [videoType] : []))
  const flag = (name: string, value: boolean | string) => el(name, NS.client, {}, String(value))
  return [
    flag('audiomuted', !isAudioOn),
    flag('videomuted', videos.length === 0),
    flag('videoType', videos.includes('desktop') ? 'desktop' : 'camera'),
  ]
}
