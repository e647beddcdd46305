import { credential, senderIp } from '../support/deliveries.ts'
import type { SmileIdEvent } from '../../src/index.ts'
import type { Library } from './library.ts'
import { storeClient, StoreServer } from './store.ts'
import { type Callback, SmileId } from './smile-id.ts'
import type { Clock } from './virtual.ts'
import { type Choose, type Fault, type Process, World } from './world.ts'

/** What a world is made of. */
export interface Plan {
  readonly processes: number
  readonly callbacks: readonly Callback[]
  /** Most faults. */
  readonly faults: number
}

/** One run of a handler, of one event. */
export interface HandlerRun {
  readonly id: string
  readonly verdictId: string
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

/** A world, its processes running the library, and all that happened in it. */
export class Scenario {
  readonly world: World
  readonly store: StoreServer
  readonly smileId: SmileId
  readonly runs: HandlerRun[] = []
  /** What reached the mail server, by event. */
  readonly mails: string[] = []
  readonly plan: Plan
  readonly #library: Receivers
  readonly #receivers = new Map<Process, Receiver>()

  constructor(library: Receivers, clock: Clock, plan: Plan, choose: Choose, tells: boolean) {
    this.#library = library
    this.plan = plan
    this.world = new World(clock, choose, plan.faults, tells)
    this.store = new StoreServer(() => clock.now)
    this.smileId = new SmileId(this.world, plan.callbacks, () =>
      [...this.#receivers]
        .filter(([process]) => process.alive)
        .map(
          ([
            process,
            {
              callbacks: { receive },
            },
          ]) => ({ process, receive: (delivery) => receive({ ...delivery, clientIp: senderIp }) }),
        ),
    )
    this.world.onRestart = ({ name }) => this.#start(`${name[0] ?? ''}${Number(name.slice(1) || 1) + 1}`)
  }

  /** To be called at its end. */
  async end(): Promise<void> {
    this.#library.give(this.#receivers.values(), this.world)
    await this.world.bury()
  }

  get state(): string {
    return [this.world.state, this.store.state, this.smileId.state, this.mails.join(), this.runs.length].join('/')
  }

  async run(): Promise<void> {
    for (let i = 0; i < this.plan.processes; i += 1) this.#start('ABCDE'[i] ?? 'F')
    this.smileId.sendAll()
    await this.world.run(() => false)
  }

  #start(name: string): void {
    const process = this.world.spawn(name)
    const receiver = this.#library.receiver()
    receiver.scenario = this
    receiver.process = process
    this.#receivers.set(process, receiver)
  }

  async handle({ id, verdictId }: SmileIdEvent, process: Process, signal: AbortSignal): Promise<void> {
    const run: HandlerRun = {
      id,
      verdictId,
      process,
      from: this.world.step,
      to: undefined,
      hasSucceeded: false,
      isLate: () => wasLate ?? signal.aborted,
    }
    let wasLate: boolean | undefined
    this.runs.push(run)
    try {
      await this.world.call({
        to: 'mail',
        what: `mail for ${shortId(id)}`,
        faults: mailFaults,
        act: () => void this.mails.push(id),
      })
      run.hasSucceeded = true
    } finally {
      run.to = this.world.step
      wasLate = signal.aborted
    }
  }

  /** What happened, one line per step, with events by their callbacks' names. */
  get story(): string[] {
    const names = this.smileId.callbacks.flatMap(({ id, name }) =>
      id === undefined ? [] : [[shortId(id), name] as const],
    )
    return this.world.story.map((line) => names.reduce((text, [id, name]) => text.replaceAll(id, name), line))
  }
}

/** For a line of a story: `event` or `verdict`, and the first digits of its id. */
export function shortId(id: string): string {
  const [kind, rest] = id.startsWith('verdict:') ? ['verdict', id.slice(8)] : ['event', id]
  return `${kind} ${rest.slice(0, 6)}`
}

/** A receiver of the library, in whatever world it runs now. */
export interface Receiver {
  readonly callbacks: ReturnType<Library['smileIdCallbacks']>
  scenario: Scenario
  process: Process
}

/** Makes receivers, and uses them again in another world: to make one takes longer than a delivery. */
export class Receivers {
  readonly #library: Library
  readonly #free: Receiver[] = []

  constructor(library: Library) {
    this.#library = library
  }

  receiver(): Receiver {
    return this.#free.pop() ?? this.#made()
  }

  #made(): Receiver {
    const callbacks = this.#library.smileIdCallbacks({
      credentials: credential,
      logger: false,
      store: storeClient(
        () => receiver.scenario.world,
        () => receiver.scenario.store,
      ),
    })
    callbacks.onAny((event, { signal }) => receiver.scenario.handle(event, receiver.process, signal))
    const receiver = { callbacks } as Receiver
    return receiver
  }

  /** Takes back those that nothing holds up any more. */
  give(receivers: Iterable<Receiver>, { unsettled }: World): void {
    for (const receiver of receivers) {
      const isQuiet = ![...unsettled].some(({ task }) => task.process === receiver.process)
      if (receiver.process.alive && isQuiet) this.#free.push(receiver)
    }
  }
}
