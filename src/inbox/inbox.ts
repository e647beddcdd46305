import { type ChecksOf, count, flag, timer } from '../lib/check.ts'
import { type InboxMessage, serializeCheck } from './message.ts'

/**
 * Result of giving a message to an inbox: `stored`, or `known` if it was there. `dead`: its handlers failed on every
 * attempt, and it is not retried. `redriven`: it was dead, and is retried.
 */
export type InboxAnswer = 'stored' | 'known' | 'dead' | 'redriven'

/** Limits on what is pending in an inbox, for all receivers that share it. */
export interface PendingOptions {
  /** Limit on pending events; above it deliveries are answered 503 at once. Default: 512. */
  readonly maxPending?: number | undefined
  /** Limit on pending bytes. Default: 64 MiB. */
  readonly maxPendingBytes?: number | undefined
}

export const pendingChecks = {
  maxPending: count(512),
  maxPendingBytes: count(64 * 1024 ** 2),
} satisfies ChecksOf<PendingOptions>

/** Options that the inboxes of all engines have. */
export const inboxChecks = {
  serialize: serializeCheck,
  timeout: timer(undefined),
  redriveDead: flag(false),
  ...pendingChecks,
}

/** Backlog of an inbox's queue. */
export interface Backlog {
  /** Number of events that no worker has begun, those between two attempts included. */
  waiting: number
  /** Age of the oldest of them, ms; 0 if none waits. */
  oldestMs: number
  /** Number of dead letters. */
  dead: number
}

/**
 * Stores events for a worker to handle later. `add` resolves once the message is stored durably, and rejects otherwise:
 * the delivery is then answered 503 and sent again. Adding the same `id` again must change nothing.
 */
export interface Inbox extends PendingOptions {
  /**
   * Stores the message. If it resolves to an `InboxAnswer`, that is reported; any other value counts as `stored`.
   * `signal` is aborted at the time limit: a message that the engine has not been given by then should be dropped.
   */
  add(message: InboxMessage, context?: { signal: AbortSignal }): Promise<unknown>
  /** Time limit of `add` and `forget`, ms; then the delivery is answered 503. Default: 10 s. */
  readonly timeout?: number | undefined
  /** Drops a message that is not being handled, so that its id is accepted again: for `callbacks.forget`. */
  forget?(id: string): Promise<unknown>
  /**
   * Drops every message, waiting, dead or kept, for which `isIt` resolves to true, but for those that a worker is
   * handling: for `callbacks.forget({ jobId })`.
   */
  forgetAll?(isIt: (stored: unknown) => Promise<boolean>): Promise<Removed>
  /**
   * Called for an event that is delivered again after it was stored. Resolves to an `InboxAnswer`, or to any other
   * value if it is unknown.
   */
  revisit?(id: string): Promise<unknown>
  /**
   * Called by each receiver that is created with this inbox. The inbox may keep the argument, and must not start work.
   */
  attach?(receiver: InboxUser): void
  /** Counts what waits, for `callbacks.health`. Optional. */
  backlog?(): Promise<Backlog | undefined>
}

/** Ids of the events whose messages `forgetAll` found. */
export interface Removed {
  /** Removed; no worker had begun them. */
  waiting: string[]
  /** Removed from the dead letters. */
  dead: string[]
  /** Removed; the engine kept them after they were handled. */
  kept: string[]
  /** Not removed: a worker is handling them. */
  underWay: string[]
}

/** Offered by a receiver to its inbox. */
export interface InboxUser {
  /** Logs a set-up mistake and its fix, once per `topic`; no identity data. */
  warn(topic: string, message: string): void
}

const answers: ReadonlySet<unknown> = new Set<InboxAnswer>(['stored', 'known', 'dead', 'redriven'])

export const isInboxAnswer = (value: unknown): value is InboxAnswer => answers.has(value)
