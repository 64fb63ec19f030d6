import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { Mark } from './Mark.tsx'
import styles from './MessagePage.module.css'

export interface MessageAction {
  readonly label: string
  readonly onAction: () => void
  readonly isPrimary?: boolean
}

interface MessagePageProps {
  readonly title: string
  readonly advice: string
  readonly actions: readonly MessageAction[]
  /** Something to fill in, between the text and the actions. */
  readonly children?: ReactNode
  /** Shown while something is under way that needs no action. */
  readonly isBusy?: boolean
}

/** A page that has one thing to say: what happened, and what can be done. */
export function MessagePage({ title, advice, actions, children, isBusy = false }: MessagePageProps) {
  return (
    <main className={styles.page}>
      <div className={styles.message} role={isBusy ? 'status' : 'alert'}>
        {isBusy ? <span className={styles.spinner} /> : <Mark size={40} />}
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.advice}>{advice}</p>
        {children}
        {actions.length > 0 && (
          <div className={styles.actions}>
            {actions.map(({ label, onAction, isPrimary }) => (
              <Button key={label} onClick={onAction} isPrimary={isPrimary}>
                {label}
              </Button>
            ))}
          </div>
        )}
      </div>
    </main>
  )
}
