import type { MediaState } from '@parley/client'
import { WifiOff } from 'lucide-react'
import styles from './MediaStateBanner.module.css'

const TEXT: Partial<Record<MediaState, string>> = {
  interrupted: 'Your connection is unstable. Sound and picture come back by themselves when it recovers.',
  restarting: 'Sound and picture were lost. Setting them up again…',
}

/** Says that media is in trouble while the call itself goes on. */
export function MediaStateBanner({ state }: { readonly state: MediaState }) {
  const text = TEXT[state]
  return (
    <div role="status" data-testid="media-state" data-state={state}>
      {text && (
        <p className={styles.banner}>
          <WifiOff size={18} aria-hidden />
          {text}
        </p>
      )}
    </div>
  )
}
