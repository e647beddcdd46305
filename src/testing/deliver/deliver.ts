import { type RequestListener, Server } from 'node:http'
import { smileIdAddresses } from '../../addresses.ts'
import { answerOf } from '../../doors/answer.ts'
import type { FetchHandler } from '../../doors/fetch.ts'
import { type Checked, checkOptions, type ChecksOf, demand, nonEmptyString, timer } from '../../lib/check.ts'
import { misuse } from '../../lib/values.ts'
import { isRecord, parseJson } from '../../lib/json.ts'
import { unlessAborted } from '../../lib/promises.ts'
import type { Receive } from '../../receive/receive.ts'
import type { DeliveryReport } from '../../report/report.ts'
import { stringsCheck } from '../checks.ts'
import type { SignedDelivery } from '../sign-delivery.ts'
import { post } from './post.ts'
import { catchingReport, serving } from './serve.ts'

/** Options of `deliver`. */
export interface DeliverOptions {
  /** The mount path of the receiver in an app. Default: `/smile-id`. A URL has its own. */
  readonly path?: string | undefined
  /**
   * The sender's address. Default: the first of `smileIdAddresses.published`, so that a receiver with default options
   * accepts it. An app sees it as the remote address of the connection, a fetch handler as context and in
   * `X-Forwarded-For`; a URL gets that header only if this is set.
   */
  readonly clientIp?: string | undefined
  /** Path params, for a callbacks object or its fetch handler; in an app they are in the path. Default: none. */
  readonly params?: Readonly<Record<string, string>> | undefined
  /** Time limit for the answer, ms. Default: 35 s. */
  readonly timeout?: number | undefined
}

const checks = {
  path: nonEmptyString('/smile-id'),
  clientIp: nonEmptyString(undefined, 'client_ip_invalid'),
  params: stringsCheck,
  // Smile ID gives up after this time.
  timeout: timer(35_000),
} satisfies ChecksOf<DeliverOptions>

const isDelivery = (value: unknown): value is SignedDelivery =>
  isRecord(value)
  && isRecord(value['headers'])
  && (typeof value['body'] === 'string' || value['body'] instanceof Uint8Array)

/** Result of a delivery. */
export interface Delivered {
  /** HTTP status of the answer. */
  status: number
  /** The parsed body if it is JSON, else a string. */
  body: unknown
  /** Headers of the answer; names in lower case. */
  headers: Record<string, string>
  /** The receiver's own report. Undefined for a URL, and if the delivery never reached the receiver. */
  report: DeliveryReport | undefined
}

/**
 * Posts a delivery to an app, a fetch handler, a callbacks object or a URL. An app is served on a free loopback port
 * meanwhile. Nothing is bypassed: an accepted delivery was signed with a key that the receiver knows.
 * @example
 * import { deliver, sample, signDelivery } from 'express-smile-id/testing'
 *
 * const payload = sample('document_verification', 'approved')
 * const { status, report } = await deliver(app, signDelivery({ credential, payload }))
 * @throws SmileIdConfigError `target_invalid` for a target that is none of these; the error of the connection for an
 * unreachable URL; a DOMException `TimeoutError` after `timeout`
 */
export async function deliver(
  target: DeliverTarget,
  delivery: SignedDelivery,
  options?: DeliverOptions,
): Promise<Delivered> {
  const checked = checkOptions(options, checks)
  const isSigned: boolean = isDelivery(delivery)
  demand(isSigned, 'options_invalid', 'deliver takes a delivery as signDelivery gives it: { headers, body }.')
  const signal = AbortSignal.timeout(checked.timeout)
  const { value, report } = await catchingReport(() =>
    unlessAborted(signal, () => senderTo(target)(delivery, { ...checked, signal })),
  )
  return { ...value, report: value.report ?? report }
}

type Sent = Omit<Delivered, 'report'> & { report?: DeliveryReport }
type Send = (delivery: SignedDelivery, options: Checked<typeof checks> & { signal: AbortSignal }) => Promise<Sent>

/** Recognizes the target. @throws SmileIdConfigError `target_invalid` for a value that is not a target */
function senderTo(given: DeliverTarget): Send {
  if ((typeof given === 'string' && URL.canParse(given)) || given instanceof URL)
    return (delivery, { clientIp, signal }) => overHttp(new URL(given), delivery, signal, clientIp)
  // Express apps and routers are functions with a `handle`, whichever copy of Express made them.
  if (given instanceof Server || (typeof given === 'function' && has(given, 'handle')))
    return (delivery, { clientIp = usual, path, signal }) =>
      serving(given as RequestListener | Server, clientIp, (base) => overHttp(new URL(path, base), delivery, signal))
  if (typeof given === 'function') return fetching(given as FetchHandler)
  if (has(given, 'receive')) return receiving(given.receive)
  if (has(given, 'fetch')) return fetching((given.fetch as FetchHandler).bind(given))
  return misuse(
    'target_invalid',
    'deliver needs a URL, an Express app, an http.Server, a fetch handler, or what smileIdCallbacks() returns.',
  )
}

const [usual] = smileIdAddresses.published

async function overHttp(
  url: URL,
  { headers, body }: SignedDelivery,
  signal: AbortSignal,
  clientIp?: string,
): Promise<Sent> {
  const forwarded = clientIp === undefined ? {} : { 'X-Forwarded-For': clientIp }
  const answer = await post(url, { ...headers, ...forwarded }, body, { signal })
  return { status: answer.status, headers: answer.headers, body: readJson(answer.text) }
}

const receiving =
  (receive: Receive): Send =>
  async (delivery, { clientIp = usual, params }) => {
    const report = await receive({ method: 'POST', ...delivery, clientIp, params })
    const { status, headers, body } = answerOf(report)
    return { status, headers: { ...headers }, body: readJson(body), report }
  }

const fetching =
  (handler: FetchHandler): Send =>
  async ({ headers, body }, { clientIp = usual, path, params }) => {
    const request = new Request(new URL(path, 'http://localhost'), {
      method: 'POST',
      headers: { 'X-Forwarded-For': clientIp, ...headers },
      body,
    })
    const response = await handler(request, { clientIp, params })
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: readJson(await response.text()),
    }
  }

function readJson(text: string): unknown {
  const value = parseJson(text)
  return value === undefined ? text : value
}

/** Any object with `receive`, such as the result of `smileIdCallbacks`. */
export interface Receiver {
  /** The framework-free core. */
  readonly receive: Receive
}

/** A fetch handler, or an object with one: Next, Hono, Bun, Deno. */
export type FetchLike = FetchHandler | ((request: Request, ...rest: never[]) => Response | Promise<Response>)

/** The targets of `deliver`. Pass a bare Node listener `(req, res)` as `http.createServer(listener)`. */
export type DeliverTarget =
  string | URL | RequestListener | Server | Receiver | FetchLike | { readonly fetch: FetchLike }

const has = <K extends string>(object: unknown, key: K): object is Record<K, unknown> =>
  ((typeof object === 'object' && object !== null) || typeof object === 'function')
  && typeof (object as Record<K, unknown>)[key] === 'function'
