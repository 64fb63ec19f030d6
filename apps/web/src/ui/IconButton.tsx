import type { LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'
import styles from './IconButton.module.css'

/** `on`/`off`: a device or feature that is running or not. `alert`: a device that is muted. `danger`: ends something. */
export type IconButtonTone = 'off' | 'on' | 'alert' | 'danger' | 'quiet'

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  readonly icon: LucideIcon
  /** What pressing it does; the tooltip and the accessible name. */
  readonly label: string
  /** Key that does the same; shown in the tooltip. */
  readonly shortcut?: string | undefined
  readonly tone?: IconButtonTone | undefined
  readonly size?: 'medium' | 'small' | undefined
  readonly badge?: number | undefined
  /** Something about it needs attention, such as a refused device. */
  readonly isFlagged?: boolean | undefined
}

export function IconButton(props: IconButtonProps) {
  const { icon: Icon, label, shortcut, tone = 'off', size = 'medium', badge = 0, isFlagged = false, ...rest } = props
  return (
    <button
      className={styles.button}
      type="button"
      title={shortcut ? `${label} (${shortcut})` : label}
      aria-label={badge > 0 ? `${label}, ${badge} unread` : label}
      aria-keyshortcuts={shortcut}
      data-tone={tone}
      data-size={size}
      {...rest}
    >
      <Icon size={size === 'small' ? 18 : 21} strokeWidth={1.9} aria-hidden />
      {badge > 0 && <span className={styles.badge}>{badge > 99 ? '99+' : badge}</span>}
      {isFlagged && <span className={styles.flag}>!</span>}
    </button>
  )
}
