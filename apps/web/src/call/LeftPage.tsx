import { MessagePage } from '../ui/MessagePage.tsx'

interface LeftPageProps {
  readonly room: string
  readonly onRejoin: () => void
  readonly onHome: () => void
}

export function LeftPage({ room, onRejoin, onHome }: LeftPageProps) {
  return (
    <MessagePage
      title="You left the meeting"
      advice={room}
      actions={[
        { label: 'Rejoin', onAction: onRejoin, isPrimary: true },
        { label: 'To the start page', onAction: onHome },
      ]}
    />
  )
}
