import { credential } from '../support/deliveries.ts'
import type { Library } from './library.ts'
import { pgPool } from './postgres.ts'
import { bullmqQueue, bullmqWorker, pgBoss } from './queue.ts'
import { redisClient } from './redis.ts'
import type { Plan, Scenario } from './scenario.ts'
import type { Process, World } from './world.ts'

/** How long handlers may take, ms: the default of `handlerTimeout`. */
export const handlerMs = 30_000
/** What `confirm` takes of it, ms: by default it waits as long for Smile ID. */
export const askMs = 4_000

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
  readonly reconcile: Library['reconcile']
  readonly #builds: readonly [Library, Library]
  readonly #free = { mail: [] as Receiver[], transaction: [] as Receiver[] }

  constructor(library: Library, previous: Library) {
    this.#builds = [library, previous]
    this.reconcile = library.reconcile
  }

  receiver(plan: Plan, scenario: Scenario, process: Process): Receiver {
    const receiver =
      (remembersNothing(plan) ? this.#free[plan.effect].pop() : undefined)
      ?? made(plan, this.#builds[plan.mixes ? buildOf(process) : 0])
    return Object.assign(receiver, { scenario, process })
  }

  /** Takes back those of a world that came to its own end, which nothing holds up any more. */
  give(plan: Plan, receivers: Iterable<Receiver>, { unsettled, faults }: World): void {
    // A pool keeps count of what was not answered.
    if (!remembersNothing(plan) || (plan.effect === 'transaction' && faults.length > 0)) return
    const waiting = new Set([...unsettled].map(({ task }) => task.process))
    for (const receiver of receivers)
      if (receiver.process.alive && !waiting.has(receiver.process)) this.#free[plan.effect].push(receiver)
  }
}

/** Queues, stores of other kinds and answers of Smile ID keep count of what failed, and of the time. */
const remembersNothing = ({ inbox, store, deploysAt, confirms, mixes }: Plan): boolean =>
  inbox === 'none' && store === 'redis' && deploysAt === undefined && !confirms && !mixes

/** A starts with the build before, B with this one; whoever takes the place of one has the other. */
export const buildOf = ({ name }: Process): 0 | 1 =>
  (name.charCodeAt(0) + Number(name.slice(1) || 1)) % 2 === 0 ? 1 : 0

function made({ effect, inbox, store, confirms }: Plan, library: Library): Receiver {
  const world = () => receiver.scenario.world
  const of = () => ({
    world: world(),
    queue: receiver.scenario.queue,
    server: receiver.scenario.postgres,
    process: receiver.process,
  })
  const boss = pgBoss(of)
  const stores = {
    redis: () => library.redisStore(redisClient(world, () => receiver.scenario.redis)),
    postgres: () => library.postgresStore(pgPool(of), { createTable: false }),
    memory: () => library.memoryStore(),
  }
  const callbacks = library.smileIdCallbacks({
    credentials: credential,
    logger: false,
    store: stores[store](),
    ...(confirms && { confirm: library.confirmWithSmileId({ environment: 'production' }) }),
    ...(inbox === 'bullmq' && { inbox: library.bullmqInbox(bullmqQueue(of)) }),
    ...(inbox === 'pg-boss' && { inbox: library.pgBossInbox(boss, { createQueue: false }) }),
  })
  callbacks.onAny((event) => void receiver.scenario.events.push(event))
  if (effect === 'mail')
    callbacks.onAny((event, context) =>
      receiver.scenario.handle(event, context, receiver.process, () => receiver.scenario.mail(event)),
    )
  else
    callbacks.onAny(
      library.inTransaction(
        pgPool(of),
        'open-account',
        (event, context) => {
          const earlier = context.earlier.map(({ eventId }) => eventId).join()
          return receiver.scenario.handle(event, context, receiver.process, () =>
            context.client.query('INSERT INTO effects VALUES ($1, $2, $3)', [event.verdictId, event.id, earlier]),
          )
        },
        { createTable: false },
      ),
    )
  const workers = {
    none: undefined,
    bullmq: () => {
      const processor = library.bullmqProcessor(callbacks, { timeout: handlerMs })
      receiver.stop = bullmqWorker(of, receiver.process, processor).stop
    },
    'pg-boss': () => {
      const options = { createQueue: false, pollingInterval: 30_000, concurrency: 2 } as const
      void library.pgBossWorker(callbacks, boss, options).then((worker) => {
        receiver.stop = () => void worker.stop()
      })
    },
  }
  const receiver = { callbacks, work: workers[inbox], stop: () => undefined } as unknown as Receiver
  return receiver
}
