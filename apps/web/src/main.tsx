/** Composition root: reads address and configuration, builds the model, connects it to the browser, renders. */
import type { Conference } from '@parley/client'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { AppModel } from './app-model.ts'
import { roomEntrance } from './call/enter-room.ts'
import { ConfigError, readConfig } from './config.ts'
import { openPreferences } from './preferences.ts'
import './styles/tokens.css'
import './styles/base.css'
import { MessagePage } from './ui/MessagePage.tsx'

declare global {
  /** Written by the server's `/config.js`. */
  var config: unknown
  /** For embedders and tests: the conference of the call in progress. */
  var parley: { readonly conference: Conference } | undefined
}

const container = document.getElementById('root')
if (!container) throw new Error('index.html has no #root')
const root = createRoot(container)

try {
  const enterRoom = roomEntrance(readConfig(globalThis.config, location.href))
  // `mediaDevices` is absent on insecure pages, whatever its type says.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  const app = new AppModel({
    enterRoom,
    preferences: openPreferences(localStorageIfAllowed()),
    devices,
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
    pushPath: (path) => history.pushState(null, '', path),
  })
  addEventListener('popstate', () => app.open(new URL(location.href)))
  addEventListener('pagehide', () => app.abandon())
  app.open(new URL(location.href))
  root.render(
    <StrictMode>
      <App app={app} />
    </StrictMode>,
  )
} catch (error) {
  console.error(error)
  const advice = error instanceof ConfigError ? error.message : 'Something unexpected happened.'
  root.render(
    <MessagePage
      title="Parley is not ready."
      advice={`${advice} Reload the page in a moment, or tell the administrator of this server.`}
      actions={[{ label: 'Reload', onAction: () => location.reload(), isPrimary: true }]}
    />,
  )
}

function localStorageIfAllowed(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
