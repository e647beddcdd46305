import { checkOptions, type ChecksOf, count } from '../lib/check.ts'

/** An event whose handlers failed on every attempt. Never a payload. */
export interface DeadLetter {
  /** The event's id. */
  id: string
  /**
   * Why the last attempt failed: a `DispatchError`'s code, `expired` if a worker died, took too long, or never came,
   * else `unknown`.
   */
  code: string
  /** Time of the last failure. */
  failedAt: Date
  /** Time since then, ms. */
  age: number
  /** Number of attempts; absent if the engine does not say. */
  attempts?: number
}

/** Options of `list`. */
export interface DeadLetterListOptions {
  /** Limit on the number of events. Default: 1000. */
  readonly limit?: number | undefined
}

/** The dead letters of a queue: events whose handlers failed on every attempt. */
export interface DeadLetters {
  /**
   * Lists them, oldest first, at most `limit` (default 1000). Rejects with a SmileIdConfigError for options that cannot
   * work.
   */
  list(options?: DeadLetterListOptions): Promise<DeadLetter[]>
  /** How many there are. Loads no payload. */
  count(): Promise<number>
  /**
   * Retries one event, or `'all'`, with a full set of attempts. Resolves to the number of events; 0 if none is dead.
   */
  redrive(eventId: string): Promise<number>
  /** Deletes a dead event and its payload from the engine. Resolves to true if it was there. */
  drop(eventId: string): Promise<boolean>
}

/** Stands for every dead letter of the queue. */
export const everyDeadLetter = 'all'

const listChecks = { limit: count(1_000) } satisfies ChecksOf<DeadLetterListOptions>

export const limitOf = (options: DeadLetterListOptions | undefined): number => checkOptions(options, listChecks).limit

export const makeDeadLetter = (id: string, code: string, failedAt: Date, attempts: number | undefined): DeadLetter => ({
  id,
  code,
  failedAt,
  age: Math.max(0, Date.now() - failedAt.getTime()),
  ...(attempts !== undefined && { attempts }),
})
