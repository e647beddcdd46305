import { randomUUID } from 'node:crypto'
import { expressRouter } from '../doors/express.ts'
import { fetchHandler } from '../doors/fetch.ts'
import { nodeHandler } from '../doors/node.ts'
import { SmileIdError } from '../errors.ts'
import type { StandardSchema } from '../events/partner-params.ts'
import { jobKey } from '../events/id.ts'
import { forgetByHandlers, runHandlers, runInTurn } from '../events/run-handlers.ts'
import { type Subscription, Subscriptions } from '../events/subscriptions.ts'
import { createDispatch, wrapIn } from '../inbox/dispatch.ts'
import { forget, forgetAll, type Forgotten, type Whose } from '../inbox/forget.ts'
import { type Health, healthOf } from '../inbox/health.ts'
import { deserializeCheck, type DeserializeOption } from '../inbox/message.ts'
import { checkKey, checkOptions, type ChecksOf, demand, nonEmptyString, timer } from '../lib/check.ts'
import { Turns } from '../lib/limits.ts'
import { watchReach } from '../lib/outage.ts'
import { parseOptions, warnOf } from '../options/config.ts'
import type { OutputOf, SmileIdCallbacksOptions } from '../options/types.ts'
import { type Opened, receiverAccess } from '../receive/asked.ts'
import type { Config } from '../receive/config.ts'
import type { Consumers } from '../receive/handle.ts'
import { InFlight, VerdictUses, watchDrift } from '../receive/memory.ts'
import { createReceive } from '../receive/receive.ts'
import type { Log } from '../report/log.ts'
import { callListener, createSpeech, type Speech } from '../report/on-error.ts'
import type { Handler } from '../types/event.ts'
import { type Leftovers, subscribing } from './subscribing.ts'
import type { CloseOptions, SmileIdCallbacks, UrlOptions } from './types.ts'

/**
 * Creates a receiver of Smile ID callbacks.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 *
 * const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? '' } })
 * callbacks.on('approved', async ({ partnerParams }) => activate(partnerParams.account_id))
 * app.use('/smile-id', callbacks.router)
 * @throws SmileIdConfigError for options that cannot work; its `code` names the mistake
 */
export function smileIdCallbacks<Schema extends StandardSchema | undefined = undefined>(
  options: SmileIdCallbacksOptions<Schema>,
): SmileIdCallbacks<OutputOf<Schema>> {
  const config = parseOptions(options)
  const speech = createSpeech(config.logger, config.onError)
  const { log, tell } = speech
  attach(config, speech)
  warnOf(config, options.store === undefined, log)

  const events = new Subscriptions()
  const leftovers: Leftovers = new Set()
  const consumers = consumersOf(config, events, leftovers)
  const inFlight = new InFlight()
  // A delivery's own line says what is out of reach.
  const reach = { store: watchReach('The store', log.outage, false), inbox: watchReach('The inbox', log.outage, false) }
  const listenerFailed = (error: unknown) => {
    tell(error, { where: 'listener' })
  }
  const noteDrift = watchDrift((found) => callListener(config.onDrift, listenerFailed, found))
  const handling = { config, consumers, inFlight, verdicts: new VerdictUses(), noteDrift, reach }
  const receive = createReceive(handling, speech)
  const dispatch = createDispatch(
    config.partnerParams,
    (...event) => consumers.handle(...event),
    tell,
    config.once,
    config.onDispatch.map((listener) => (report) => callListener(listener, listenerFailed, report)),
  )

  const door = { receive, tell, clientIp: config.clientIp }
  const callbacks: SmileIdCallbacks<OutputOf<Schema>> & { [receiverAccess]: () => Opened } = {
    router: expressRouter({ ...door, log, usesReqIp: config.addresses !== undefined && !config.clientIp }),
    node: nodeHandler(door),
    fetch: fetchHandler(receive),
    receive,
    ...subscribing<OutputOf<Schema>>(events, leftovers),
    urlFor: (baseUrl, reference, options) => {
      demand(config.callbackUrls, 'callback_secret_missing', 'callbackSecret must be set to mint callback URLs.')
      return config.callbackUrls.mint(baseUrl, reference, checkOptions(options, urlChecks).path)
    },
    dispatch: (message, limits) => inFlight.run(() => dispatch(message, limits)),
    forget: (async (given: string | Whose, options?: DeserializeOption) => {
      if (typeof given !== 'string') return forgetWhose(config, given, options)
      checkKey('eventId', given)
      // Effects first: what fails there leaves the event known, so that the call can be repeated.
      const hadEffect = await forgetByHandlers(events.handlers, given)
      return (await forget(given, config.once, config.inbox)) || hadEffect
    }) as SmileIdCallbacks['forget'],
    health: receiverHealth(config, inFlight),
    workerFailed: (error) => {
      tell(error, { where: 'worker' }, true)
    },
    close: async (options) => {
      const checks = { timeout: timer(config.handlerTimeout), drainFor: timer(undefined) }
      const { timeout, drainFor } = checkOptions(options, checks satisfies ChecksOf<CloseOptions>)
      return inFlight.close(timeout, drainFor)
    },
    // A function, so that printing the object shows no configuration.
    [receiverAccess]: () => ({ handling, tell }),
  }
  return Object.freeze(warningWhenMounted(callbacks, log))
}

const urlChecks = { path: nonEmptyString(undefined, 'callback_url_invalid') } satisfies ChecksOf<UrlOptions>

function receiverHealth({ once, inbox }: Config, inFlight: InFlight): () => Promise<Health> {
  const backlog = inbox?.inbox.backlog?.bind(inbox.inbox)
  return healthOf<Health>({
    // It is not held, so that nothing changes; it takes all that a delivery needs, rights included.
    store: { act: () => once.store.release('health', { owner: randomUUID() }), timeoutMs: once.timeoutMs },
    inbox: inbox && backlog && { act: backlog, timeoutMs: inbox.timeoutMs },
    state: () => ({ isOpen: !inFlight.closing, underWay: inFlight.count }),
  })
}

const forgetChecks = { deserialize: deserializeCheck } satisfies ChecksOf<DeserializeOption>

async function forgetWhose({ inbox, once, onDelivery }: Config, whose: Whose, options: unknown): Promise<Forgotten> {
  const read = checkOptions(options, forgetChecks)
  if (inbox && !inbox.inbox.forgetAll)
    throw new SmileIdError('This inbox cannot look for a job or a user: it has no forgetAll.')
  const places = {
    inboxes: [inbox?.inbox.forgetAll?.bind(inbox.inbox) ?? []].flat(),
    stores: [once],
    captures: onDelivery.flatMap(({ forget: drop }) => drop ?? []),
  }
  return forgetAll(whose, places, read)
}

/** Lets store and inbox warn about their servers. */
function attach({ once: { store, timeoutMs }, inbox, age }: Config, { log, tell }: Speech): void {
  const user = {
    warn: (topic: string, message: string) => {
      log.setUp(topic, message)
    },
    replayMs: age.maxAge + age.maxSkew,
    timeoutMs,
  }
  const attachTo = (where: 'store' | 'inbox', act: () => unknown) =>
    callListener(act, (error) => tell(error, { where }))
  attachTo('store', () => store.attach?.(user))
  attachTo('inbox', () => inbox?.inbox.attach?.({ warn: user.warn }))
}

/** Express looks for `handle` on its argument, and otherwise reports only that it is no middleware. */
function warningWhenMounted<T extends object>(callbacks: T, log: Log): T {
  return Object.defineProperty(callbacks, 'handle', {
    enumerable: false,
    get() {
      log.setUp(
        'mounted_without_router',
        'app.use was given the whole object: mount its router, app.use(path, callbacks.router).',
      )
      return undefined
    },
  })
}

/** Delivers events and unreadable deliveries to the current subscribers. */
function consumersOf(config: Config, events: Subscriptions, leftovers: Leftovers): Consumers {
  const turns = new Turns()
  return {
    handle(context, sentParams, { timeout, signal } = { timeout: config.handlerTimeout }, onThrown) {
      if (events.count === 0) return undefined
      const { event } = context
      const options = { timeoutMs: timeout, onError: onThrown, signal, wrap: wrapIn(config.around, context) }
      // The subscriptions decide which handlers fit an event; the types cannot express that.
      const handlers: Handler<never>[] = handlersOf(events.matching(event, sentParams))
      const job = jobKey(event.delivery.credential.partnerId, event.jobId)
      return runInTurn(turns, job, event as never, handlers, options)
    },
    around: config.around,
    async unrecognized(delivery, onThrown) {
      await runHandlers(delivery, handlersOf(leftovers), { timeoutMs: config.handlerTimeout, onError: onThrown })
    },
  }
}

const handlersOf = <E>(subscriptions: ReadonlySet<Subscription<E>>): Handler<E>[] =>
  [...subscriptions].map(({ handler }) => handler)
