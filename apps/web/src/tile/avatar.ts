/** What stands for a person without a picture. */

/** First letters of the first and last word of a name, `?` when it has no letter or digit. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s·._-]+/u).flatMap((word) => word.match(/[\p{L}\p{N}]/u)?.[0] ?? [])
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words
  return letters.join('').toLocaleUpperCase() || '?'
}

/** The same person has the same hue (degrees) on every screen. FNV-1a over the id. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0) % 360
}
