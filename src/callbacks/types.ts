import type { FetchHandler } from '../doors/fetch.ts'
import type { NodeHandler } from '../doors/node.ts'
import type { FinalResult, SubscribeOptions, Unsubscribe, WaitOptions } from '../events/wait-for-job.ts'
import type { Dispatch } from '../inbox/dispatch.ts'
import type { Forgotten, Whose } from '../inbox/forget.ts'
import type { DeserializeOption } from '../inbox/message.ts'
import type { Health } from '../inbox/health.ts'
import type { Receive } from '../receive/receive.ts'
import type { UnrecognizedDelivery } from '../receive/delivery.ts'
import type { EventOf, Handler, PartnerParams, SmileIdEvent } from '../types/event.ts'
import type { EventName } from '../types/names.ts'

/** Options of `urlFor`. */
export interface UrlOptions {
  /** The path at which this server sees the router, if a proxy rewrites paths. Default: that of the base URL. */
  path?: string | undefined
}

/** Options of `close`. */
export interface CloseOptions {
  /** Time limit, ms. Default: `handlerTimeout`. */
  readonly timeout?: number | undefined
  /**
   * How long deliveries are still taken before that, ms, while `health().ok` is false: a load balancer needs some
   * seconds to send no more. Default: 0.
   */
  readonly drainFor?: number | undefined
}

/** A receiver, as returned by `smileIdCallbacks`: handlers for HTTP hosts, and subscriptions to events. */
export interface SmileIdCallbacks<Params = PartnerParams> {
  /**
   * For Express 4 or 5: `app.use('/smile-id', callbacks.router)`, several times, before or after a body parser, with
   * path params,
   * or as the handler of a route. Answers at its mount path alone. Needs nothing of Express: connect and koa-connect do
   * as well.
   * @example
   * app.use('/smile-id', callbacks.router)            // one account
   * app.use('/:tenant/smile-id', callbacks.router)    // params.tenant reaches credentials and handlers
   */
  readonly router: NodeHandler
  /**
   * For other hosts of Node's own requests: `http.createServer(callbacks.node)`, or the handler of a route of theirs.
   * Answers every request that reaches it, whatever its path.
   * @example
   * import { createServer } from 'node:http'
   *
   * createServer(callbacks.node).listen(3000)
   */
  readonly node: NodeHandler
  /**
   * `Request` in, `Response` out: for Next, Hono, Deno, Bun.
   * @example
   * export const POST = (request: Request) =>
   *   callbacks.fetch(request, { clientIp: request.headers.get('x-real-ip') ?? undefined })
   */
  readonly fetch: FetchHandler
  /**
   * The framework-free core. Resolves to a report, never rejects.
   * @example
   * const handler = async (request: { headers: Record<string, string>; body: string; ip: string }) => {
   *   const { headers, body: sent, ip: clientIp } = request
   *   const { status, body } = await callbacks.receive({ method: 'POST', headers, body: sent, clientIp })
   *   return { statusCode: status, body: JSON.stringify(body) }
   * }
   */
  readonly receive: Receive
  /**
   * Subscribes to events by name: an outcome (`approved`), a kind (`id_info`), a product (all its events)
   * or `product.outcome`. With several names a handler is called once per event.
   * @example
   * callbacks.on('approved', async ({ partnerParams }) => activate(partnerParams.account_id))
   * callbacks.on(['provisional', 'attention'], async ({ jobId }) => askStaff(jobId))
   * callbacks.on('document_verification.rejected', ({ result }) => console.log(result.reason))
   * @throws SmileIdConfigError for an unknown name
   */
  on<const Name extends EventName>(
    names: Name | readonly Name[],
    handler: Handler<NoInfer<EventOf<Name, Params>>>,
    options?: SubscribeOptions,
  ): Unsubscribe
  /**
   * Subscribes to every event.
   * @example
   * callbacks.onAny(async (event) => {
   *   await save(event.id, event.kind, event.jobId)
   * })
   */
  onAny(handler: Handler<SmileIdEvent<Params>>, options?: SubscribeOptions): Unsubscribe
  /**
   * Subscribes to verified deliveries that could not be read as an event; they are answered 422.
   * @example
   * callbacks.onUnrecognized(({ code, issues }) => {
   *   console.log(code, issues.map(({ path }) => path))
   * })
   */
  onUnrecognized(handler: Handler<UnrecognizedDelivery>, options?: SubscribeOptions): Unsubscribe
  /**
   * Subscribes to every event of one job, by `jobId` or `smileJobId`. An id that only its partner params claim does not
   * count.
   * @example
   * const unsubscribe = callbacks.onJob('job-1', (event) => console.log(event.kind))
   * unsubscribe()
   */
  onJob(jobId: string, handler: Handler<SmileIdEvent<Params>>, options?: SubscribeOptions): Unsubscribe
  /**
   * Subscribes to every event whose partner params, as sent, hold this value; numbers are compared as strings.
   * @example
   * callbacks.onPartnerParam('country', 'NG', async ({ jobId }) => askStaff(jobId))
   * callbacks.onPartnerParam('job_type', 6, (event) => console.log(event.jobId))
   */
  onPartnerParam(
    key: string,
    value: string | number | boolean,
    handler: Handler<SmileIdEvent<Params>>,
    options?: SubscribeOptions,
  ): Unsubscribe
  /**
   * The job's first final `result` that this process receives. Rejects with a `TimeoutError` after `timeout` ms,
   * or with the signal's reason.
   * @example
   * // Before the job is submitted: the callback may be faster than the answer.
   * const { outcome } = await callbacks.waitForJob('job-1', { timeout: 20_000 })
   */
  waitForJob(jobId: string, options?: WaitOptions): Promise<FinalResult<Params>>
  /**
   * A callback URL for one job, to give to Smile ID with it: `baseUrl` is that of the mounted router, `reference` is
   * yours,
   * 1 to 255 characters, and comes back as `event.delivery.reference`. Only `callbackSecret` makes one,
   * and it counts for its own path alone.
   * @example
   * const callback_url = callbacks.urlFor('https://api.example.com/smile-id', 'order-417')
   * @throws SmileIdConfigError without `callbackSecret`, or for a URL, reference or path that cannot be used
   */
  urlFor(baseUrl: string, reference: string, options?: UrlOptions): string
  /**
   * Runs the handlers of an event that an `inbox` stored: for workers. Rejects with a `DispatchError` if it is to be
   * tried again.
   * @example
   * // In a worker of an engine of your own; bullmqWorker and pgBossWorker do it for you.
   * const work = async (message: unknown) => callbacks.dispatch(message)
   */
  readonly dispatch: Dispatch
  /**
   * Drops what store and inbox know of an event, so that its next delivery is handled again: for a replay on purpose.
   * Given `event.verdictId`, drops that the verdict is known, so that `reconcile` asks for it again.
   * Resolves to whether the store knew anything; rejects if one of them fails or does not answer in time.
   * @example
   * const eventId = 'the id of an event that you want to handle again'
   * const wasKnown = await callbacks.forget(eventId)
   */
  forget(id: string): Promise<boolean>
  /**
   * Deletes what inbox, dead letters, store and captures hold of one job or one user, for a request to be forgotten;
   * `express-smile-id forget` does the same. `deserialize` is the worker's, where `serialize` is set. Resolves to what
   * was found. The events are new afterwards: one that is delivered again is handled again. A store alone holds ids and
   * times, which name no job and no user; effects of `inTransaction` stay. Rejects if one of them fails: call
   * it again.
   * @example
   * const { waiting, dead, underWay } = await callbacks.forget({ userId: 'user-7' })
   */
  forget(whose: Whose, options?: DeserializeOption): Promise<Forgotten>
  /**
   * Tells whether store and inbox answer (each is asked at most once a second), what waits in the inbox's queue, and
   * how much is in progress. Never rejects. A slow store is no reason to take a process out of rotation: its deliveries
   * are answered 503 and come again. Base readiness on `close`, and alerts on this.
   * @example
   * app.get('/health', async (_req, res) => {
   *   const health = await callbacks.health()
   *   res.status(health.ok ? 200 : 503).json(health)
   * })
   */
  health(): Promise<Health>
  /**
   * Hands an error of a queue to `onError`, with `where: 'worker'`: for a worker of your own. `bullmqWorker` and
   * `pgBossWorker` do it for you.
   * @example
   * consumer.on('error', (error: Error) => callbacks.workerFailed(error))
   */
  workerFailed(error: unknown): void
  /**
   * Takes no more deliveries (they are answered 503), and waits for those under way.
   * Resolves to how many were not done when `timeout` had passed.
   * @example
   * const shutDown = async () => {
   *   const cutOff = await callbacks.close({ timeout: 10_000 })
   *   server.close()
   * }
   * process.once('SIGTERM', shutDown).once('SIGINT', shutDown)
   */
  close(options?: CloseOptions): Promise<number>
}
