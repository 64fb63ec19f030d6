import { ArrowRight, RefreshCw } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { Button } from '../ui/Button.tsx'
import { Field, inputClass } from '../ui/Field.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { Mark } from '../ui/Mark.tsx'
import { makeRoomName, secureRandom } from './room-name.ts'
import styles from './WelcomePage.module.css'

interface WelcomePageProps {
  /** @returns false when the name is unusable */
  readonly onStart: (name: string) => boolean
}

export function WelcomePage({ onStart }: WelcomePageProps) {
  const [name, setName] = useState(() => makeRoomName(secureRandom))
  const [isRefused, setRefused] = useState(false)
  const start = (event: FormEvent) => {
    event.preventDefault()
    setRefused(!onStart(name))
  }
  return (
    <main className={styles.page}>
      <header className={styles.brand}>
        <Mark size={32} />
        <span>Parley</span>
      </header>
      <section className={styles.content}>
        <h1 className={styles.title}>Meet face to face, on your own server.</h1>
        <p className={styles.lead}>Open a room, send its link, talk. No account, nothing to install.</p>
        <form className={styles.form} onSubmit={start}>
          <Field label="Meeting name" hint={isRefused ? 'Please use letters or digits.' : undefined}>
            {(id) => (
              <div className={styles.row}>
                <div className={styles.name}>
                  <input
                    id={id}
                    className={inputClass}
                    data-testid="room-name"
                    value={name}
                    onChange={(event) => setName(event.target.value)}
                    aria-invalid={isRefused}
                    autoComplete="off"
                    autoCapitalize="none"
                    spellCheck={false}
                    maxLength={120}
                  />
                  <div className={styles.another}>
                    <IconButton
                      icon={RefreshCw}
                      label="Suggest another name"
                      size="small"
                      tone="quiet"
                      onClick={() => setName(makeRoomName(secureRandom))}
                    />
                  </div>
                </div>
                <Button type="submit" isPrimary data-testid="start-meeting">
                  Start meeting
                  <ArrowRight size={18} aria-hidden />
                </Button>
              </div>
            )}
          </Field>
        </form>
        <p className={styles.note}>Anyone who has the link can come in.</p>
      </section>
    </main>
  )
}
