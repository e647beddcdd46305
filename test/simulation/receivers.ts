import { credential } from '../support/deliveries.ts'
import type { Library } from './library.ts'
import { pgPool } from './postgres.ts'
import { bullmqQueue, bullmqWorker, pgBoss } from './queue.ts'
import type { Plan, Scenario } from './scenario.ts'
import { storeClient } from './store.ts'
import type { Process, World } from './world.ts'

/** A receiver of the library, and its worker if it has an inbox, in whatever world it runs now. */
export interface Receiver {
  readonly callbacks: ReturnType<Library['smileIdCallbacks']>
  /** Starts what takes from the queue. */
  readonly work: (() => void) | undefined
  stop: () => void
  scenario: Scenario
  process: Process
}

/** Makes receivers, and uses them again in another world: to make one takes longer than a delivery. */
export class Receivers {
  readonly library: Library
  readonly #free = new Map<string, Receiver[]>()

  constructor(library: Library) {
    this.library = library
  }

  receiver({ effect, inbox }: Plan, scenario: Scenario, process: Process): Receiver {
    const receiver = this.#free.get(effect + inbox)?.pop() ?? this.#made(effect, inbox)
    Object.assign(receiver, { scenario, process })
    return receiver
  }

  /** Takes back those that nothing holds up any more. */
  give({ effect, inbox }: Plan, receivers: Iterable<Receiver>, { unsettled }: World): void {
    const free = this.#free.get(effect + inbox) ?? []
    this.#free.set(effect + inbox, free)
    for (const receiver of receivers) {
      const isQuiet = ![...unsettled].some(({ task }) => task.process === receiver.process)
      if (receiver.process.alive && isQuiet) free.push(receiver)
    }
  }

  #made(effect: Plan['effect'], inbox: Plan['inbox']): Receiver {
    const { smileIdCallbacks, inTransaction, bullmqInbox, bullmqProcessor, pgBossInbox, pgBossWorker } = this.library
    const world = () => receiver.scenario.world
    const of = () => ({
      world: world(),
      queue: receiver.scenario.queue,
      server: receiver.scenario.postgres,
      process: receiver.process,
    })
    const boss = pgBoss(of)
    const callbacks = smileIdCallbacks({
      credentials: credential,
      logger: false,
      store: storeClient(world, () => receiver.scenario.store),
      ...(inbox === 'bullmq' && { inbox: bullmqInbox(bullmqQueue(of)) }),
      ...(inbox === 'pg-boss' && { inbox: pgBossInbox(boss, { createQueue: false }) }),
    })
    if (effect === 'mail')
      callbacks.onAny((event, { signal }) =>
        receiver.scenario.handle(event, receiver.process, signal, () => receiver.scenario.mail(event)),
      )
    else
      callbacks.onAny(
        inTransaction(
          pgPool(of),
          'open-account',
          (event, { client, signal }) =>
            receiver.scenario.handle(event, receiver.process, signal, () =>
              client.query('INSERT INTO effects VALUES ($1)', [event.verdictId]),
            ),
          { createTable: false },
        ),
      )
    const workers = {
      none: undefined,
      bullmq: () => {
        const processor = bullmqProcessor(callbacks, { timeout: 30_000 })
        receiver.stop = bullmqWorker(of, receiver.process, processor).stop
      },
      'pg-boss': () => {
        const options = { createQueue: false, pollingInterval: 30_000, concurrency: 2 } as const
        void pgBossWorker(callbacks, boss, options).then((worker) => {
          receiver.stop = () => void worker.stop()
        })
      },
    }
    const receiver = { callbacks, work: workers[inbox], stop: () => undefined } as unknown as Receiver
    return receiver
  }
}
