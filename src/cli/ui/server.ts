import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SmileIdConfigError } from '../../errors.ts'
import type { Credential } from '../../options/types.ts'
import { constantTimeEqual } from '../../signature/sign.ts'
import type { Sendable } from '../shared/body.ts'
import { UsageError } from '../shared/usage.ts'
import { type Came, History } from './history.ts'
import { html } from './page/html.ts'
import { script } from './page/script.ts'
import { style } from './page/style.ts'
import { Player, type Wish } from './player.ts'

export interface UiOptions {
  credentials: readonly [Credential, ...Credential[]]
  /** Shown as the address to deliver to. */
  target: string
  /** Posts a delivery to it. */
  send: (delivery: Sendable) => Promise<void>
}

export interface Ui {
  /** Includes its token, which gives access to everything. */
  url: string
  /** Shows a delivery on every open page. */
  add(came: Came): Promise<void>
  close(): Promise<void>
}

const files: Readonly<Record<string, [type: string, text: string]>> = {
  '': ['text/html; charset=utf-8', html],
  'app.js': ['text/javascript; charset=utf-8', script],
  'style.css': ['text/css; charset=utf-8', style],
}
/** Limit on a request of the page, bytes. */
const mostWish = 4_096
/** Lets a page notice that the command has ended, ms. */
const heartbeatMs = 15_000

type Reply = [status: number, type: string, body: string]
const json = (status: number, value: unknown): Reply => [
  status,
  'application/json; charset=utf-8',
  JSON.stringify(value),
]

/** Serves the page on loopback only. */
export async function startUi({ credentials, target, send }: UiOptions): Promise<Ui> {
  const token = newToken()
  const history = new History()
  const player = new Player(credentials[0])
  const pages = new Set<ServerResponse>()
  let port = 0

  /** The answer to a request; undefined if it is handled further on. */
  const answerTo = async (req: IncomingMessage, res: ServerResponse): Promise<Reply | undefined> => {
    const path = pathFor(req, token, port)
    if (path === undefined) return [403, 'text/plain; charset=utf-8', 'Open the whole URL that the command printed.\n']
    if (req.method === 'POST' && path === 'send') return json(200, await granted(await readWish(req)))
    if (req.method !== 'GET') return json(405, { error: 'not here' })
    if (path === 'events') {
      follow(res)
      return undefined
    }
    const n = /^data\/(\d{1,9})$/.exec(path)?.[1]
    if (n !== undefined) return json(200, history.data(Number(n)) ?? {})
    const file = Object.hasOwn(files, path) ? files[path] : undefined
    return file ? [200, ...file] : json(404, { error: 'not here' })
  }

  const follow = (res: ServerResponse): void => {
    res.writeHead(200, { ...safeHeaders, 'Content-Type': 'text/event-stream; charset=utf-8' })
    res.write(message('target', target))
    for (const shown of history.shown) res.write(message('delivery', shown))
    pages.add(res)
    res.once('close', () => pages.delete(res))
  }

  const granted = async (wish: Wish & { n?: unknown }): Promise<{ error?: string }> => {
    try {
      const capture = wish.what === 'again' ? history.capture(Number(wish.n)) : undefined
      if (wish.what === 'again' && !capture) throw new UsageError('This delivery is no longer kept.')
      for (const delivery of capture ? [player.again(capture)] : player.play(wish)) await send(delivery)
      return {}
    } catch (error) {
      return {
        error:
          error instanceof UsageError || error instanceof SmileIdConfigError
            ? error.message
            : 'It could not be sent: does the receiver run?',
      }
    }
  }

  const server = createServer((req, res) => {
    answerTo(req, res).then(
      (reply) => {
        if (!reply) return
        const [status, type, body] = reply
        res
          .writeHead(status, { ...safeHeaders, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
          .end(body)
      },
      () => res.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  const heartbeat = setInterval(() => {
    for (const page of pages) page.write(': here\n\n')
  }, heartbeatMs)
  heartbeat.unref()

  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    async add(came) {
      const shown = await history.add(came, credentials)
      for (const page of pages) page.write(message('delivery', shown))
    },
    close() {
      clearInterval(heartbeat)
      return closed(server)
    },
  }
}

const message = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

async function readWish(req: IncomingMessage): Promise<Wish & { n?: unknown }> {
  let text = ''
  for await (const part of req as AsyncIterable<Buffer>) {
    text += part.toString('utf8')
    if (text.length > mostWish) throw new RangeError('too long')
  }
  const wish: unknown = JSON.parse(text)
  const { what, product, outcome, n } = (wish ?? {}) as Partial<Record<string, unknown>>
  return {
    what: String(what),
    ...(typeof product === 'string' && { product }),
    ...(typeof outcome === 'string' && { outcome }),
    n,
  }
}

/** A secret in the path of the page: it cannot be guessed, nor read by a page of another origin. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** Only its own content: no markup, script or request of other origins. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

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
 * The path below the token; undefined if access is denied. A web page that the developer has open can reach loopback
 * under a name of its own (DNS rebinding) or across origins: Host, Origin and Sec-Fetch-Site reveal it.
 */
export function pathFor(req: IncomingMessage, token: string, port: number): string | undefined {
  const { host = '', origin } = req.headers
  const own = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (!own.includes(host.toLowerCase())) return undefined
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) return undefined
  // A write must prove its origin; browsers always do.
  if (req.method !== 'GET' && origin === undefined) return undefined
  const site = req.headers['sec-fetch-site']
  const [, given = '', path = ''] = /^\/([^/?#]*)\/([^?#]*)$/.exec(req.url ?? '') ?? []
  // The page may be opened by a link from anywhere; other requests come from the page itself.
  if (
    site !== undefined
    && site !== 'same-origin'
    && site !== 'none'
    && !(path === '' && req.method === 'GET' && req.headers['sec-fetch-dest'] === 'document')
  )
    return undefined
  return constantTimeEqual(token, given) ? path : undefined
}
