import { X } from 'lucide-react'
import { useStore } from 'zustand'
import { IconButton } from '../ui/IconButton.tsx'
import styles from './ToastList.module.css'
import type { Toasts } from './toasts.ts'

export function ToastList({ toasts }: { readonly toasts: Toasts }) {
  const shown = useStore(toasts.store)
  return (
    <ul className={styles.list} aria-live="polite">
      {shown.map(({ id, text, tone }) => (
        <li key={id} className={styles.toast} data-tone={tone} data-testid="toast">
          <span className={styles.text}>{text}</span>
          <IconButton icon={X} label="Dismiss" size="small" tone="quiet" onClick={() => toasts.dismiss(id)} />
        </li>
      ))}
    </ul>
  )
}
