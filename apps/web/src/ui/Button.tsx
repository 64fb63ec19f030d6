import type { ComponentProps } from 'react'
import styles from './Button.module.css'

interface ButtonProps extends ComponentProps<'button'> {
  /** The one action the page is there for. */
  readonly isPrimary?: boolean | undefined
}

export function Button({ isPrimary = false, type = 'button', ...props }: ButtonProps) {
  return <button className={styles.button} type={type} data-primary={isPrimary} {...props} />
}
