import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** For the path of the page: nobody can guess it, and no page of another origin can read it. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** Only itself: no markup, script or request of anywhere else. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

export const safeHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

/**
 * The path below the token; undefined for whoever may not ask. A web page that the developer has open can reach
 * loopback, under a name of its own (DNS rebinding) or across origins: Host, Origin and Sec-Fetch-Site tell it.
 */
export function pathFor(req: IncomingMessage, token: string, port: number): string | undefined {
  const { host = '', origin } = req.headers
  const own = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (!own.includes(host.toLowerCase())) return undefined
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) return undefined
  // Whatever writes has to prove where it comes from; browsers always do.
  if (req.method !== 'GET' && origin === undefined) return undefined
  const site = req.headers['sec-fetch-site']
  const [, given = '', path = ''] = /^\/([^/?#]*)\/([^?#]*)$/.exec(req.url ?? '') ?? []
  // The page may be opened from anywhere, by a link; all else comes from the page itself.
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(path === '' && req.method === 'GET' && req.headers['sec-fetch-dest'] === 'document')) return undefined
  return sameToken(token, given) ? path : undefined
}

function sameToken(token: string, given: string): boolean {
  const [a, b] = [Buffer.from(token), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
