import type { BullmqQueueLike } from '../../src/engines/bullmq/inbox.ts'
import type { PgBossLike } from '../../src/engines/pg-boss/inbox.ts'
import { type Fault, type Process, taskOf, waiting, type World } from './world.ts'

interface Job {
  readonly id: string
  /** JSON. */
  readonly data: string
  state: 'waiting' | 'active' | 'failed' | 'done'
  tries: number
  /** Who has it, until when. */
  token: number
  until: number
  /** From when it may be taken. */
  due: number
}

const faults: readonly Fault[] = [
  'fails before',
  'fails after',
  'is lost',
  'reply lost',
  'late',
  'dies before',
  'dies after',
  'pauses',
  'silence',
]

/** How long a worker has a job unless it says that it lives, and the first wait, ms; and how often a job is tried. */
const times = { lock: 30_000, expiry: 60_000, retry: 5_000, tries: 8 }

/** Jobs by id, each with one worker at a time, tried again until it is done or given up. */
export class QueueServer {
  readonly jobs = new Map<string, Job>()
  readonly #world: () => World
  #sleeping: (() => void)[] = []

  constructor(world: () => World) {
    this.#world = world
  }

  get state(): string {
    return [...this.jobs.values()]
      .map(({ id, state, tries, until, due }) => [id, state, tries, until, due].join())
      .join()
  }

  get isDrained(): boolean {
    return [...this.jobs.values()].every(({ state }) => state === 'failed' || state === 'done')
  }

  add(id: string, data: unknown): boolean {
    if (this.jobs.has(id)) return false
    this.jobs.set(id, { id, data: JSON.stringify(data), state: 'waiting', tries: 0, token: 0, until: 0, due: 0 })
    this.wake()
    return true
  }

  get next(): Job | undefined {
    const { now } = this.#world()
    return [...this.jobs.values()].find(
      ({ state, due, until }) => (state === 'waiting' && due <= now) || (state === 'active' && until <= now),
    )
  }

  /** A job whose worker did not end it in time is another worker's. */
  take(forMs: number): Job | undefined {
    const job = this.next
    if (!job) return undefined
    if (job.state === 'active') job.tries += 1
    Object.assign(job, { state: 'active', token: job.token + 1 })
    this.hold(job, forMs)
    return job
  }

  hold(job: Job, forMs: number): void {
    job.until = this.#world().now + forMs
    this.#world().after(forMs, `lock of ${job.id}`, () => this.wake())
  }

  end(job: Job, isDone: boolean): void {
    if (job.state !== 'active') return
    job.tries += 1
    job.state = isDone ? 'done' : job.tries >= times.tries ? 'failed' : 'waiting'
    const waitMs = times.retry * 2 ** (job.tries - 1)
    job.due = this.#world().now + waitMs
    if (job.state === 'waiting') this.#world().after(waitMs, `retry ${job.id}`, () => this.wake())
  }

  sleep(again: () => void): typeof waiting {
    this.#sleeping.push(again)
    return waiting
  }

  wake(): void {
    for (const again of this.#sleeping.splice(0)) again()
  }
}

interface Of {
  world: World
  queue: QueueServer
}

const ask = <T>({ world }: Of, what: string, act: (again: () => void) => unknown, isIdle?: () => boolean): Promise<T> =>
  world.call<T>({ to: 'queue', what, faults, act, isIdle })

const short = (id: string) => `event ${id.replaceAll('-', '').slice(0, 6)}`

/** A pg-boss: who has a job is told by its state alone. */
export function pgBoss(of: () => Of): PgBossLike {
  const jobs = () => of().queue.jobs
  const end = (ids: string[], isDone: boolean) =>
    ask(of(), `${isDone ? 'complete' : 'fail'} ${ids.map(short).join()}`, () => {
      for (const id of ids) of().queue.end(jobs().get(id)!, isDone)
    })
  return {
    // That it was started, and how much is waiting, is asked for beside the rest.
    getDb: () => ({
      executeSql: (text) => Promise.resolve({ rows: text.startsWith('UPDATE') ? [] : [{ found: true }] }),
    }),
    getQueue: () => Promise.resolve({}),
    createQueue: () => Promise.resolve(),
    send: (_queue, data, { id }) => ask(of(), `send ${short(id)}`, () => (of().queue.add(id, data) ? id : null)),
    fetch: () =>
      ask(
        of(),
        'fetch',
        () => {
          const job = of().queue.take(times.expiry)
          if (!job) return []
          const facts = { retryCount: job.tries, retryLimit: times.tries - 1, expireInSeconds: times.expiry / 1_000 }
          return [{ id: job.id, data: JSON.parse(job.data) as unknown, ...facts }]
        },
        () => !of().queue.next,
      ),
    complete: (_queue, ids) => end([ids].flat(), true),
    fail: (_queue, ids) => end([ids].flat(), false),
    getJobById: (_queue, id) =>
      ask(of(), `look at ${short(id)}`, () => {
        const job = jobs().get(id)
        return job ? { state: job.state === 'done' ? 'completed' : job.state, retryCount: job.tries } : null
      }),
    deleteJob: (_queue, id) => Promise.resolve(void jobs().delete(id)),
  }
}

/** The queue of a BullMQ, for an inbox. */
export function bullmqQueue(of: () => Of): BullmqQueueLike {
  const states = { waiting: 'waiting', active: 'active', failed: 'failed', done: 'unknown' } as const
  return {
    add: (_name, data, { jobId = '' }) => ask(of(), `add ${short(jobId)}`, () => void of().queue.add(jobId, data)),
    getJobState: (id) => ask(of(), `look at ${short(id)}`, () => states[of().queue.jobs.get(id)?.state ?? 'done']),
    getDeduplicationJobId: (id) => ask(of(), `ask for ${short(id)}`, () => (of().queue.jobs.has(id) ? id : null)),
    remove: (id) => Promise.resolve(void of().queue.jobs.delete(id)),
    removeDeduplicationKey: () => Promise.resolve(),
    getFailedCount: () => ask(of(), 'count the failed', () => 0),
    getJob: () => Promise.resolve(undefined),
    getJobs: () => Promise.resolve([]),
  }
}

type Processor = (
  job: { data: unknown; attemptsMade: number; opts: { attempts: number } },
  token: string,
  signal: AbortSignal,
) => Promise<unknown>

/** A BullMQ Worker: it blocks until there is a job, renews its lock, and ends it only while it has the lock. */
export function bullmqWorker(of: () => Of, process: Process, processor: Processor): { stop: () => void } {
  let isStopping = false
  const run = async () => {
    while (!isStopping) {
      const job = await ask<Job | undefined>(
        of(),
        'take',
        (again) => of().queue.take(times.lock) ?? (isStopping ? undefined : of().queue.sleep(again)),
        () => !of().queue.next,
      ).catch(() => undefined)
      if (job) await work(job)
    }
  }
  const work = async (job: Job) => {
    const { token } = job
    const isOurs = () => job.state === 'active' && job.token === token
    const timer = setInterval(() => {
      void ask(of(), `renew ${short(job.id)}`, () => isOurs() && of().queue.hold(job, times.lock)).catch(() => false)
    }, times.lock / 2)
    const input = { data: JSON.parse(job.data) as unknown, attemptsMade: job.tries, opts: { attempts: times.tries } }
    const isDone = await processor(input, String(token), new AbortController().signal).then(
      () => true,
      () => false,
    )
    clearInterval(timer)
    await ask(of(), `${isDone ? 'complete' : 'fail'} ${short(job.id)}`, () => {
      if (isOurs()) of().queue.end(job, isDone)
    }).catch(() => undefined)
  }
  of().world.current = taskOf(process)
  void run()
  return {
    stop: () => {
      isStopping = true
      of().queue.wake()
    },
  }
}
