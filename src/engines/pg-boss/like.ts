import { shownError } from '../../lib/words.ts'
import { checkTimeouts } from '../postgres/client.ts'

/** A job as returned by `fetch`. */
export interface PgBossJob {
  id: string
  data: unknown
  /** Attempts before this one. */
  retryCount: number
  /** Attempts after the first one. */
  retryLimit: number
  /** A number; in pg-boss 10 a string. */
  expireInSeconds: number | string
  /** pg-boss 12: how often the worker must send a heartbeat, s. */
  heartbeatSeconds?: number | null
}

/** The members of pg-boss's own connections that are used. */
export interface SqlLike {
  executeSql(text: string, values: unknown[]): Promise<{ rows: unknown[] } | undefined>
  /** From pg-boss 12 on. */
  listen?(channel: string, heard: (queue: string) => void, again: () => void): Promise<{ close(): Promise<void> }>
}

/** pg-boss's schema. */
export const schemaOf = (db: SqlLike): string => (db as { config?: { schema?: string } }).config?.schema ?? 'pgboss'

/** The members of a started `PgBoss`, version 10, 11 or 12, that are used. */
export interface PgBossLike {
  getQueue(name: string): Promise<object | null>
  createQueue(name: string, options: { name: string; retryLimit?: number }): Promise<unknown>
  send(queue: string, data: object, options: { id: string }): Promise<string | null>
  fetch(queue: string, options: { batchSize: number; includeMetadata: true }): Promise<unknown>
  complete(queue: string, ids: string[], output: object): Promise<unknown>
  fail(queue: string, ids: string[], output: object): Promise<unknown>
  touch?(queue: string, id: string): Promise<unknown>
  getJobById(queue: string, id: string, options?: object): Promise<object | null>
  deleteJob(queue: string, id: string): Promise<unknown>
  getDb?(): SqlLike
  listenerCount?(event: 'error'): number
  emit?(event: 'error', error: unknown): boolean
}

/** Facts of a job from `getJobById` and `fetch`. */
export interface JobFacts {
  state?: string
  retryCount?: number
  output?: unknown
}

/** Emits an error as pg-boss's own; the process does not exit without a listener, nor if one throws. */
export function emitError(boss: PgBossLike, error: unknown): void {
  try {
    if ((boss.listenerCount?.('error') ?? 0) > 0) boss.emit?.('error', error)
  } catch {
    // A listener of the app threw: thrown on, it would end the worker's loop.
  }
}

/** Warns of errors without a listener, one of which would end the process, and of a Pool without time-outs. */
export function watchBoss(
  boss: PgBossLike & { on?(event: 'error', listener: (error: unknown) => void): unknown },
  warn: (topic: string, message: string) => void,
): void {
  if (boss.listenerCount?.('error') === 0)
    boss.on?.('error', (error) => {
      warn(
        'pg-boss error',
        `pg-boss reported an error: ${shownError(error)}. It continues by itself; listen to its 'error' event to see each error.`,
      )
    })
  const { config: options } = (boss.getDb?.() ?? {}) as { config?: object }
  checkTimeouts({ options }, "pg-boss's own Pool", (message) => warn('inbox_postgres_no_timeout', message))
}
