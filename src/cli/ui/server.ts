import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SmileIdConfigError } from '../../errors.ts'
import { isRecord, type Json, parseJson } from '../../lib/json.ts'
import type { Credential } from '../../options/types.ts'
import { constantTimeEqual } from '../../signature/sign.ts'
import { post } from '../../testing/deliver/post.ts'
import { closed } from '../../testing/deliver/serve.ts'
import { packageFile } from '../shared/io.ts'
import { listening, serving } from '../shared/server.ts'
import { finalOutcomes, products } from '../../types/names.ts'
import { UsageError } from '../shared/usage.ts'
import { type Came, History } from './history.ts'
import { Player } from './player.ts'

export interface UiOptions {
  credentials: readonly [Credential, ...Credential[]]
  /** Shown as the address to deliver to. */
  target: string
  /** The URL that the buttons send to. */
  to: URL
  /** Partner params of what the buttons send. */
  partnerParams: Readonly<Record<string, string>>
}

export interface Ui {
  /** Includes its token, which gives access to everything. */
  url: string
  /** Shows a delivery on every open page. */
  add(came: Came): Promise<void>
  close: () => Promise<void>
}

type Reply = [status: number, type: string, body: string]

const kinds: Readonly<Record<string, string>> = {
  'index.html': 'text/html',
  'app.js': 'text/javascript',
  'style.css': 'text/css',
}

const options = (names: readonly string[], chosen: string): string =>
  names.map((name) => `<option${name === chosen ? ' selected' : ''}>${name}</option>`).join('')

const choices = (html: string): string =>
  html
    .replace(
      '<!-- products -->',
      options(
        products.filter((name) => name !== 'unknown'),
        'biometric_kyc',
      ),
    )
    .replace('<!-- outcomes -->', options(finalOutcomes, 'approved'))

/** A file of the page, which holds no delivered data: its script adds that, never as markup. */
function pageFile(path: string): Reply | undefined {
  const name = path || 'index.html'
  const type = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (type === undefined) return undefined
  const text = packageFile(`src/cli/ui/page/${name}`)
  if (text === undefined) return [500, 'text/plain', 'This installation lacks the files of the page.\n']
  return [200, type, choices(text)]
}
/** Limit on a request of the page, bytes. */
const mostWish = 4_096

const json = (status: number, value: unknown): Reply => [status, 'application/json', JSON.stringify(value)]

/** Serves the page on loopback only. */
export async function startUi({ credentials, target, to, partnerParams }: UiOptions): Promise<Ui> {
  // A secret in the path of the page: it cannot be guessed, nor read by a page of another origin.
  const token = randomBytes(32).toString('base64url')
  const history = new History()
  const player = new Player(credentials[0], partnerParams)
  const pages = new Set<ServerResponse>()

  const follow = (res: ServerResponse): void => {
    res.writeHead(200, { ...safeHeaders, 'Content-Type': 'text/event-stream; charset=utf-8' })
    res.write(message('target', target))
    for (const shown of history.shown) res.write(message('delivery', shown))
    pages.add(res)
    res.once('close', () => pages.delete(res))
  }

  const grant = async ({ what, n, product, outcome }: Json): Promise<void> => {
    const capture = what === 'again' ? history.capture(Number(n)) : undefined
    if (what === 'again' && !capture) throw new UsageError('This delivery is no longer kept.')
    const deliveries = capture ? [player.again(capture)] : player.play(String(what), String(product), String(outcome))
    for (const { headers, body } of deliveries) await post(to, headers, body)
  }

  const replyTo = (method: string, path: string, body: string): Reply | Promise<Reply> => {
    if (method === 'POST' && path === 'send') {
      const wish = parseJson(body)
      const isToBlame = (error: unknown) => error instanceof UsageError || error instanceof SmileIdConfigError
      return grant(isRecord(wish) ? wish : {}).then(
        () => json(200, {}),
        (error: unknown) =>
          json(200, {
            error: isToBlame(error) ? (error as Error).message : 'It could not be sent: does the receiver run?',
          }),
      )
    }
    if (method !== 'GET') return json(405, { error: 'not here' })
    const n = /^data\/(\d{1,9})$/.exec(path)?.[1]
    if (n !== undefined) return json(200, history.data(Number(n)) ?? {})
    return pageFile(path) ?? json(404, { error: 'not here' })
  }

  const server = serving(mostWish, async ({ method, body }, res, req) => {
    const path = pathFor(req, token, origin)
    if (path === 'events' && method === 'GET') {
      follow(res)
      return
    }
    const [status, type, text]: Reply =
      path === undefined
        ? [403, 'text/plain', 'Open the whole URL that the command printed.\n']
        : await replyTo(method, path, body.toString())
    const length = { 'Content-Type': `${type}; charset=utf-8`, 'Content-Length': Buffer.byteLength(text) }
    res.writeHead(status, { ...safeHeaders, ...length }).end(text)
  })
  const origin = await listening(server, 0)
  return {
    url: `${origin}/${token}/`,
    async add(came) {
      const shown = await history.add(came, credentials)
      for (const page of pages) page.write(message('delivery', shown))
    },
    close: () => closed(server),
  }
}

const message = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** Only its own content: no markup, script or request of other origins. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

const safeHeaders: Readonly<Record<string, string>> = {
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
function pathFor({ headers, method, url = '' }: IncomingMessage, token: string, own: string): string | undefined {
  const { host = '', origin, 'sec-fetch-site': site, 'sec-fetch-dest': dest } = headers
  const here = `http://${host.toLowerCase()}`
  if (here !== own && here !== own.replace('127.0.0.1', 'localhost')) return undefined
  // A write must prove its origin; browsers always do.
  if (origin === undefined ? method !== 'GET' : origin !== here) return undefined
  const [, given = '', path = ''] = /^\/([^/?#]*)\/([^?#]*)$/.exec(url) ?? []
  // The page may be opened by a link from anywhere; other requests come from the page itself.
  const isOpened = path === '' && method === 'GET' && dest === 'document'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isOpened) return undefined
  return constantTimeEqual(token, given) ? path : undefined
}
