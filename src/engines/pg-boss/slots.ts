import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type PgBossLike, schemaOf } from './like.ts'

/**
 * Runs jobs, each in a slot of its own: a free slot is filled whatever the others do, and at once for as long as the
 * queue holds jobs. `pollingMs`: how long to wait after the queue was found empty. `fetch` takes up to so many jobs.
 */
export function runSlots<Job>({
  concurrency,
  pollingMs,
  fetch,
  run,
  onError,
}: {
  concurrency: number
  pollingMs: number
  fetch: (atMost: number) => Promise<readonly Job[]>
  run: (job: Job) => Promise<void>
  onError: (error: unknown) => void
}) {
  const running = new Set<Promise<void>>()
  let pause = new AbortController()
  let isStopping = false
  /** True if there was a job. */
  const fill = async (): Promise<boolean> => {
    const jobs = await fetch(concurrency - running.size)
    for (const job of jobs) {
      const slot: Promise<void> = run(job)
        .catch(onError)
        .finally(() => running.delete(slot))
      running.add(slot)
    }
    return jobs.length > 0
  }
  const loop = async (): Promise<void> => {
    while (!isStopping) {
      pause = new AbortController()
      const found = await fill().catch(onError)
      if (running.size >= concurrency) await Promise.race(running)
      else if (!found) await wait(pollingMs, undefined, pause).catch(() => undefined)
    }
  }
  const looping = loop()
  return {
    /** Looks into the queue at once. */
    wake: () => pause.abort(),
    /** Takes no more jobs, and resolves once those that run have ended. */
    stop: async () => {
      isStopping = true
      pause.abort()
      await looping
      await Promise.all(running)
    },
  }
}

/**
 * Calls `wake` when an event is stored, where pg-boss says so (12, on a queue with `notify: true`). Resolves to how to
 * end that. Elsewhere, or behind a pooler that has no LISTEN, it does nothing, and polling is all.
 */
export async function listen(boss: PgBossLike, queue: string, wake: () => void): Promise<() => Promise<void>> {
  const db = boss.getDb?.()
  const { notify } = ((await boss.getQueue(queue)) ?? {}) as { notify?: boolean }
  if (notify !== true || !db?.listen) return () => Promise.resolve()
  // As pg-boss names it.
  const channel = `pgboss_${createHash('sha224').update(schemaOf(db)).digest('hex').slice(0, 24)}`
  const heard = (name: string) => {
    if (name === queue) wake()
  }
  const handle = await db.listen(channel, heard, wake).catch(() => undefined)
  return async () => handle?.close()
}
