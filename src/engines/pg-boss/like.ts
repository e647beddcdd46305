import { failureName } from '../../lib/promises.ts'

/** A job as `fetch` gives it. */
export interface PgBossJob {
  id: string
  data: unknown
  /** Tries before this one. */
  retryCount: number
  /** Tries after the first one. */
  retryLimit: number
  /** A number, or in pg-boss 10 its text. */
  expireInSeconds: number | string
  /** In pg-boss 12: how often the worker has to say that it lives. */
  heartbeatSeconds?: number | null
}

/** What is used of pg-boss's own connections. */
export interface SqlLike {
  executeSql(text: string, values: unknown[]): Promise<{ rows: unknown[] } | undefined>
  /** From pg-boss 12 on. */
  listen?(channel: string, heard: (queue: string) => void, again: () => void): Promise<{ close(): Promise<void> }>
}

/** pg-boss's schema. */
export const schemaOf = (db: SqlLike): string => (db as { config?: { schema?: string } }).config?.schema ?? 'pgboss'

/** What is used of a started `PgBoss`, version 10, 11 or 12. */
export interface PgBossLike {
  getQueue(name: string): Promise<object | null>
  createQueue(name: string, options: { name: string; [option: string]: unknown }): Promise<unknown>
  send(queue: string, data: object, options: { id: string }): Promise<string | null>
  fetch(queue: string, options: { batchSize: number; includeMetadata: true }): Promise<unknown>
  complete(queue: string, ids: string[], output: object): Promise<unknown>
  fail(queue: string, ids: string[], output: object): Promise<unknown>
  touch?(queue: string, id: string): Promise<unknown>
  getJobById(queue: string, id: string, options?: { includeArchive: boolean }): Promise<object | null>
  deleteJob(queue: string, id: string): Promise<unknown>
  getDb?(): SqlLike
  listenerCount?(event: 'error'): number
  emit?(event: 'error', error: unknown): boolean
}

/** Facts of a job that `getJobById` and `fetch` tell. */
export interface JobFacts {
  state?: string
  retryCount?: number
}

/**
 * Where pg-boss's own troubles go, ours go too; neither nobody listening nor a listener that throws ends the process.
 */
export function reportTrouble(boss: PgBossLike, error: unknown): void {
  try {
    if ((boss.listenerCount?.('error') ?? 0) > 0) boss.emit?.('error', error)
  } catch {
    // The listener's own.
  }
}

/** Tells what goes wrong in a pg-boss to whose errors nobody listens: one cut connection would end the process. */
export function hearTrouble(
  boss: PgBossLike & { on?(event: 'error', listener: (error: unknown) => void): unknown },
  warn: (message: string) => void,
): void {
  if (boss.listenerCount?.('error') !== 0) return
  boss.on?.('error', (error) => {
    warn(
      `pg-boss is in trouble: ${failureName({ failed: 'error', error })}. It goes on by itself; listen to its 'error' event to hear of each time.`,
    )
  })
}
