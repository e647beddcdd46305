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

/** Runs jobs, each in a slot of its own: a free slot is filled whatever the others do. `stop` waits for those that run. */
export function runSlots<Job>({ concurrency, pollingMs, fetch, run, onError }: SlotOptions<Job>): { stop: () => Promise<void> } {
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  const start = (job: Job) => {
    const slot: Promise<void> = run(job).catch(onError).finally(() => running.delete(slot))
    running.add(slot)
  }
  const fill = async (): Promise<void> => {
    const jobs = await fetch(concurrency - running.size)
    for (const job of jobs) start(job)
  }
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await fill().catch(onError)
      if (running.size >= concurrency) await Promise.race(running)
      else await wait(pollingMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      stopping.abort()
      await looping
      await Promise.all(running)
    },
  }
}
