import { type FormEvent, useState } from 'react'
import { Button } from '../ui/Button.tsx'
import { Field, inputClass } from '../ui/Field.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import styles from './FailedPage.module.css'
import type { Failure } from './failure.ts'

interface FailedPageProps {
  readonly failure: Failure
  readonly onRetry: (password?: string) => void
  readonly onHome: () => void
}

export function FailedPage({ failure, onRetry, onHome }: FailedPageProps) {
  const home = { label: 'To the start page', onAction: onHome }
  if (failure.needsPassword) {
    return (
      <MessagePage title={failure.title} advice={failure.advice} actions={[home]}>
        <PasswordForm onSubmit={onRetry} />
      </MessagePage>
    )
  }
  const retry = { label: 'Try again', onAction: () => onRetry(), isPrimary: true }
  return (
    <MessagePage title={failure.title} advice={failure.advice} actions={failure.canRetry ? [retry, home] : [home]} />
  )
}

function PasswordForm({ onSubmit }: { readonly onSubmit: (password: string) => void }) {
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit(password)
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field label="Password">
        {(id) => (
          <input
            id={id}
            className={inputClass}
            type="password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            autoComplete="off"
            data-testid="room-password"
          />
        )}
      </Field>
      <Button type="submit" isPrimary disabled={password === ''}>
        Join
      </Button>
    </form>
  )
}
