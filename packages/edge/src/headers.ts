/** HTTP headers and addresses: what we say to browsers, and what we believe of a request. */

/**
 * Sent with every response. Embedding is wanted (the IFrame API), so there is no `frame-ancestors`. WebSockets may go to
 * other hosts: bridges have their own addresses.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' ws: wss:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
  ].join('; '),
  'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=()',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
}

/** Names with a content hash never change; everything else is asked for again and usually answered with 304. */
export function cacheControl(path: string): string {
  return path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
}

/** A path that can only have been meant as a file, so that its absence is an error and not a room of that name. */
export function looksLikeFile(path: string): boolean {
  return path.startsWith('/assets/') || FILE_EXTENSION.test(path)
}

/**
 * The origin that a request was sent to (RFC 9110 §7.2), for answers that must name it. A host that is no host gets
 * `localhost`.
 */
export function requestOrigin(request: { host: string | undefined; isSecure: boolean; localPort: number }): string {
  const scheme = request.isSecure ? 'https' : 'http'
  const origin = `${scheme}://${request.host?.toLowerCase()}`
  // what the pattern lets through may still be no host: a port above 65535, an address with too many parts
  const isHost = request.host !== undefined && HOST.test(request.host.toLowerCase()) && URL.canParse(origin)
  return isHost ? origin : `${scheme}://localhost:${request.localPort}`
}

/** Where a visitor of the HTTP port finds the same page under HTTPS. `path` is the request target, starting with `/`. */
export function redirectTarget(origin: string, httpsPort: number, path: string): string {
  const { hostname } = new URL(origin)
  return `https://${hostname}${httpsPort === 443 ? '' : `:${httpsPort}`}${path}`
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/
const FILE_EXTENSION =
  /\.(?:js|mjs|css|map|json|html|txt|xml|ico|png|jpe?g|gif|svg|webp|woff2?|wasm|mp3|wav|webmanifest)$/i
