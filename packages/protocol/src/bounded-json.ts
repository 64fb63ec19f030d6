/**
 * JSON from strangers: length and nesting are checked before anything is built, so that a hostile text costs one pass
 * over its characters.
 */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

export type JsonErrorReason = 'too-long' | 'too-deep' | 'not-json'

export interface JsonLimits {
  /** Longest text in UTF-16 code units. */
  readonly maxLength: number
  /** Deepest nesting of arrays and objects; a bare number is depth 0. */
  readonly maxDepth: number
}

export type JsonResult =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly reason: JsonErrorReason; readonly message: string }

/** Never throws. */
export function parseBoundedJson(text: string, limits: JsonLimits): JsonResult {
  if (text.length > limits.maxLength) {
    return { ok: false, reason: 'too-long', message: `${text.length} characters, at most ${limits.maxLength} allowed` }
  }
  if (nestsDeeper(text, limits.maxDepth)) {
    return { ok: false, reason: 'too-deep', message: `nests deeper than ${limits.maxDepth}` }
  }
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue }
  } catch {
    // The parser's own message repeats the input; the position in it is of no use to the peer.
    return { ok: false, reason: 'not-json', message: 'not JSON' }
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Brackets outside strings. Exact for valid JSON; for anything else the parser decides afterwards. */
function nestsDeeper(text: string, maxDepth: number): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === backslash) i++
      else if (c === quote) inString = false
    } else if (c === quote) inString = true
    else if (c === openBrace || c === openBracket) {
      if (++depth > maxDepth) return true
    } else if (c === closeBrace || c === closeBracket) depth--
  }
  return false
}

const quote = 0x22
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
