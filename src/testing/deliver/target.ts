import type { RequestListener } from 'node:http'
import { Server } from 'node:http'
import { SmileIdConfigError } from '../../errors.ts'
import type { FetchHandler } from '../../doors/fetch.ts'
import type { Receive } from '../../receive/receive.ts'

/** Anything with `receive`: what `smileIdCallbacks` returns. */
export interface Receiver {
  /** The framework-free core. */
  readonly receive: Receive
}

/** A fetch handler, or an object with one: Next, Hono, Bun, Deno. */
export type FetchLike = FetchHandler | ((request: Request, ...rest: never[]) => Response | Promise<Response>)

/** What `deliver` can deliver to. A bare Node listener `(req, res)` goes in as `http.createServer(listener)`. */
export type DeliverTarget = string | URL | RequestListener | Server | Receiver | FetchLike | { readonly fetch: FetchLike }

export type Target =
  | { kind: 'url'; url: URL }
  | { kind: 'receiver'; receive: Receive }
  | { kind: 'fetch'; handler: FetchHandler }
  | { kind: 'app'; app: RequestListener | Server }

/** Sorts out what was given. @throws SmileIdConfigError `target_invalid` for what cannot be delivered to */
export function targetOf(given: DeliverTarget): Target {
  if ((typeof given === 'string' && URL.canParse(given)) || given instanceof URL) return { kind: 'url', url: new URL(given) }
  if (given instanceof Server) return { kind: 'app', app: given }
  // Express apps and routers are functions with a `handle`, whichever copy of Express made them.
  if (typeof given === 'function') {
    return has(given, 'handle') ? { kind: 'app', app: given as RequestListener } : { kind: 'fetch', handler: given as FetchHandler }
  }
  if (has(given, 'receive')) return { kind: 'receiver', receive: given.receive }
  if (has(given, 'fetch')) return { kind: 'fetch', handler: (given.fetch as FetchHandler).bind(given) }
  throw new SmileIdConfigError('target_invalid', 'deliver needs a URL, an Express app, an http.Server, a fetch handler, or what smileIdCallbacks() returns.')
}

const has = <K extends string>(object: unknown, key: K): object is Record<K, unknown> =>
  ((typeof object === 'object' && object !== null) || typeof object === 'function') && typeof (object as Record<K, unknown>)[key] === 'function'
