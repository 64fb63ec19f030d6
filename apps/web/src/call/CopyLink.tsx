import { Check, Link } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '../ui/Button.tsx'
import { IconButton } from '../ui/IconButton.tsx'

const CONFIRMED_MS = 2500

/** Copies the meeting's address, without entry options; where the clipboard is closed to pages, shows it to be copied. */
export function CopyLink({ isLabelled = false }: { readonly isLabelled?: boolean }) {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), CONFIRMED_MS)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = async () => {
    const link = location.origin + location.pathname
    try {
      await navigator.clipboard.writeText(link)
      setCopied(true)
    } catch {
      prompt('Copy this link:', link)
    }
  }
  const icon = isCopied ? Check : Link
  const label = isCopied ? 'Link copied' : 'Copy link'
  if (!isLabelled) return <IconButton icon={icon} label={label} size="small" tone="quiet" onClick={() => void copy()} />
  const Icon = icon
  return (
    <Button isPrimary onClick={() => void copy()}>
      <Icon size={18} aria-hidden />
      {label}
    </Button>
  )
}
