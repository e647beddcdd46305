import type { ClientLike, LendingPoolLike } from '../../src/engines/postgres/store.ts'
import { Broken, type Fault, minute, type Process, waiting, type World } from './world.ts'

type Row = Record<string, string | null>
type Result = { rows: Row[]; rowCount: number | null }
type Values = readonly unknown[]

/** What a handler did in its transaction. */
export interface Done {
  readonly verdict: string
  readonly event: string
  /** Events that it was told of. */
  readonly earlier: string
}

/** A connection, and the transaction that is open on it. */
interface Session {
  readonly process: Process
  isClosed: boolean
  /** Nothing that is sent on it arrives any more, and neither side has noticed. */
  isStalled: boolean
  open: { rows: Map<string, Row>; effects: Done[] } | undefined
}

/** What may happen to a statement: TCP sends none twice. */
const faults: readonly Fault[] = [
  'fails before',
  'fails after',
  'is lost',
  'reply lost',
  'dies before',
  'dies after',
  'pauses',
  'clock jumps',
]

const none: Result = { rows: [], rowCount: 0 }
const one = (row: Row = {}): Result => ({ rows: [row], rowCount: 1 })
const failure = (code: string) => Object.assign(new Error(`Postgres: ${code}`), { code })
const keyOf = (name: unknown, per: unknown, id: unknown) => [name, per, id].map(String).join(' ')

/**
 * A Postgres at READ COMMITTED, as far as `postgresStore` and `inTransaction` use it: whoever writes a row has it until
 * the transaction ends, others that write it wait, and a connection that ends rolls back.
 */
export class PostgresServer {
  /** What handlers did, once it was committed, and in which step. */
  readonly effects: (Done & { step: number })[] = []
  /** Most rows of `postgresStore` at once. */
  mostEvents = 0
  readonly #world: () => World
  readonly #events = new Map<string, { owner: string | null; added: number; until: number }>()
  readonly #rows = new Map<string, Row>()
  readonly #locks = new Map<string, Session>()
  readonly #sessions = new Set<Session>()
  #waits: { session: Session; key: string; again: () => void }[] = []
  /** Waits that were given up. */
  readonly #overdue = new Set<Session>()

  constructor(world: () => World) {
    this.#world = world
  }

  get state(): string {
    const events = [...this.#events].map(([id, { owner, until }]) => `${id} ${owner} ${until}`).sort()
    const rows = [...this.#rows].map(([key, row]) => key + JSON.stringify(row)).sort()
    return [events, rows, ...this.#locks.keys(), this.effects.length, this.#waits.length].join()
  }

  connect(process: Process): Session {
    const session = { process, isClosed: false, isStalled: false, open: undefined }
    this.#sessions.add(session)
    return session
  }

  /** What a process had sent before it ended, and has not arrived yet, comes to a closed connection. */
  closeAll(process: Process): void {
    for (const session of this.#sessions) if (session.process === process) this.close(session)
    this.#waits = this.#waits.filter((wait) => wait.session.process !== process)
  }

  close(session: Session): void {
    session.isClosed = true
    this.#sessions.delete(session)
    this.#end(session)
  }

  /** One text of statements, as `src/engines/postgres` sends them; `waiting` where it has to. */
  run(session: Session, text: string, values: Values, again: () => void): unknown {
    if (session.isClosed) throw failure('57P01')
    const { open } = session
    if (/smile_id_events/.test(text)) return this.#ofStore(text, values)
    if (text.startsWith('BEGIN')) {
      session.open ??= { rows: new Map(), effects: [] }
      return none
    }
    if (text === 'ROLLBACK') return this.#end(session)
    if (!open) throw failure('25P01')
    const row = (key: string) => open.rows.get(key) ?? this.#rows.get(key)
    if (text === 'COMMIT') return this.#commit(session)
    if (text.startsWith('SELECT current_setting')) {
      const key = keyOf('', 'job', /'job', '(\w+)'/.exec(text)?.[1])
      if (!this.#lock(session, key, again)) return waiting
      const said = row(key)?.['said'] ?? null
      open.rows.set(key, { said })
      return [one({ lock_timeout: '0' }), none, one({ said, xid: 'this' })]
    }
    if (text.startsWith('INSERT INTO effects')) {
      const [verdict, event, earlier] = values as string[]
      open.effects.push({ verdict: verdict!, event: event!, earlier: earlier! })
      return one()
    }
    if (text.startsWith('SELECT set_config')) {
      const found = row(keyOf(values[0], values[1], values[2]))
      return one(found ? { ...found, id: String(values[2]) } : { id: null, recipient: null, event_id: null })
    }
    if (text.startsWith('SELECT 1 WHERE txid_current')) return one()
    if (text.startsWith('WITH effect AS')) {
      const [name, per, id, recipient, eventId, , isAgain, said, job] = values as string[]
      const key = keyOf(name, per, id)
      if (!this.#lock(session, key, again)) return waiting
      if (this.#rows.has(key) && !isAgain) return none
      open.rows.set(key, { recipient: recipient ?? null, event_id: eventId ?? null })
      open.rows.set(keyOf('', 'job', job), { said: said ?? null })
      return one()
    }
    if (text.startsWith('UPDATE') && text.includes('SET said = $1')) {
      open.rows.set(keyOf('', 'job', values[1]), { said: String(values[0]) })
      return one()
    }
    throw new Broken('the simulation knows every statement', text)
  }

  /** Each is a transaction of its own. */
  #ofStore(text: string, [id, second, ms]: Values): Result {
    const { now } = this.#world()
    const events = this.#events
    const key = String(id)
    const entry = events.get(key)
    const isLive = entry !== undefined && entry.until > now
    const isOwn = isLive && entry.owner !== null && entry.owner === second
    const owner = second as string | null
    const changed = (isChanged: boolean, change?: () => void): Result => {
      if (isChanged) change?.()
      this.mostEvents = Math.max(this.mostEvents, events.size)
      return { rows: [], rowCount: isChanged ? 1 : 0 }
    }
    if (text.startsWith('INSERT'))
      return changed(!isLive || isOwn, () => events.set(key, { owner, added: now, until: now + Number(ms) }))
    if (text.startsWith('SELECT 1')) return changed(isLive && entry.owner === null)
    if (text.startsWith('UPDATE'))
      return changed(isOwn, () => events.set(key, { ...entry!, owner: null, until: now + Number(ms) }))
    if (text.includes('SKIP LOCKED')) {
      const old = [...events].filter(([, { added, until }]) => added <= now - Number(id) && until <= now)
      for (const [gone] of old) events.delete(gone)
      return { rows: [], rowCount: old.length }
    }
    if (text.startsWith('DELETE')) return changed(text.includes('$2') ? isOwn : isLive, () => events.delete(key))
    throw new Broken('the simulation knows every statement', text)
  }

  #lock(session: Session, key: string, again: () => void): boolean {
    const holder = this.#locks.get(key)
    if (holder && holder !== session) {
      if (this.#overdue.delete(session)) throw failure('55P03')
      const wait = { session, key, again }
      this.#waits.push(wait)
      this.#world().after(1_000, `lock ${key}`, () => {
        if (!this.#waits.includes(wait)) return
        this.#waits = this.#waits.filter((other) => other !== wait)
        this.#overdue.add(session)
        again()
      })
      return false
    }
    this.#overdue.delete(session)
    this.#locks.set(key, session)
    return true
  }

  #commit(session: Session): Result {
    for (const [key, row] of session.open?.rows ?? []) this.#rows.set(key, row)
    for (const done of session.open?.effects ?? []) this.effects.push({ ...done, step: this.#world().step })
    return this.#end(session)
  }

  #end(session: Session): Result {
    session.open = undefined
    const free = [...this.#locks].filter(([, holder]) => holder === session).map(([key]) => key)
    for (const key of free) this.#locks.delete(key)
    const woken = this.#waits.filter(({ key }) => free.includes(key))
    this.#waits = this.#waits.filter((wait) => !woken.includes(wait))
    for (const { again } of woken) again()
    return none
  }
}

interface Of {
  world: World
  server: PostgresServer
  process: Process
}

/** A pool of pg, as a process sees it. */
export function pgPool(of: () => Of): LendingPoolLike {
  let idle: Session[] = []
  const connect = () =>
    of().world.call<Session>({
      to: 'postgres',
      what: 'connect',
      faults: ['fails before', 'is lost', 'dies before', 'pauses'],
      act: () => of().server.connect(of().process),
    })
  const clientOf = (session: Session): ClientLike => ({
    query(query: string | { text: string; values: unknown[] }, given: unknown[] = []) {
      const { world, server } = of()
      const { text, values } = typeof query === 'string' ? { text: query, values: given } : query
      return world.call({
        to: 'postgres',
        what: nameOf(text),
        faults: session.isStalled || session.isClosed ? [] : faults,
        act: (again) => (session.isStalled ? waiting : server.run(session, text, values, again)),
        cut: (inSilence) => {
          if (!inSilence) return server.close(session)
          session.isStalled = true
          world.after(2 * minute, 'keepalive', () => server.close(session))
        },
        isIdle: () => session.isStalled,
      })
    },
    release: (destroy) => {
      if (session.open && destroy !== true)
        of().world.break('a client goes back clean', 'with a transaction open on it')
      if (destroy !== true) idle.push(session)
      else if (!session.isStalled) of().server.close(session)
    },
  })
  return {
    query: () => Promise.reject(new Error('A client of its own asks this pool.')),
    async connect() {
      // Of an earlier world none is left.
      idle = idle.filter(({ process, isStalled, isClosed }) => process === of().process && !isStalled && !isClosed)
      return clientOf(idle.pop() ?? (await connect()))
    },
  }
}

/** For a line of a story. */
function nameOf(text: string): string {
  const names = {
    'SELECT current': 'lock the job',
    'SELECT set_co': 'look for the effect',
    'INSERT INTO e': 'do the effect',
    'WITH effect A': 'write the key',
    'UPDATE "smile_id_ef': 'note what was said',
    'INSERT INTO "smile_id_ev': 'claim the event',
    'SELECT 1 FROM': 'look whether it is done',
    'UPDATE "smile_id_ev': 'complete the event',
    DELETE: 'release the event',
  }
  return Object.entries(names).find(([start]) => text.startsWith(start))?.[1] ?? text.toLowerCase()
}
