import { useStore } from 'zustand'
import type { AppModel } from './app-model.ts'
import { CallPage } from './call/CallPage.tsx'
import { LeftPage } from './call/LeftPage.tsx'
import { PrejoinPage } from './prejoin/PrejoinPage.tsx'
import { useDocumentTitle } from './ui/useDocumentTitle.ts'
import { WelcomePage } from './welcome/WelcomePage.tsx'

export function App({ app }: { readonly app: AppModel }) {
  const { page } = useStore(app.store)
  useDocumentTitle(page.kind === 'welcome' ? 'Parley' : `${page.room} · Parley`)
  switch (page.kind) {
    case 'welcome':
      return <WelcomePage onStart={(name) => app.startMeeting(name)} />
    case 'prejoin':
      return <PrejoinPage key={page.room} app={app} room={page.room} media={page.media} />
    case 'call':
      return <CallPage app={app} call={page.call} />
    case 'left':
      return <LeftPage room={page.room} onRejoin={() => app.rejoin()} onHome={() => app.goHome()} />
  }
}
