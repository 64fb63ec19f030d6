/**
 * Every page on made-up data: `/src/dev/stories.html?page=call&people=5&chat&share`. Pages: welcome, prejoin, call, failed,
 * password, left. The conference is at hand as `parley.conference`, to try things by script.
 */
import { ClientError } from '@parley/client'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from '../App.tsx'
import { AppModel } from '../app-model.ts'
import type { EnterRoom } from '../call/enter-room.ts'
import { openPreferences } from '../preferences.ts'
import '../styles/tokens.css'
import '../styles/base.css'
import { MemoryConference } from './memory-conference.ts'

const NAMES = [
  'Ada Lovelace',
  'Grace Hopper',
  'Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine',
  'Émilie du Châtelet',
  'Katherine Johnson',
  '李 小龙',
  'Bo',
  'Radia Perlman',
  'Hedy Lamarr',
  'Annie Easley',
  'Karen Spärck Jones',
  'Mary Somerville',
  'Sofja Kowalewskaja',
  'Joan Clarke',
  'Lynn Conway',
]

const query = new URLSearchParams(location.search)
const page = query.get('page') ?? 'call'

const enterRoom: EnterRoom = async (request) => {
  if (page === 'failed') throw new ClientError('unreachable', 'story')
  if (page === 'password') throw new ClientError('join-refused', 'story', { condition: 'not-authorized' })
  if (page === 'entering') await new Promise(() => {})
  const conference = new MemoryConference(request)
  populate(conference, Number(query.get('people') ?? 5))
  // The page follows the conference only from here on; what comes later is news to it.
  setTimeout(() => animate(conference), 300)
  return conference.asMeeting()
}

function populate(conference: MemoryConference, people: number): void {
  NAMES.slice(0, people - 1).forEach((name, index) => {
    const id = `beef00${index.toString(16).padStart(2, '0')}`
    conference.enter(id, name, {
      audioMuted: index % 3 === 1,
      videoMuted: index % 4 === 2,
      connectivity: index === 4 ? 'interrupted' : 'active',
      ...(index === 3 && { raisedHandAt: Date.now() }),
    })
  })
  if (people > 1) conference.speak('beef0000')
  if (query.has('share')) conference.presentScreen('beef0000')
}

function animate(conference: MemoryConference): void {
  const [, first, second] = [...conference.participants.keys()]
  const start = Date.now() - 600_000
  if (query.has('chat') && first && second) {
    conference.say(first, 'Good morning! The notes of last week are at https://notes.example/weekly/2026-11-14.', start)
    conference.say(first, 'Please add what is missing.', start + 20_000)
    conference.sendChat('Thanks, I will go through them now.')
    conference.say(second, 'Averyveryveryverylongwordwithoutanyspacethathastobreaksomewhere and 你好 👋')
  }
  if (query.has('toasts')) {
    conference.enter('cafe0001', 'Barbara Liskov', { videoMuted: true })
    conference.enter('cafe0002', 'Frances Allen', { videoMuted: true })
    if (second) conference.exit(second)
  }
  if (query.has('interrupted')) conference.setMediaState('interrupted')
}

const app = new AppModel({
  enterRoom,
  preferences: openPreferences(undefined),
  devices: query.has('nodevices') ? undefined : navigator.mediaDevices,
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  random: Math.random,
  onOnline: (listener) => {
    addEventListener('online', listener)
    return () => removeEventListener('online', listener)
  },
  onConference: (conference) => {
    globalThis.parley = conference && { conference }
  },
  pushPath: () => {},
})

const room = query.get('room') ?? 'weekly-review'
const paths: Record<string, string> = { welcome: '/', prejoin: `/${room}` }
app.open(new URL(paths[page] ?? `/${room}?autojoin=1&name=${query.get('name') ?? 'Maria Mitchell'}`, location.origin))
if (page === 'left') setTimeout(() => void app.leave(), 1000)

const container = document.getElementById('root')
if (!container) throw new Error('stories.html has no #root')
createRoot(container).render(
  <StrictMode>
    <App app={app} />
  </StrictMode>,
)
