import { checkOptions, type ChecksOf, count } from '../lib/check.ts'

/** An event whose handlers failed every time. Never a payload. */
export interface DeadLetter {
  /** The event's id. */
  id: string
  /**
   * Why the last try failed: a `DispatchError`'s code, `expired` where a worker died or took too long, else `unknown`.
   */
  code: string
  /** When it was given up. */
  failedAt: Date
  /** How long ago that was, ms. */
  age: number
  /** How often its handlers were tried; absent where the engine does not say. */
  attempts?: number
}

/** How much `list` gives. */
export interface DeadLetterListOptions {
  /** At most so many events. Default: 1000. */
  readonly limit?: number | undefined
}

/** The events of a queue whose handlers failed every time. */
export interface DeadLetters {
  /**
   * The oldest first, at most `limit` (default 1000). Rejects with a SmileIdConfigError for options that cannot work.
   */
  list(options?: DeadLetterListOptions): Promise<DeadLetter[]>
  /**
   * Has the event, or `'all'` of them, handled again with a full set of tries. Resolves to how many; 0 where nothing is
   * dead.
   */
  redrive(eventId: string): Promise<number>
  /** Drops a dead event and its payload from the engine. Resolves to whether it was there. */
  drop(eventId: string): Promise<boolean>
}

/** What stands for every dead letter of the queue. */
export const everyDeadLetter = 'all'

const listChecks = { limit: count(1_000) } satisfies ChecksOf<DeadLetterListOptions>

export const limitOf = (options: DeadLetterListOptions | undefined): number => checkOptions(options, listChecks).limit

export const letter = (id: string, code: string, failedAt: Date, attempts: number | undefined): DeadLetter => ({
  id,
  code,
  failedAt,
  age: Math.max(0, Date.now() - failedAt.getTime()),
  ...(attempts !== undefined && { attempts }),
})
