import type { ChatMessage } from '@parley/client'
import { MessageSquare, SendHorizontal, X } from 'lucide-react'
import { type FormEvent, useEffect, useRef } from 'react'
import type { CallModel } from '../call/call-model.ts'
import { NAMELESS } from '../tile/tile-state.ts'
import { IconButton } from '../ui/IconButton.tsx'
import styles from './ChatPanel.module.css'
import { isContinuation } from './grouping.ts'
import { splitLinks } from './message-text.ts'
import { useChat } from './useChat.ts'

/** Longest line we send; the server refuses much longer stanzas. */
const MAX_LENGTH = 4000

export function ChatPanel({ call }: { readonly call: CallModel }) {
  const { messages, draft, setDraft, send, list, canSend, onScroll, onKeyDown } = useChat(call)
  const input = useRef<HTMLTextAreaElement>(null)
  useEffect(() => input.current?.focus(), [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send()
    input.current?.focus()
  }
  return (
    <aside className={styles.panel} aria-label="Chat">
      <header className={styles.header}>
        <h2>Chat</h2>
        <IconButton icon={X} label="Close chat" tone="quiet" size="small" onClick={() => call.toggleChat()} />
      </header>
      <ol className={styles.messages} ref={list} onScroll={onScroll} aria-live="polite">
        {messages.length === 0 && (
          <li className={styles.empty}>
            <MessageSquare size={28} strokeWidth={1.5} aria-hidden />
            Nobody has written anything yet. Everyone in the meeting can read what you write.
          </li>
        )}
        {messages.map((message, index) => (
          <Message key={message.senderId + message.id} message={message} before={messages[index - 1]} />
        ))}
      </ol>
      <form className={styles.form} onSubmit={submit}>
        <textarea
          ref={input}
          className={styles.input}
          rows={1}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder="Write to everyone"
          aria-label="Message"
          maxLength={MAX_LENGTH}
          data-testid="chat-input"
        />
        <IconButton
          icon={SendHorizontal}
          label="Send"
          type="submit"
          tone={canSend ? 'on' : 'off'}
          disabled={!canSend}
          data-testid="chat-send"
        />
      </form>
    </aside>
  )
}

interface MessageProps {
  readonly message: ChatMessage
  readonly before: ChatMessage | undefined
}

function Message({ message, before }: MessageProps) {
  return (
    <li
      className={styles.message}
      data-testid="chat-message"
      data-sender-id={message.senderId}
      data-local={message.isLocal}
      data-continued={isContinuation(message, before)}
    >
      <p className={styles.head}>
        <strong>{message.isLocal ? 'You' : message.senderName || NAMELESS}</strong>
        <time dateTime={new Date(message.sentAt).toISOString()}>{TIME.format(message.sentAt)}</time>
        {message.isPrivate && <span className={styles.private}>private</span>}
      </p>
      <p className={styles.text}>
        {splitLinks(message.text).map((part, index) =>
          part.kind === 'link' ? (
            <a key={index} href={part.text} target="_blank" rel="noopener noreferrer">
              {part.text}
            </a>
          ) : (
            part.text
          ),
        )}
      </p>
    </li>
  )
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
