import { type ChecksOf, count } from '../lib/check.ts'
import type { InboxMessage } from './message.ts'

/**
 * What became of a message that an inbox was given: `stored`, or `known` from before. `dead`: its handlers failed
 * every time, and nothing runs any more. `redriven`: it was dead, and is handled again.
 */
export type InboxAnswer = 'stored' | 'known' | 'dead' | 'redriven'

/** How much may be under way to an inbox, of all receivers that share it. */
export interface PendingOptions {
  /** Most events under way to the inbox at once; beyond it deliveries are answered 503 at once. Default: 512. */
  readonly maxPending?: number | undefined
  /** Most bytes under way to the inbox at once. Default: 64 MiB. */
  readonly maxPendingBytes?: number | undefined
}

export const pendingChecks = {
  maxPending: count(512),
  maxPendingBytes: count(64 * 1024 ** 2),
} satisfies ChecksOf<PendingOptions>

/**
 * Takes events to be handled by a worker later. `add` resolves once the message is stored durably, and rejects
 * otherwise: then the delivery is answered 503 and comes again. The same `id` again has to change nothing.
 */
export interface Inbox extends PendingOptions {
  /**
   * Stores the message. What it resolves to is reported if it is an `InboxAnswer`; anything else counts as `stored`.
   * `signal` is aborted once nobody waits any more: what was not handed to the engine by then should not be.
   */
  add(message: InboxMessage, context?: { signal: AbortSignal }): Promise<unknown>
  /** Longest time for `add` and for `forget`, ms; then the delivery is answered 503. Default: 10 s. */
  readonly timeout?: number | undefined
  /** Drops a message that is not being handled, so that the same id is taken again: for `callbacks.forget`. */
  forget?(id: string): Promise<unknown>
  /**
   * Called for an event that comes once more after it was stored: resolves to an `InboxAnswer`, or anything else if
   * unknown.
   */
  revisit?(id: string): Promise<unknown>
  /** Called by each receiver that is made with this inbox. It may keep what it gets, and starts nothing. */
  attach?(receiver: InboxUser): void
}

/** What a receiver offers to its inbox. */
export interface InboxUser {
  /**
   * Says once per `topic`, in the receiver's log, what is wrong with the set-up and how to mend it; no identity data.
   */
  warn(topic: string, message: string): void
}

const answers: ReadonlySet<unknown> = new Set<InboxAnswer>(['stored', 'known', 'dead', 'redriven'])

export const isInboxAnswer = (value: unknown): value is InboxAnswer => answers.has(value)
