import { useCallback } from 'react'
import { useStore } from 'zustand'
import type { AppModel } from '../app-model.ts'
import { MessagePage } from '../ui/MessagePage.tsx'
import { CallRoom } from './CallRoom.tsx'
import type { CallModel } from './call-model.ts'
import { FailedPage } from './FailedPage.tsx'
import { LeftPage } from './LeftPage.tsx'

/** One page for each phase of a call. */
export function CallPage({ app, call }: { readonly app: AppModel; readonly call: CallModel }) {
  const { phase } = useStore(call.store)
  const leave = useCallback(() => void app.leave(), [app])
  switch (phase.kind) {
    case 'entering':
      return <MessagePage title="Joining…" advice={call.room} actions={[{ label: 'Cancel', onAction: leave }]} isBusy />
    case 'joined':
      return <CallRoom call={call} preferences={app.preferences} onLeave={leave} />
    case 'rejoining':
      return (
        <MessagePage
          title="Connection lost, trying again…"
          advice={`You come back into the meeting by yourself, as you were. Check your network if this takes long. Attempt ${phase.attempt}.`}
          actions={[{ label: 'Leave', onAction: leave }]}
          isBusy
        />
      )
    case 'failed':
      return (
        <FailedPage
          failure={phase.failure}
          onRetry={(password) => void call.start(password)}
          onHome={() => app.goHome()}
        />
      )
    case 'left':
      return <LeftPage room={call.room} onRejoin={() => void call.start()} onHome={() => app.goHome()} />
  }
}
