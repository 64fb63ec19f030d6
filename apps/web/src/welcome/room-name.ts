/**
 * Room names that can be said over a phone: three invented words of consonant–vowel syllables. About 46 bits, so that a
 * name is hard to guess; ambiguous letters (c/k, y/i, x, q) and silent ones are left out.
 */

const ONSETS = [
  'b',
  'd',
  'f',
  'g',
  'k',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  't',
  'v',
  'z',
  'br',
  'dr',
  'fl',
  'gr',
  'pl',
  'tr',
]
const VOWELS = ['a', 'e', 'i', 'o', 'u']
const CODAS = ['', '', '', 'l', 'n', 'r', 's']
const WORDS = 3

/** @param random a number in [0, 1), cryptographically random in production */
export function makeRoomName(random: () => number): string {
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? ''
  const syllable = () => pick(ONSETS) + pick(VOWELS)
  return Array.from({ length: WORDS }, () => syllable() + syllable() + pick(CODAS)).join('-')
}

/** Uniform in [0, 1) from the platform's cryptographic generator. */
export function secureRandom(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1))
  return word / 2 ** 32
}
