import type { Confirm } from '../confirm/confirm.ts'
import type { StandardSchema } from '../events/partner-params.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { OnceStore } from '../once/store.ts'
import type { Drift } from '../payload/notes.ts'
import type { CodeRow } from '../payload/v1/code-table.ts'
import type { DeliveryHeaders } from '../receive/delivery.ts'
import type { Logger } from '../report/log.ts'
import type { OnError } from '../report/on-error.ts'
import type { DeliveryReport } from '../report/report.ts'
import type { Generation, MatchedCredential, PartnerParams, SmileIdEvent } from '../types/event.ts'
import type { ClientIp } from '../types/request.ts'

/** One Smile ID account, or one of its environments or keys. */
export interface Credential extends MatchedCredential {
  /** As the portal shows it: leading zeros count. */
  partnerId: string
  /** The API key that signs the callbacks of this account. */
  apiKey: string
  /** Yours to name, such as `sandbox` or `production`; found again on `event.delivery.credential`. */
  environment?: string
  /** Yours to name, such as a tenant; found again on `event.delivery.credential`. */
  label?: string
}

/** What a credentials function can go by. Nothing of it is verified yet. */
export interface CredentialQuery {
  /** Which generation the delivery claims to be. */
  generation: Generation
  /** Path params of the mount, such as `{ tenant }`. */
  params: Readonly<Record<string, string>>
  /** All headers, as they came. */
  headers: DeliveryHeaders
  /** The sender's address as your proxy settings see it. */
  clientIp?: string
}

/**
 * Credentials for a delivery; every one is tried. An empty list refuses it; a rejection, and taking longer than 5 s,
 * answers 503.
 */
export type CredentialResolver = (
  query: CredentialQuery,
) => Credential | readonly Credential[] | undefined | Promise<Credential | readonly Credential[] | undefined>

/** How events are claimed, so that each is handled once. */
export interface OnceOptions {
  /**
   * How long a crashed process holds an event, ms. Longer than handlers or inbox and two calls of the store may take.
   * Default: 15 s more than handlers or inbox may take.
   */
  readonly lease?: number | undefined
  /** How long a finished event is remembered, ms; at least `maxAge` and `maxSkew` together. Default: 7 days. */
  readonly ttl?: number | undefined
  /** Longest time for one call of the store, ms. Default: 2 s. */
  readonly timeout?: number | undefined
  /**
   * What to do while the store is out of reach: `refuse` answers 503 so that Smile ID comes again,
   * `proceed` runs the handlers unclaimed, possibly more than once. Default: `refuse`.
   */
  readonly onStoreError?: 'refuse' | 'proceed' | undefined
}

/** What `smileIdCallbacks` takes. Only `credentials` is required; an explicit `undefined` keeps the default. */
export interface SmileIdCallbacksOptions<Schema extends StandardSchema | undefined = undefined> {
  /** One account, several (environments, key rotation), or a function of the delivery (tenants). */
  credentials: Credential | readonly Credential[] | CredentialResolver
  /**
   * A zod or other Standard Schema: checks the partner params and types `event.partnerParams`. Default: none, texts.
   */
  partnerParams?: Schema
  /** Addresses and CIDRs that may deliver; `false` turns the check off. Default: `smileIdAddresses.published`. */
  allowedIps?: string | readonly string[] | false | undefined
  /**
   * The sender's address. Default: Express's `req.ip`, which follows `trust proxy`; without Express, that of the
   * connection.
   */
  clientIp?: ClientIp | undefined
  /** Largest body after inflating: bytes, or a text such as `'1.5mb'`. Default: 1 572 864. */
  maxBodySize?: number | string | undefined
  /** Longest time for a body to arrive, ms; then 408. Default: 15 s. */
  bodyTimeout?: number | undefined
  /**
   * Bytes of bodies in memory whose senders have not proved themselves, all together: bytes, or a text such as
   * `'64mb'`.
   * What does not fit is answered 503. Default: 67 108 864.
   */
  maxUnverifiedBytes?: number | string | undefined
  /**
   * Asks Smile ID, or whom you like, whether an event is true before any handler sees it:
   * `confirmWithSmileId({ environment })`, or `{ ask: (event, { signal }) => … }`. Which events and for how long is
   * said there. Default: none.
   */
  confirm?: Confirm<SmileIdEvent<OutputOf<Schema>>> | undefined
  /**
   * Secrets of the callback URLs that `urlFor` mints, each of 16 characters or more; only such URLs are then taken.
   * The first one mints, all of them are accepted: put a new one first, and drop the old one once its jobs are done.
   * Default: none, any URL.
   */
  callbackSecret?: string | readonly string[] | undefined
  /** Oldest signature, ms. Default: 60 min. */
  maxAge?: number | undefined
  /** How far ahead of this clock a signature may be, ms. Default: 5 min. */
  maxSkew?: number | undefined
  /** The clock: epoch ms or a Date. Default: `Date.now`. */
  now?: (() => number | Date) | undefined
  /**
   * How long handlers may take together, ms. Smile ID gives up after 35 s. Default: 30 s, less `timeout` of `confirm`
   * where that is set.
   */
  handlerTimeout?: number | undefined
  /** Where claims on events are kept. Default: `memoryStore()`, which is for one process alone. */
  store?: OnceStore | undefined
  /** How claims on events are held there. Default: see `OnceOptions`. */
  once?: OnceOptions | undefined
  /** Stores events durably before the answer, for a worker to handle. Default: none, handlers run before the answer. */
  inbox?: Inbox | undefined
  /**
   * Replaces `event.id`, which it finds on the event; 1 to 255 characters, the same for the same fact. Default: none.
   */
  eventId?: ((event: SmileIdEvent<OutputOf<Schema>>) => string) | undefined
  /**
   * Rows above `codeTable`, for settings of your own account: the same (job type, code) replaces a row. v1 only.
   * Default: none.
   */
  codes?: readonly CodeRow[] | undefined
  /**
   * Called with the report of every delivery, after handlers and before the answer. What it throws goes to
   * `onError`. Default: none.
   */
  onDelivery?: ((report: DeliveryReport) => unknown) | undefined
  /**
   * Called once with everything in verified deliveries that this version has no words for: new fields, codes, statuses,
   * reasons
   * and products; where it is, never a value. At most 50 of each kind. What it throws goes to `onError`. Default: none.
   */
  onDrift?: ((drift: Drift) => unknown) | undefined
  /**
   * Called with whatever your own code threw inside the receiver, a worker or `reconcile`: handlers, functions given as
   * options, listeners, the store, the inbox. `context.where` says which; logs name the error's class, code and place,
   * never its text. What it throws is logged once. Default: none.
   */
  onError?: OnError<SmileIdEvent<OutputOf<Schema>>> | undefined
  /** A pino- or console-shaped logger; `false` for silence. Default: warnings and errors to the console. */
  logger?: Logger | false | undefined
}

/** The type of `event.partnerParams` under a schema; texts without one. */
// Without strictNullChecks `undefined` extends everything, so it is asked for first.
export type OutputOf<Schema> = [Schema] extends [undefined]
  ? PartnerParams
  : Schema extends StandardSchema<infer Output>
    ? Output
    : PartnerParams
