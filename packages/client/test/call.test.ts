import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, childElements, NS, serialize, textOf, type XmlElement } from '@parley/protocol'
import type { JoinOptions } from '../src/index.ts'
import {
  aliceJid,
  bob,
  bobLeaves,
  bobPresence,
  Conversation,
  focus,
  jingles,
  sessionInitiate,
  source,
  track,
} from './conversation.ts'

const bobsCamera = `${source(2000000041, 'bbbbbbbb-v0', 'bbbbbbbb-video-0-1 t1-1', bob)}${source(2000000042, 'bbbbbbbb-v0', 'bbbbbbbb-video-0-1 t1-1', bob)}<ssrc-group xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" semantics="FID"><source ssrc="2000000041"/><source ssrc="2000000042"/></ssrc-group>`
const bobsVoice = source(2000000043, 'bbbbbbbb-a0', 'bbbbbbbb-audio-0-1 t2-1', bob)
const bobSpeaks = '<SourceInfo>{"bbbbbbbb-a0":{"muted":false},"bbbbbbbb-v0":{"muted":false}}</SourceInfo>'

function sourceChange(action: string, id: string, json: string): string {
  return `<iq type="set" from="${focus}" to="${aliceJid}" id="${id}"><jingle xmlns="urn:xmpp:jingle:1" action="${action}" sid="s1"><json-message xmlns="http://jitsi.org/jitmeet">${json}</json-message></jingle></iq>`
}

const bobsJson =
  '{"sources":{"bbbbbbbb":[[{"s":2000000041,"n":"bbbbbbbb-v0","m":"bbbbbbbb-video-0-1 t1-1"},{"s":2000000042,"n":"bbbbbbbb-v0","m":"bbbbbbbb-video-0-1 t1-1"}],[["f",2000000041,2000000042]],[{"s":2000000043,"n":"bbbbbbbb-a0","m":"bbbbbbbb-audio-0-1 t2-1"}]]}}'

function sourcesOf(jingle: XmlElement): string[] {
  return childElements(jingle, 'content').flatMap((content) =>
    childElements(child(content, 'description') as XmlElement, 'source').map(
      ({ attrs }) => `${attrs.name} ${attrs.ssrc}`,
    ),
  )
}

/** Alice with microphone and camera, Bob there and sending, the session accepted. */
async function call(conversation: Conversation, options: Partial<JoinOptions> = {}) {
  const tracks = { audioTrack: track('audio', 'mic'), videoTrack: track('video', 'cam') }
  const conference = await conversation.join({ ...tracks, ...options }, [bobPresence(bobSpeaks)])
  await conversation.says(sessionInitiate('s1', { audio: bobsVoice, video: bobsCamera }))
  const heard = await conversation.hears()
  const [accept] = jingles(heard)
  await conversation.answer(accept?.iq)
  return { conference, heard, accept }
}

test('an offer is acknowledged, answered and accepted', async () => {
  const conversation = new Conversation()
  const { conference, heard, accept } = await call(conversation)
  assert.deepEqual([heard[0]?.attrs.type, heard[0]?.attrs.id, heard[0]?.attrs.to], ['result', 's1-i', focus])
  assert.equal(heard.length, 2)
  assert.ok(accept)
  const { jingle, iq } = accept
  assert.equal(iq.attrs.to, focus)
  assert.deepEqual(
    [jingle.attrs.action, jingle.attrs.sid, jingle.attrs.initiator, jingle.attrs.responder],
    ['session-accept', 's1', focus, aliceJid],
  )
  assert.deepEqual(sourcesOf(jingle), ['aaaaaaaa-a0 5000000', 'aaaaaaaa-v0 5000010', 'aaaaaaaa-v0 5000011'])
  const [audio, video] = childElements(jingle, 'content')
  assert.match(serialize(audio as XmlElement), /name="opus" clockrate="48000" channels="2"/)
  assert.match(
    serialize(video as XmlElement),
    /semantics="FID"><source [^>]*ssrc="5000010"\/><source [^>]*ssrc="5000011"/,
  )
  assert.match(serialize(video as XmlElement), /name="msid" value="aaaaaaaa-video-0-1 [\w-]+-1"/)
  assert.match(serialize(video as XmlElement), /ufrag="uuuu".*setup="active"/)
  assert.doesNotMatch(serialize(jingle), /candidate|x-google/)

  const offer = conversation.peer.offers[0] ?? ''
  const directions = [...offer.matchAll(/^a=(sendrecv|sendonly|recvonly|inactive)/gm)].map(([, direction]) => direction)
  assert.deepEqual(directions, ['sendrecv', 'sendrecv', 'sendonly', 'sendonly'])
  assert.equal(conversation.peer.senderOf('0').track?.id, 'mic')
  assert.equal(conversation.peer.senderOf('1').track?.id, 'cam')
  assert.deepEqual([...conference.sources.keys()].sort(), ['aaaaaaaa-a0', 'aaaaaaaa-v0', 'bbbbbbbb-a0', 'bbbbbbbb-v0'])
  assert.equal(conference.mediaState, 'connecting')
  conversation.peer.become('connected')
  assert.equal(conference.mediaState, 'connected')
})

test('sources come and go with source-add, source-remove, mutes and their owner', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join({ audioTrack: track('audio', 'mic') }, [bobPresence(bobSpeaks)])
  await conversation.says(sessionInitiate('s1'))
  await conversation.answer(jingles(await conversation.hears())[0]?.iq)
  const events: string[] = []
  conference.subscribe('sourceAdded', ({ id, muted }) => events.push(`+${id}${muted ? ' muted' : ''}`))
  conference.subscribe('sourceUpdated', ({ id, muted }) => events.push(`~${id}${muted ? ' muted' : ''}`))
  conference.subscribe('sourceRemoved', ({ id }) => events.push(`-${id}`))
  await conversation.says(sourceChange('source-add', 'a1', bobsJson))
  assert.deepEqual(events.splice(0).sort(), ['+bbbbbbbb-a0', '+bbbbbbbb-v0'])
  const [answer] = await conversation.hears()
  assert.deepEqual([answer?.attrs.type, answer?.attrs.id], ['result', 'a1'])
  await conversation.says(bobPresence('<SourceInfo>{"bbbbbbbb-v0":{"muted":false}}</SourceInfo>'))
  assert.deepEqual(events.splice(0), ['~bbbbbbbb-a0 muted'])
  const removal = '{"sources":{"bbbbbbbb":[[],[],[{"s":2000000043,"n":"bbbbbbbb-a0","m":"bbbbbbbb-audio-0-1 t2-1"}]]}}'
  await conversation.says(sourceChange('source-remove', 'r1', removal))
  assert.deepEqual(events.splice(0), ['-bbbbbbbb-a0'])
  await conversation.says(bobLeaves)
  assert.deepEqual(events.splice(0), ['-bbbbbbbb-v0'])
  // the browser hears of it, and its lines are used again
  assert.equal(conversation.peer.offers.at(-1)?.match(/^a=inactive/gm)?.length, 2)
  assert.equal(conversation.peer.offers.at(-1)?.match(/^m=/gm)?.length, 4)
  await conversation.says(bobPresence(bobSpeaks), sourceChange('source-add', 'a2', bobsJson))
  assert.deepEqual(events.splice(0).sort(), ['+bbbbbbbb-a0', '+bbbbbbbb-v0'])
  assert.equal(conversation.peer.offers.at(-1)?.match(/^m=/gm)?.length, 4)
})

test('sources of somebody not yet seen wait for the presence', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join()
  await conversation.says(sessionInitiate('s1', { audio: bobsVoice, video: bobsCamera }))
  await conversation.answer(jingles(await conversation.hears())[0]?.iq)
  assert.equal(conference.sources.size, 0)
  await conversation.says(bobPresence(bobSpeaks))
  assert.deepEqual([...conference.sources.keys()].sort(), ['bbbbbbbb-a0', 'bbbbbbbb-v0'])
})

test('somebody who leaves while the browser is busy with them leaves nothing behind', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join({}, [bobPresence(bobSpeaks)])
  await conversation.says(sessionInitiate('s1'))
  await conversation.answer(jingles(await conversation.hears())[0]?.iq)
  let finish = () => {}
  conversation.peer.busy = new Promise((resolve) => {
    finish = resolve
  })
  await conversation.says(sourceChange('source-add', 'a1', bobsJson))
  await conversation.says(bobLeaves)
  finish()
  await conversation.clock.advance(0)
  assert.equal(conference.sources.size, 0)
  assert.match(conversation.peer.offers.at(-2) ?? '', /2000000041/)
  assert.doesNotMatch(conversation.peer.offers.at(-1) ?? '', /2000000041/)
})

test('a browser that refuses a change gets a new session', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  conversation.peer.refuseNext = 'no more m-lines'
  await conversation.says(bobLeaves)
  const [end] = jingles(await conversation.hears())
  assert.equal(end?.jingle.attrs.action, 'session-terminate')
  assert.equal(conference.mediaState, 'restarting')
})

test('newcomers start muted when the focus says so, also on their own tracks', async () => {
  const conversation = new Conversation()
  const microphone = track('audio', 'mic')
  const conference = await conversation.join({ audioTrack: microphone }, [bobPresence()])
  const muted = '<startmuted xmlns="http://jitsi.org/jitmeet/start-muted" audio="true" video="false"/></jingle>'
  await conversation.says(sessionInitiate('s1').replace('</jingle>', muted))
  assert.equal(conference.localParticipant.audioMuted, true)
  assert.equal(microphone.enabled, false)
  await conversation.answer(jingles(await conversation.hears())[0]?.iq)
  await conference.setMuted('audio', false)
  await conversation.says(sessionInitiate('s2').replace('</jingle>', muted))
  assert.equal(conference.localParticipant.audioMuted, false)
})

test('a camera that comes later is announced once, before its owner says that it is on', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join({}, [bobPresence()])
  await conversation.says(sessionInitiate('s1'))
  const [accept] = jingles(await conversation.hears())
  assert.deepEqual(sourcesOf(accept?.jingle as XmlElement), [])
  await conversation.answer(accept?.iq)
  const setting = conference.setCamera(track('video', 'cam'))
  const heard = await conversation.hears()
  const [add] = jingles(heard)
  assert.equal(add?.jingle.attrs.action, 'source-add')
  assert.deepEqual(sourcesOf(add?.jingle as XmlElement), ['aaaaaaaa-v0 5000010', 'aaaaaaaa-v0 5000011'])
  assert.equal(childElements(add?.jingle as XmlElement, 'content')[0]?.attrs.creator, undefined)
  assert.equal(heard.length, 1)
  await conversation.answer(add?.iq)
  await setting
  const presence = await conversation.hearsOne('presence')
  assert.equal(JSON.parse(textOf(child(presence, 'SourceInfo')))['aaaaaaaa-v0'].muted, false)
  await conference.setCamera(track('video', 'other'))
  assert.equal(conversation.peer.senderOf('1').track?.id, 'other')
  assert.deepEqual(await conversation.hears(), [])
})

test('a refused source is taken back', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join({}, [bobPresence()])
  await conversation.says(sessionInitiate('s1'))
  await conversation.answer(jingles(await conversation.hears())[0]?.iq)
  const setting = assert.rejects(conference.setCamera(track('video', 'cam')), { condition: 'resource-constraint' })
  await conversation.refuse(jingles(await conversation.hears())[0]?.iq, 'resource-constraint')
  await setting
  assert.equal(conference.localParticipant.videoMuted, true)
  assert.equal(conference.sources.has('aaaaaaaa-v0'), false)
})

test('muting: a microphone goes silent, a camera sends nothing', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  const { track: microphone } = conversation.peer.senderOf('0')
  await conference.setMuted('audio', true)
  assert.equal(microphone?.enabled, false)
  assert.equal(conversation.peer.senderOf('0').track, microphone)
  await conference.setMuted('video', true)
  assert.equal(conversation.peer.senderOf('1').track, null)
  const presences = await conversation.hears()
  assert.deepEqual(JSON.parse(textOf(child(presences.at(-1) as XmlElement, 'SourceInfo'))), {
    'aaaaaaaa-a0': { muted: true },
    'aaaaaaaa-v0': { muted: true, videoType: 'camera' },
  })
  assert.equal(conference.localParticipant.audioMuted, true)
  await conference.setMuted('audio', false)
  await conference.setMuted('video', false)
  assert.equal(microphone?.enabled, true)
  assert.equal(conversation.peer.senderOf('1').track?.id, 'cam')
  // no Jingle for any of it
  assert.deepEqual(jingles(await conversation.hears()), [])
})

test('a moderator mutes us; speaking again needs the focus', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  const mutes: unknown[] = []
  conference.subscribe('mutedByModerator', (kind, actorId) => mutes.push([kind, actorId]))
  await conversation.says(
    `<iq type="set" id="m0" from="${bob}"><mute xmlns="http://jitsi.org/jitmeet/audio">true</mute></iq>`,
  )
  assert.equal((await conversation.hearsOne('iq')).attrs.type, 'error')
  assert.equal(conference.localParticipant.audioMuted, false)
  await conversation.says(
    `<iq type="set" id="m1" from="${focus}"><mute xmlns="http://jitsi.org/jitmeet/audio" actor="${bob}">true</mute></iq>`,
  )
  assert.equal((await conversation.hears())[0]?.attrs.type, 'result')
  assert.deepEqual(mutes, [['audio', 'bbbbbbbb']])
  assert.equal(conference.localParticipant.audioMuted, true)

  const refused = assert.rejects(conference.setMuted('audio', false), { condition: 'not-allowed' })
  await conversation.refuse(await conversation.hearsOne('iq'), 'not-allowed')
  await refused
  assert.equal(conference.localParticipant.audioMuted, true)
  const unmuting = conference.setMuted('audio', false)
  const request = await conversation.hearsOne('iq')
  assert.equal(textOf(child(request, 'mute', NS.muteAudio)), 'false')
  await conversation.answer(request)
  await unmuting
  assert.equal(conference.localParticipant.audioMuted, false)
})

test('a screen is shared beside the camera, and again on the same line', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  const screen = track('video', 'screen')
  const sharing = conference.startScreenShare(screen)
  const [add] = jingles(await conversation.hears())
  assert.deepEqual(sourcesOf(add?.jingle as XmlElement), ['aaaaaaaa-v1 5000040', 'aaaaaaaa-v1 5000041'])
  assert.match(serialize(add?.jingle as XmlElement), /videoType="desktop"/)
  await conversation.answer(add?.iq)
  await sharing
  const shown = await conversation.hearsOne('presence')
  assert.deepEqual(JSON.parse(textOf(child(shown, 'SourceInfo')))['aaaaaaaa-v1'], {
    muted: false,
    videoType: 'desktop',
  })
  assert.equal(conference.localParticipant.isSharingScreen, true)
  assert.equal(conference.sources.get('aaaaaaaa-v1')?.videoType, 'desktop')

  // the browser's own "stop sharing"
  screen.end()
  const hidden = await conversation.hearsOne('presence')
  assert.equal(JSON.parse(textOf(child(hidden, 'SourceInfo')))['aaaaaaaa-v1'], undefined)
  assert.equal(conference.sources.has('aaaaaaaa-v1'), false)
  assert.equal(conversation.peer.senderOf('4').track, null)

  await conference.startScreenShare(track('video', 'again'))
  assert.equal(conversation.peer.senderOf('4').track?.id, 'again')
  assert.deepEqual(
    (await conversation.hears()).map(({ name }) => name),
    ['presence'],
  )
})

test('the path to the bridge fails: a new session takes over with everything', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  const first = conversation.peer
  first.become('connected')
  first.become('failed')
  assert.equal(conference.mediaState, 'interrupted')
  assert.equal(conference.localParticipant.connectivity, 'interrupted')
  await conversation.passes(2000)
  const [end] = jingles(await conversation.hears())
  assert.equal(end?.jingle.attrs.action, 'session-terminate')
  assert.match(
    serialize(end?.jingle as XmlElement),
    /<connectivity-error\/?>?.*<bridge-session xmlns="[^"]+" id="bs-17" restart="true"\/>/,
  )
  assert.equal(conference.mediaState, 'restarting')
  await conversation.answer(end?.iq)
  await conversation.says(sessionInitiate('s2', { audio: bobsVoice, video: bobsCamera }))
  assert.equal(first.isClosed, true)
  const [accept] = jingles(await conversation.hears())
  assert.equal(accept?.jingle.attrs.sid, 's2')
  assert.equal(sourcesOf(accept?.jingle as XmlElement).length, 3)
  assert.equal(conversation.peer.senderOf('1').track?.id, 'cam')
  await conversation.answer(accept?.iq)
  conversation.peer.become('connected')
  assert.equal(conference.mediaState, 'connected')
  assert.equal(conference.sources.size, 4)
})

const bridgeRestarts = (generation: number) =>
  `<iq type="set" from="${focus}" to="${aliceJid}" id="r${generation}"><jingle xmlns="urn:xmpp:jingle:1" action="transport-info" sid="s1"><content creator="initiator" name="audio"><transport xmlns="urn:xmpp:jingle:transports:ice-udp:1" ufrag="new${generation}" pwd="22charsOrMoreNewPassword" ice-generation="${generation}"><candidate component="1" foundation="1" generation="0" id="c1" network="0" ip="203.0.113.8" port="10000" priority="2130706431" protocol="udp" type="host"/></transport></content></jingle></iq>`

test('the path to the bridge is lost: ICE restarts in place where that is enabled, and the session stays', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation, { restartsIce: true })
  conversation.peer.become('connected')
  conversation.peer.become('disconnected')
  await conversation.passes(2000)
  const [wish] = jingles(await conversation.hears())
  assert.equal(wish?.jingle.attrs.action, 'session-info')
  assert.match(serialize(wish?.jingle as XmlElement), /<bridge-session [^>]*id="bs-17" ice-restart="true"/)
  await conversation.answer(wish?.iq)
  const rounds = conversation.peer.offers.length
  await conversation.says(bridgeRestarts(1))
  assert.equal(conversation.peer.offers.length, rounds + 1)
  assert.match(conversation.peer.offers.at(-1) ?? '', /a=ice-ufrag:new1\r\n.*203\.0\.113\.8 10000/s)
  const [answer] = jingles(await conversation.hears())
  assert.equal(answer?.jingle.attrs.action, 'transport-info')
  assert.match(serialize(answer?.jingle as XmlElement), /<transport [^>]*ufrag="uuuu"[^>]*ice-generation="1"/)
  await conversation.answer(answer?.iq)
  conversation.peer.become('failed')
  conversation.peer.become('connected')
  await conversation.passes(30_000)
  assert.equal(conference.mediaState, 'connected')
  assert.equal(conference.sources.size, 4)
  await conversation.says(bridgeRestarts(1))
  assert.deepEqual(jingles(await conversation.hears()), [], 'an old generation says nothing')
})

test('an ICE restart that is refused, or comes to nothing in 15 seconds, leads to a new session', async () => {
  for (const isRefused of [true, false]) {
    const conversation = new Conversation()
    const { conference } = await call(conversation, { restartsIce: true })
    conversation.peer.become('failed')
    await conversation.passes(2000)
    const [wish] = jingles(await conversation.hears())
    if (isRefused) await conversation.refuse(wish?.iq, 'feature-not-implemented')
    else {
      await conversation.answer(wish?.iq)
      await conversation.passes(15_000)
    }
    const [end] = jingles(await conversation.hears())
    assert.equal(end?.jingle.attrs.action, 'session-terminate')
    assert.equal(conference.mediaState, 'restarting')
  }
})

test('a path that heals within two seconds needs no new session', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  conversation.peer.become('failed')
  await conversation.passes(1999)
  conversation.peer.become('connected')
  await conversation.passes(5000)
  assert.deepEqual(jingles(await conversation.hears()), [])
  assert.equal(conference.mediaState, 'connected')
})

test('a focus that limits restarts is asked again; one that refuses ends the conference', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  const reasons: { kind: string }[] = []
  conference.subscribe('ended', (reason) => reasons.push(reason))
  conversation.peer.become('failed')
  await conversation.passes(2000)
  await conversation.refuse(jingles(await conversation.hears())[0]?.iq, 'resource-constraint')
  await conversation.passes(5000)
  await conversation.refuse(jingles(await conversation.hears())[0]?.iq, 'item-not-found')
  assert.equal(reasons[0]?.kind, 'media-failed')
})

test('alone again: the focus ends the session, the room stays, a later offer starts anew', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  const channel = conversation.channel
  await conversation.says(
    bobLeaves,
    `<iq type="set" from="${focus}" id="t1"><jingle xmlns="urn:xmpp:jingle:1" action="session-terminate" sid="s1"><reason><expired/><text>Idle session timeout</text></reason></jingle></iq>`,
  )
  assert.equal(conference.mediaState, 'waiting')
  assert.equal(conference.hasEnded, false)
  assert.equal(channel.closedByClient, 1000)
  assert.deepEqual([...conference.sources.keys()], ['aaaaaaaa-a0', 'aaaaaaaa-v0'])
  await conversation.hears()
  await conversation.says(sessionInitiate('s2'))
  assert.equal(jingles(await conversation.hears())[0]?.jingle.attrs.action, 'session-accept')
})

test('requests for a session that is not there, and broken ones, get their error', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  await conversation.says(
    sourceChange('source-add', 'e1', bobsJson).replace('sid="s1"', 'sid="s9"'),
    sourceChange('source-add', 'e2', '{"sources":'),
    `<iq type="set" from="${focus}" id="e3"><jingle xmlns="urn:xmpp:jingle:1" action="dance" sid="s1"/></iq>`,
    sessionInitiate('s1'),
  )
  const answers = (await conversation.hears()).map(({ attrs, children }) => {
    const error = children[0] as XmlElement
    return `${attrs.id} ${attrs.type} ${(error.children[0] as XmlElement).name}`
  })
  assert.deepEqual(answers, [
    'e1 error item-not-found',
    'e2 error bad-request',
    'e3 error feature-not-implemented',
    's1-i error not-acceptable',
  ])
  assert.equal(conference.sources.size, 4)
})

test('the bridge channel: wishes first, then facts; comes back by itself', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  conference.setReceiverConstraints({
    lastN: 5,
    onStageSources: ['bbbbbbbb-v0'],
    maxHeights: { 'bbbbbbbb-v0': 720 },
    defaultMaxHeight: 180,
  })
  const channel = conversation.channel
  assert.equal(channel.url, 'wss://meet.example/colibri-ws/jvb1/CONF/aaaaaaaa?pwd=s1')
  channel.accept()
  const greeting = channel.sent.splice(0).map((text) => JSON.parse(text))
  assert.deepEqual(greeting, [
    {
      colibriClass: 'ReceiverVideoConstraints',
      lastN: 5,
      onStageSources: ['bbbbbbbb-v0'],
      selectedSources: [],
      defaultConstraints: { maxHeight: 180 },
      constraints: { 'bbbbbbbb-v0': { maxHeight: 720 } },
      assumedBandwidthBps: -1,
    },
    { colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaaaaaa-v0', videoType: 'camera' },
  ])
  const speakers: unknown[] = []
  conference.subscribe('dominantSpeakerChanged', (id) => speakers.push(id))
  channel.deliver(
    '{"colibriClass":"DominantSpeakerEndpointChangeEvent","dominantSpeakerEndpoint":"bbbbbbbb","previousSpeakers":[]}',
  )
  assert.deepEqual(speakers, ['bbbbbbbb'])
  channel.deliver('{"colibriClass":"ForwardedSources","forwardedSources":[]}')
  assert.equal(conference.sources.get('bbbbbbbb-v0')?.isForwarded, false)
  channel.deliver('{"colibriClass":"EndpointConnectivityStatusChangeEvent","endpoint":"bbbbbbbb","active":"false"}')
  assert.equal(conference.participants.get('bbbbbbbb')?.connectivity, 'interrupted')
  channel.deliver('{"colibriClass":"SenderSourceConstraints","sourceName":"aaaaaaaa-v0","maxHeight":180}')
  await conversation.clock.advance(0)
  assert.deepEqual(conversation.peer.senderOf('1').parameters.encodings[0], {
    active: true,
    scaleResolutionDownBy: 4,
    maxBitrate: 300_000,
  })
  channel.deliver('{"colibriClass":"SenderSourceConstraints","sourceName":"aaaaaaaa-v0","maxHeight":0}')
  await conversation.clock.advance(0)
  assert.equal(conversation.peer.senderOf('1').parameters.encodings[0]?.active, false)
  channel.deliver('garbage')
  channel.deliver('{"colibriClass":"Unheard"}')
  // the same wishes are not sent again, others are
  conference.setReceiverConstraints({
    lastN: 5,
    onStageSources: ['bbbbbbbb-v0'],
    maxHeights: { 'bbbbbbbb-v0': 720 },
    defaultMaxHeight: 180,
  })
  assert.equal(channel.sent.length, 0)
  await conference.setMuted('video', true)
  assert.equal(JSON.parse(channel.sent.splice(0)[0] ?? '{}').videoType, 'none')

  channel.drop(1006)
  assert.equal(conference.sendEndpointMessage('', { hello: 1 }), false)
  await conversation.clock.advance(1000)
  assert.notEqual(conversation.channel, channel)
  conversation.channel.drop(1006)
  await conversation.clock.advance(1999)
  const count = conversation.sockets.length
  await conversation.clock.advance(1)
  assert.equal(conversation.sockets.length, count + 1)
  conversation.channel.accept()
  assert.equal(JSON.parse(conversation.channel.sent[0] ?? '{}').lastN, 5)
  assert.equal(conference.sendEndpointMessage('bbbbbbbb', { hello: 1 }), true)
})

test('after leaving nothing is left running', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  conversation.channel.accept()
  const leaving = conference.leave()
  const heard = await conversation.hears()
  assert.deepEqual(
    heard.map(({ name }) => name),
    ['iq', 'presence'],
  )
  assert.equal(jingles(heard)[0]?.jingle.attrs.action, 'session-terminate')
  await conversation.clock.advance(5000)
  await leaving
  assert.equal(conversation.peer.isClosed, true)
  assert.equal(conversation.channel.closedByClient, 1000)
  assert.equal(conference.sources.size, 0)
  await conversation.answer(heard[0])
  // the stream's own sign of life remains
  assert.equal(conversation.clock.pendingTimers, 1)
})

test('a lost path to the bridge asks the server for a sign of life; without one the conference ends within 9 s', async () => {
  const conversation = new Conversation()
  const { conference } = await call(conversation)
  const reasons: string[] = []
  conference.subscribe('ended', ({ kind }) => reasons.push(kind))
  conversation.peer.become('connected')
  conversation.peer.become('disconnected')
  const [ping] = await conversation.hears()
  assert.ok(ping && child(ping, 'ping', NS.ping))
  await conversation.answer(ping)
  conversation.peer.become('connected')
  await conversation.clock.advance(3000)
  assert.equal(conference.hasEnded, false)

  conversation.peer.become('disconnected')
  await conversation.clock.advance(8999)
  assert.equal(conference.hasEnded, false)
  await conversation.clock.advance(1)
  assert.deepEqual(reasons, ['connection-lost'])
})
