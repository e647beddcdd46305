import { senderIp } from '../support/deliveries.ts'
import type { HandlerContext, SmileIdEvent } from '../../src/index.ts'
import { PostgresServer } from './postgres.ts'
import { QueueServer } from './queue.ts'
import { askMs, buildOf, handlerMs, type Receiver, type Receivers } from './receivers.ts'
import { RedisServer, shortId } from './redis.ts'
import { SmileId, type Told } from './smile-id.ts'
import { type Fault, minute, newProcess, type Process, type Rule, taskOf, World } from './world.ts'

/** What a world is made of. */
export interface Plan {
  readonly processes: number
  readonly callbacks: readonly Told[]
  /** Most faults. */
  readonly faults: number
  readonly store: 'redis' | 'postgres' | 'memory'
  /** What handlers do: send a mail, or `inTransaction`. */
  readonly effect: 'mail' | 'transaction'
  readonly inbox: 'none' | 'bullmq' | 'pg-boss'
  /** Whether a process asks Smile ID about the jobs while callbacks come, and again later. */
  readonly reconciles?: boolean
  /** Whether Smile ID sends all again after an hour, as for a replay that was asked for. */
  readonly replays?: boolean
  /** How far the clock of the second process is off, ms. */
  readonly skewMs?: number
  /** Whether approvals are confirmed with Smile ID. */
  readonly confirms?: boolean
  /** Whether some processes run the build before this one. */
  readonly mixes?: boolean
  /** When new processes take the place of all that run, which are closed, ms. */
  readonly deploysAt?: number
}

/** One run of a handler, of one event. */
export interface HandlerRun {
  readonly event: SmileIdEvent
  readonly process: Process
  /** Steps of the world; `to` is undefined for what never came back. */
  readonly from: number
  to: number | undefined
  hasSucceeded: boolean
  /** Whether its time was up before it ended. */
  readonly isLate: () => boolean
}

/** How a handler's own effect may fail: a mail server, asked over HTTP. */
const mailFaults: readonly Fault[] = [
  'fails before',
  'fails after',
  'reply lost',
  'dies before',
  'dies after',
  'pauses',
  'clock jumps',
]
/** How a question to Smile ID may. */
const askFaults: readonly Fault[] = ['fails before', 'reply lost', 'late', 'dies before', 'dies after', 'pauses']

/** A world, its processes running the library, and all that happened in it. */
export class Scenario {
  readonly world: World
  readonly redis: RedisServer
  readonly postgres: PostgresServer
  readonly queue: QueueServer
  readonly smileId: SmileId
  readonly plan: Plan
  readonly runs: HandlerRun[] = []
  /** All that reached handlers, each time. */
  readonly events: SmileIdEvent[] = []
  /** What runs of `reconcile` came to. */
  readonly reconciled: { handled: number; known: number }[] = []
  /** Processes that ended before their handlers did, which had all the time that handlers have. */
  readonly cutOff = new Set<Process>()
  mails = 0
  readonly #receivers: Receivers
  readonly #running = new Map<Process, Receiver>()
  readonly #closing = new Set<Process>()
  #isOver = false

  constructor(receivers: Receivers, plan: Plan, rule: Rule) {
    const world = () => this.world
    this.#receivers = receivers
    this.plan = plan
    this.world = new World(rule, plan.faults)
    this.redis = new RedisServer(() => rule.clock.now)
    this.postgres = new PostgresServer(world)
    this.queue = new QueueServer(world)
    const sharesMemory = plan.effect === 'transaction' || plan.inbox !== 'none' || plan.confirms === true
    this.smileId = new SmileId(this.world, plan.callbacks, sharesMemory, () =>
      [...this.#running]
        .filter(([process]) => process.alive && process.name[0] !== 'R')
        .map(([process, { callbacks }]) => ({
          process,
          receive: (delivery) => callbacks.receive({ ...delivery, clientIp: senderIp }),
        })),
    )
    this.world.onDeath = (process) => this.postgres.closeAll(process)
    this.world.onRestart = (process) =>
      process.name[0] !== 'R' && !this.#closing.has(process) && this.#start(nextOf(process))
    this.world.onFetch = (url, init) =>
      Promise.race([
        aborted(init.signal),
        this.world.call({
          to: 'Smile ID',
          what: `ask ${new URL(url).pathname}`,
          faults: askFaults,
          act: () => this.smileId.answerTo(init),
        }),
      ])
  }

  get state(): string {
    const { world, redis, postgres, queue, smileId } = this
    return [...[world, redis, postgres, queue, smileId].map(({ state }) => state), this.mails].join('/')
  }

  async run(): Promise<void> {
    const { processes, reconciles, replays, deploysAt, skewMs } = this.plan
    // Each in a step of its own, so that what it starts is its own.
    for (const name of ['A', 'B', 'C', 'D'].slice(0, processes))
      this.world.soon(() => this.#start(name, name === 'B' ? skewMs : 0))
    this.smileId.sendAll()
    if (reconciles)
      for (const ms of [1, 5 * minute, 60 * minute]) this.world.after(ms, 'reconcile', () => this.#start('R'))
    if (replays) this.world.after(60 * minute, 'replay', () => this.smileId.sendAll())
    // At once: while the first deliveries are on their way.
    if (deploysAt === 0) this.world.soon(() => this.#deploy())
    else if (deploysAt !== undefined) this.world.after(deploysAt, 'deploy', () => this.#deploy())
    await this.world.run(() => this.#stopWhenDone())
  }

  /** To be called once it has run, `isWhole` if to its own end. */
  async end(isWhole: boolean): Promise<void> {
    if (isWhole) this.#receivers.give(this.plan, this.#running.values(), this.world)
    await this.world.bury(() => {
      for (const { stop } of this.#running.values()) stop()
    })
  }

  /** What happened, one line per step, with events by their callbacks' names. */
  get story(): string[] {
    const names = this.smileId.callbacks.flatMap(({ id, name }) =>
      id === undefined ? [] : [[shortId(id), name] as const],
    )
    return this.world.story.map((line) => names.reduce((text, [id, name]) => text.replaceAll(id, name), line))
  }

  /** A handler of the user's. */
  async handle(
    event: SmileIdEvent,
    context: HandlerContext,
    process: Process,
    act: () => Promise<unknown>,
  ): Promise<void> {
    const isLate = () => context.signal.aborted
    const run: HandlerRun = { event, process, from: this.world.step, to: undefined, hasSucceeded: false, isLate }
    this.runs.push(run)
    try {
      await act()
      run.hasSucceeded = true
    } finally {
      run.to = this.world.step
    }
  }

  mail({ id }: SmileIdEvent): Promise<void> {
    const act = () => void (this.mails += 1)
    return this.world.call({ to: 'mail', what: `mail for ${shortId(id)}`, faults: mailFaults, act })
  }

  #start(name: string, skewMs?: number): void {
    const process = this.world.spawn(name, skewMs)
    if (this.plan.mixes)
      this.world.tell(() => `${name} starts, ${buildOf(process) ? 'the build before' : 'this build'}`)
    const receiver = this.#receivers.receiver(this.plan, this, process)
    this.#running.set(process, receiver)
    if (name === 'R') this.#reconcileWith(receiver)
    else if (!this.#isOver) receiver.work?.()
  }

  #reconcileWith({ callbacks, process }: Receiver): void {
    const jobs = [...new Map(this.smileId.callbacks.map(({ ids }) => [ids.jobId, ids])).values()]
    this.world.reach(taskOf(process), 'reconcile', () => {
      const options = {
        environment: 'production',
        jobs: jobs.map((ids) => ({ generation: 'v1' as const, ...ids })),
      } as const
      void this.#receivers.reconcile(callbacks, options).then(({ handled, known, failed }) => {
        this.reconciled.push({ handled, known })
        const reasons = failed.map(({ reason }) => reason).join()
        this.world.tell(() => `${process.name}: reconciled: handled ${handled}, known ${known} ${reasons}`)
      })
    })
  }

  /** At any moment between those that are on their way then. */
  #deploy(): void {
    for (const [process, { callbacks, stop }] of [...this.#running]) {
      const act = () => {
        if (!process.alive || process.name[0] === 'R') return
        this.#closing.add(process)
        this.world.soon(() => this.#start(nextOf(process)))
        this.world.soon(() =>
          this.world.reach(taskOf(process), 'close', () => {
            stop()
            const until = this.world.now + handlerMs - (this.plan.confirms ? askMs : 0)
            void callbacks.close().then(() => {
              if (this.world.now >= until) this.cutOff.add(process)
              this.world.kill(process)
            })
          }),
        )
      }
      void this.world.call({ to: process.name, what: 'deploy', faults: [], act }, taskOf(newProcess('operator')))
    }
  }

  /** Workers ask for ever: they are stopped once Smile ID has given up and nothing is in the queue. */
  #stopWhenDone(): boolean {
    if (this.#isOver || !this.world.isCalm || !this.smileId.isDone || !this.queue.isDrained) return false
    this.#isOver = true
    for (const { process, stop } of this.#running.values())
      this.world.soon(() => this.world.reach(taskOf(process), 'stop', stop))
    return true
  }
}

const aborted = (signal: RequestInit['signal']): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))

const nextOf = ({ name }: Process): string => `${name[0] ?? ''}${Number(name.slice(1) || 1) + 1}`
