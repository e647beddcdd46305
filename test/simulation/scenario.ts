import { credential, senderIp } from '../support/deliveries.ts'
import type { SmileIdEvent } from '../../src/index.ts'
import { PostgresServer } from './postgres.ts'
import { QueueServer } from './queue.ts'
import type { Receiver, Receivers } from './receivers.ts'
import { StoreServer } from './store.ts'
import { type Callback, SmileId } from './smile-id.ts'
import type { Clock } from './virtual.ts'
import { type Choose, type Fault, minute, type Process, taskOf, type Wanted, World } from './world.ts'

/** What a world is made of. */
export interface Plan {
  readonly processes: number
  readonly callbacks: readonly Callback[]
  /** Most faults. */
  readonly faults: number
  /** What handlers do: send a mail, or `inTransaction`. */
  readonly effect: 'mail' | 'transaction'
  readonly inbox: 'none' | 'bullmq' | 'pg-boss'
  /** Whether a process asks Smile ID about the job while callbacks come, and again later. */
  readonly reconciles: boolean
}

/** One run of a handler, of one event. */
export interface HandlerRun {
  readonly id: string
  readonly verdictId: string
  readonly jobId: string
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
]
/** How a question to Smile ID may. */
const askFaults: readonly Fault[] = ['fails before', 'reply lost', 'late', 'dies before', 'dies after', 'pauses']

/** A world, its processes running the library, and all that happened in it. */
export class Scenario {
  readonly world: World
  readonly store: StoreServer
  readonly postgres: PostgresServer
  readonly queue: QueueServer
  readonly smileId: SmileId
  readonly plan: Plan
  readonly runs: HandlerRun[] = []
  /** What runs of `reconcile` came to. */
  readonly reconciled: { handled: number; known: number }[] = []
  mails = 0
  readonly #receivers: Receivers
  readonly #running = new Map<Process, Receiver>()
  #isOver = false

  constructor(receivers: Receivers, clock: Clock, plan: Plan, choose: Choose, wanted: Wanted) {
    const world = () => this.world
    this.#receivers = receivers
    this.plan = plan
    this.world = new World(clock, choose, plan.faults, wanted)
    this.store = new StoreServer(() => clock.now)
    this.postgres = new PostgresServer(world)
    this.queue = new QueueServer(world)
    const sharesMemory = plan.effect === 'transaction' || plan.inbox !== 'none'
    this.smileId = new SmileId(this.world, plan.callbacks, sharesMemory, () =>
      [...this.#running]
        .filter(([process]) => process.alive && process.name[0] !== 'R')
        .map(([process, { callbacks }]) => ({
          process,
          receive: (delivery) => callbacks.receive({ ...delivery, clientIp: senderIp }),
        })),
    )
    this.world.onDeath = (process) => this.postgres.closeAll(process)
    this.world.onRestart = ({ name }) =>
      name[0] !== 'R' && this.#start(`${name[0] ?? ''}${Number(name.slice(1) || 1) + 1}`)
    this.world.onFetch = (url, init) =>
      this.world.call({
        to: 'Smile ID',
        what: `ask ${new URL(url).pathname}`,
        faults: askFaults,
        act: () => this.smileId.answerTo(init),
      })
  }

  get state(): string {
    const { world, store, postgres, queue, smileId } = this
    return [...[world, store, postgres, queue, smileId].map(({ state }) => state), this.mails].join('/')
  }

  async run(): Promise<void> {
    const names = ['A', 'B', 'C', 'D'].slice(0, this.plan.processes)
    // Each in a step of its own, so that what it starts is its own.
    for (const name of names) this.world.soon(() => this.#start(name))
    this.smileId.sendAll()
    if (this.plan.reconciles)
      for (const ms of [1, 5 * minute, 60 * minute]) this.world.after(ms, 'reconcile', () => this.#reconcile())
    await this.world.run(() => this.#stopWhenDone())
  }

  /** To be called at its end. */
  async end(): Promise<void> {
    this.#receivers.give(this.plan, this.#running.values(), this.world)
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
    { id, verdictId, jobId }: SmileIdEvent,
    process: Process,
    signal: AbortSignal,
    act: () => Promise<unknown>,
  ): Promise<void> {
    let wasLate: boolean | undefined
    const run: HandlerRun = {
      id,
      verdictId,
      jobId,
      process,
      from: this.world.step,
      to: undefined,
      hasSucceeded: false,
      isLate: () => wasLate ?? signal.aborted,
    }
    this.runs.push(run)
    try {
      await act()
      run.hasSucceeded = true
    } finally {
      run.to = this.world.step
      wasLate = signal.aborted
    }
  }

  mail({ id }: SmileIdEvent): Promise<void> {
    const act = () => void (this.mails += 1)
    return this.world.call({ to: 'mail', what: `mail for ${shortId(id)}`, faults: mailFaults, act })
  }

  #start(name: string): void {
    const process = this.world.spawn(name)
    const receiver = this.#receivers.receiver(this.plan, this, process)
    this.#running.set(process, receiver)
    if (name[0] === 'R') this.#reconcileWith(receiver)
    else if (!this.#isOver) receiver.work?.()
  }

  #reconcile(): void {
    this.#start('R')
  }

  #reconcileWith({ callbacks, process }: Receiver): void {
    const { partnerId } = credential
    const jobs = [...new Map(this.smileId.callbacks.map(({ ids }) => [ids.jobId, ids])).values()]
    this.world.reach(taskOf(process), 'reconcile', () => {
      const options = {
        environment: 'production',
        jobs: jobs.map((ids) => ({ generation: 'v1' as const, ...ids })),
      } as const
      void this.#receivers.library.reconcile(callbacks, options).then(({ handled, known, failed }) => {
        this.reconciled.push({ handled, known })
        const reasons = failed.map(({ reason }) => reason).join()
        this.world.tell(() => `${process.name}: reconciled ${partnerId}: handled ${handled}, known ${known} ${reasons}`)
      })
    })
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

/** For a line of a story: `event` or `verdict`, and the first digits of its id. */
export function shortId(id: string): string {
  const [kind, rest] = id.startsWith('verdict:') ? ['verdict', id.slice(8)] : ['event', id]
  return `${kind} ${rest.slice(0, 6)}`
}
