/** Finds the addresses in a chat line, so that they can be opened. The text itself is only ever shown as text. */

export type TextPart = { readonly kind: 'text' | 'link'; readonly text: string }

const LINK = /https?:\/\/[^\s<>"]+/giu
/** What ends a sentence rather than an address; a closing bracket belongs to the text unless it was opened inside. */
const TRAILING = /[.,;:!?'"…]+$/u

export function splitLinks(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const link = trimLink(match[0])
    if (!URL.canParse(link)) continue
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) })
    parts.push({ kind: 'link', text: link })
    end = match.index + link.length
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}

function trimLink(link: string): string {
  const trimmed = link.replace(TRAILING, '')
  const isUnbalanced = trimmed.endsWith(')') && !trimmed.includes('(')
  return isUnbalanced ? trimLink(trimmed.slice(0, -1)) : trimmed
}
