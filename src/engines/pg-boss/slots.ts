import { setTimeout as wait } from 'node:timers/promises'

/** How many jobs run at once, where they come from, and how they run. */
export interface SlotOptions<Job> {
  concurrency: number
  /** How long to wait after the queue was found empty, ms. */
  pollingMs: number
  /** Takes up to so many jobs. */
  fetch: (atMost: number) => Promise<readonly Job[]>
  run: (job: Job) => Promise<void>
  onError: (error: unknown) => void
}

/** Jobs that run. */
export interface Slots {
  /** Looks into the queue at once. */
  wake(): void
  /** Takes no more jobs, and resolves once those that run have ended. */
  stop(): Promise<void>
}

/**
 * Runs jobs, each in a slot of its own: a free slot is filled whatever the others do, and at once for as long as the
 * queue holds jobs.
 */
export function runSlots<Job>({ concurrency, pollingMs, fetch, run, onError }: SlotOptions<Job>): Slots {
  const running = new Set<Promise<void>>()
  let pause = new AbortController()
  let isStopping = false
  const start = (job: Job) => {
    const slot: Promise<void> = run(job)
      .catch(onError)
      .finally(() => running.delete(slot))
    running.add(slot)
  }
  /** True if there was a job. */
  const fill = async (): Promise<boolean> => {
    const jobs = await fetch(concurrency - running.size)
    for (const job of jobs) start(job)
    return jobs.length > 0
  }
  const loop = async (): Promise<void> => {
    while (!isStopping) {
      pause = new AbortController()
      const found = await fill().catch((error: unknown) => {
        onError(error)
        return false
      })
      if (running.size >= concurrency) await Promise.race(running)
      else if (!found) await wait(pollingMs, undefined, pause).catch(() => undefined)
    }
  }
  const looping = loop()
  return {
    wake: () => pause.abort(),
    stop: async () => {
      isStopping = true
      pause.abort()
      await looping
      await Promise.all(running)
    },
  }
}
