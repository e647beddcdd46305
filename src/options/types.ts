import type { AttemptReport } from '../inbox/attempt.ts'
import type { Confirm } from '../confirm/confirm.ts'
import type { StandardSchema } from '../events/partner-params.ts'
import type { Around } from '../inbox/dispatch.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { OnceStore } from '../once/store.ts'
import type { Drift } from '../payload/notes.ts'
import type { CodeRow } from '../payload/v1/code-table.ts'
import type { DeliveryHeaders } from '../receive/delivery.ts'
import type { OnDelivery } from '../receive/config.ts'
import type { Logger } from '../report/logger.ts'
import type { OnError } from '../report/on-error.ts'
import type { Generation, MatchedCredential, ClientIp } from '../types/delivery.ts'
import type { PartnerParams, SmileIdEvent } from '../types/event.ts'

/** One Smile ID account, or one of its environments or keys. */
export interface Credential extends MatchedCredential {
  /** As the portal shows it: leading zeros count. */
  partnerId: string
  /** The API key that signs the callbacks of this account. */
  apiKey: string
  /** Any name, such as `sandbox` or `production`; repeated on `event.delivery.credential`. */
  environment?: string
  /** Any name, such as a tenant; repeated on `event.delivery.credential`. */
  label?: string
}

/** Unverified facts of a delivery, passed to a credentials function. */
export interface CredentialQuery {
  /** The generation that the delivery claims to be. */
  generation: Generation
  /** Path params of the mount, such as `{ tenant }`. */
  params: Readonly<Record<string, string>>
  /** All headers, as received. */
  headers: DeliveryHeaders
  /** The sender's address as your proxy settings see it. */
  clientIp?: string
}

/**
 * Returns the credentials for a delivery; each is tried. An empty array refuses it; a rejection, or taking longer than
 * 5 s, answers 503.
 */
export type CredentialResolver = (
  query: CredentialQuery,
) => Credential | readonly Credential[] | undefined | Promise<Credential | readonly Credential[] | undefined>

/** How events are claimed, so that each is handled once. */
export interface OnceOptions {
  /**
   * How long a crashed process holds an event, ms. Must exceed the time limits of handlers or inbox and two store
   * calls. Default: 15 s more than handlers or inbox may take.
   */
  readonly lease?: number | undefined
  /** How long a finished event is remembered, ms; at least `maxAge` and `maxSkew` together. Default: 7 days. */
  readonly ttl?: number | undefined
  /** Time limit of one store call, ms. Default: 2 s. */
  readonly timeout?: number | undefined
  /**
   * Behaviour while the store is unavailable: `refuse` answers 503 so that Smile ID retries, `proceed` runs the
   * handlers without a claim, possibly more than once. Default: `refuse`.
   */
  readonly onStoreError?: 'refuse' | 'proceed' | undefined
}

type OneOrMore<T> = T | readonly T[]

/** Options of `smileIdCallbacks`. Only `credentials` is required; an explicit `undefined` keeps the default. */
export interface SmileIdCallbacksOptions<Schema extends StandardSchema | undefined = undefined> {
  /** One account, several (environments, key rotation), or a function of the delivery (tenants). */
  credentials: Credential | readonly Credential[] | CredentialResolver
  /**
   * A zod or other Standard Schema: checks the partner params and types `event.partnerParams`. Default: none, strings.
   */
  partnerParams?: Schema
  /**
   * Addresses and CIDRs that may deliver; `false` turns the check off. Default: those of `smileIdAddresses.published`
   * and `.production`; with a credential whose `environment` is `sandbox`, of `.sandbox` as well.
   */
  allowedIps?: string | readonly string[] | false | undefined
  /**
   * Finds the sender's address. Default: Express's `req.ip`, which follows `trust proxy`; without Express, the remote
   * address of the connection.
   */
  clientIp?: ClientIp | undefined
  /** Limit on the body after decompression: bytes, or a string such as `'1.5mb'`. Default: 1 572 864. */
  maxBodySize?: number | string | undefined
  /** Time limit for a body to arrive, ms; then 408. Default: 15 s. */
  bodyTimeout?: number | undefined
  /**
   * Limit on the memory for all bodies of unverified senders: bytes, or a string such as `'64mb'`. Above it deliveries
   * are answered 503. Default: 67 108 864.
   */
  maxUnverifiedBytes?: number | string | undefined
  /**
   * Asks Smile ID, or your own function, if an event is true before any handler sees it: `confirmWithSmileId({
   * environment })`, or `{ ask: (event, { signal }) => … }`, both with the events to confirm and a time limit. Default:
   * none.
   */
  confirm?: Confirm<SmileIdEvent<OutputOf<Schema>>> | undefined
  /**
   * Secrets of the callback URLs that `urlFor` mints, each of 16 characters or more; other URLs are then refused. The
   * first one mints, all are accepted: put a new one first, and remove the old one once its jobs are done. Default:
   * none, any URL is accepted.
   */
  callbackSecret?: string | readonly string[] | undefined
  /**
   * The reference that an event must have come to, as you find it from your own records of the job, such as
   * `(event) => referenceOfJob(event.jobId)`; at once or by a promise of at most 5 s. An event that came to another URL
   * is refused before any handler; so is every event for which it gives undefined. It needs `callbackSecret`. Default:
   * none.
   */
  referenceOf?:
    ((event: SmileIdEvent<OutputOf<Schema>>) => string | undefined | Promise<string | undefined>) | undefined
  /**
   * Treatment of an event whose signature came to this process before with another event: `flag` marks the report, and
   * asks `confirm`; `refuse` answers 401. Default: `flag`.
   */
  onReuse?: 'flag' | 'refuse' | undefined
  /** Largest age of a signature, ms. Default: 60 min. */
  maxAge?: number | undefined
  /** Largest time by which a signature may be in the future, ms. Default: 5 min. */
  maxSkew?: number | undefined
  /** The clock: epoch ms or a Date. Default: `Date.now`. */
  now?: (() => number | Date) | undefined
  /**
   * Time limit for all handlers of an event, ms. Smile ID gives up after 35 s. Default: 30 s, less `timeout` of
   * `confirm` if that is set.
   */
  handlerTimeout?: number | undefined
  /** Store of claims on events. Default: `memoryStore()`, which is for a single process. */
  store?: OnceStore | undefined
  /** How claims are held in the store. Default: see `OnceOptions`. */
  once?: OnceOptions | undefined
  /** Stores events durably before the answer, for a worker to handle. Default: none, handlers run before the answer. */
  inbox?: Inbox | undefined
  /**
   * Replaces `event.id`, which the event still has when it is called; 1 to 255 characters, the same for the same fact.
   * Default: none.
   */
  eventId?: ((event: SmileIdEvent<OutputOf<Schema>>) => string) | undefined
  /**
   * Rows above `codeTable`, for settings of your own account: the same (job type, code) replaces a row. v1 only.
   * Default: none.
   */
  codes?: readonly CodeRow[] | undefined
  /** Outcome of an approval in which fraud checks found something, `event.fraud`. Default: `attention`. */
  approvedWithFraud?: 'attention' | 'approved' | undefined
  /** Outcome of a partial match in Basic KYC, `event.match`. Default: `approved`, as Smile ID has it. */
  partialMatch?: 'approved' | 'attention' | undefined
  /**
   * Called with the report of every delivery, after handlers and before the answer, and with what was delivered; one
   * listener or several. What it throws goes to `onError`. Default: none.
   */
  onDelivery?: OneOrMore<OnDelivery<SmileIdEvent<OutputOf<Schema>>>> | undefined
  /**
   * Runs handlers, in this receiver and in its workers, inside something of yours: a tenant's context, a span, a lock;
   * one or several, the first outermost. It has to call `run` once and to wait for it: if it fails, the event is not
   * handled. Default: none.
   */
  around?: OneOrMore<Around<SmileIdEvent<OutputOf<Schema>>>> | undefined
  /**
   * In workers: called with the report of every attempt at a stored event; one listener or several. What it throws
   * goes to `onError`. Default: none.
   */
  onDispatch?: OneOrMore<(report: AttemptReport) => unknown> | undefined
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
  /**
   * A logger in the shape of pino or console; `false` turns logging off. Default: warnings and errors to the console.
   */
  logger?: Logger | false | undefined
}

/** The type of `event.partnerParams` under a schema; strings without one. */
// Without strictNullChecks `undefined` extends everything, so it is tested first.
export type OutputOf<Schema> = [Schema] extends [undefined]
  ? PartnerParams
  : Schema extends StandardSchema<infer Output>
    ? Output
    : PartnerParams
