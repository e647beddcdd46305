import { checkKey, checkOptions, type ChecksOf, count } from '../lib/check.ts'

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

const listChecks = { limit: count(1_000) } satisfies ChecksOf<DeadLetterListOptions>

/** The dead letters of an engine, which gets checked arguments. `redrive` without an event: all. */
export const deadLettersOf = (engine: {
  list: (limit: number) => Promise<DeadLetter[]>
  count: () => Promise<number>
  redrive: (eventId?: string) => Promise<number>
  drop: (eventId: string) => Promise<boolean>
}): DeadLetters => ({
  list: async (options) => engine.list(checkOptions(options, listChecks).limit),
  count: async () => engine.count(),
  async redrive(eventId) {
    checkKey('eventId', eventId)
    return engine.redrive(eventId === 'all' ? undefined : eventId)
  },
  async drop(eventId) {
    checkKey('eventId', eventId)
    return engine.drop(eventId)
  },
})

export const makeDeadLetter = (id: string, code: string, failedAt: Date, attempts: number | undefined): DeadLetter => ({
  id,
  code,
  failedAt,
  age: Math.max(0, Date.now() - failedAt.getTime()),
  ...(attempts !== undefined && { attempts }),
})
