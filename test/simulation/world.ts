import { mulberry32 } from '../../src/testing/random.ts'
import { type Clock, type Running, start, turn } from './virtual.ts'

/** What can go wrong with one call, and what that means for whoever reads a story. */
const told = {
  'fails before': 'fails, and does nothing',
  'fails after': 'takes effect, and fails',
  'is lost': 'is lost on its way: no effect, no reply',
  'reply lost': 'takes effect, its reply is lost',
  late: 'takes effect a minute late',
  twice: 'takes effect twice',
  'dies before': 'is not sent: the process ends',
  'dies after': 'takes effect, and the process ends',
  pauses: 'takes effect, and the process stands still for a minute',
  silence: 'is lost, and so is all for a minute: the connection died in silence',
  'clock jumps': "takes effect, and the process's clock is set four minutes behind",
}
export type Fault = keyof typeof told

/** Longer than a claim lasts, ms. */
export const minute = 60_000
const restartMs = 1_000
/** When TCP gives up a connection that died in silence: about a quarter of an hour. */
const tcpMs = 15 * minute

/** A program that may stop at any of its calls. */
export interface Process {
  readonly name: string
  readonly chance: () => number
  alive: boolean
  /** How far its clock is off, ms. */
  skewMs: number
  /** What waits for it to go on; undefined while it runs. */
  frozen: { isTimer: boolean; task: Task; label: Label; run: () => void }[] | undefined
  /** The servers that it does not reach, without noticing. */
  readonly silent: Set<string>
  readonly tasks: Map<string, Task>
  readonly atDeath: (() => void)[]
  toJSON(): string
}

/** What shares memory in a process: what runs in it was woken by something that it was told. */
export interface Task {
  readonly process: Process
  /** Digest of all that it was told, and when: two that were told the same are in the same state. */
  seen: number
}

/** One request on its way; whether and how it arrives is for the schedule to say. */
export interface Asked {
  readonly to: string
  readonly what: string
  readonly faults: readonly Fault[]
  /** The server's part; `waiting` where it has to wait, and calls `again` later. */
  readonly act: (again: () => unknown) => unknown
  /** What the server does when the connection breaks. */
  readonly cut?: ((inSilence: boolean) => void) | undefined
  /** For a delivery: who may get it, in place of `to` and `act`. */
  readonly routes?: (() => readonly Route[]) | undefined
  /** Nothing would come of it: it is no step of a schedule. */
  readonly isIdle?: (() => boolean) | undefined
}

export interface Call extends Asked {
  readonly task: Task
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** One who may get a delivery. */
export interface Route {
  readonly to: string
  readonly deliver: () => void
}

interface Course {
  readonly call: Call
  readonly fault?: Fault
  readonly route?: Route | undefined
}

type Label = string | (() => string)
const textOf = (label: Label): string => (typeof label === 'string' ? label : label())

export const waiting = Symbol('waiting')

/** A promise of the pages that did not hold. */
export class Broken extends Error {
  readonly promise: string

  constructor(promise: string, detail: string) {
    super(`${promise}: ${detail}`)
    this.promise = promise
  }
}

/** Picks one of the courses that a step may take: the first `calm` of them are without a fault, 0 is the usual one. */
export type Choose = (courses: number, calm: number) => number

/** How a world runs: by which clock and schedule, and whether its state or its story is wanted. */
export interface Rule {
  readonly clock: Clock
  readonly choose: Choose
  readonly merges?: boolean | undefined
  readonly tells?: boolean | undefined
}

const mostSteps = 20_000

/**
 * Processes, what is on its way between them and the servers, and time. Time stands still while something is on its
 * way; each step lets one call arrive, or moves to the next timer.
 */
export class World implements Running {
  readonly processes: Process[] = []
  readonly story: string[] = []
  /** Faults so far, in order. */
  readonly faults: { fault: Fault; call: Call; at: number }[] = []
  /** Calls that were not answered. */
  readonly unsettled = new Set<Call>()
  /** How many steps were taken; each call that arrives and each timer is one. */
  step = 0
  /** Whose code runs. */
  current: Task | undefined
  broken: Broken | undefined
  onDeath: (process: Process) => void = () => undefined
  onRestart: (process: Process) => unknown = () => undefined
  onFetch: (url: string, init: RequestInit) => Promise<unknown> = () => Promise.reject(new Error('offline'))
  readonly #by: Rule
  readonly #mostFaults: number
  #pending: Call[] = []
  readonly #ready: (() => void)[] = []
  /** What the world itself does later, for its state. */
  readonly #later = new Map<object, string>()

  constructor(by: Rule, mostFaults: number) {
    this.#by = by
    this.#mostFaults = mostFaults
  }

  get now(): number {
    return this.#by.clock.now
  }

  get skewMs(): number {
    return this.current?.process.skewMs ?? 0
  }

  /** Whether the world itself has nothing left to do: nothing late, nobody to go on. */
  get isCalm(): boolean {
    return this.#later.size === 0
  }

  /** All that may make a difference to what comes. */
  get state(): string {
    const parts = [this.now, this.faults.length]
    const processes = this.processes.map(({ name, alive, skewMs, frozen, silent, tasks }) =>
      alive
        ? [
            name + String(skewMs),
            ...(frozen ?? []).map(({ label }) => textOf(label)),
            ...silent,
            ...[...tasks.values()].map(({ seen }) => seen).sort(),
          ].join()
        : name,
    )
    const pending = this.#pending.map(({ task, to, what }) => task.process.name + to + what).sort()
    return [...parts, ...processes, ...pending, ...[...this.#later.values()].sort()].join('|')
  }

  spawn(name: string, skewMs = 0): Process {
    const process = newProcess(name, skewMs)
    this.processes.push(process)
    this.current = taskOf(process)
    return process
  }

  /** For the code of a process: asks a server, and resolves as the schedule wants it, or never. */
  call<T>(asked: Asked, task = this.current): Promise<T> {
    if (!task) {
      this.break('every call has a process', asked.what)
      return new Promise(() => undefined)
    }
    return new Promise<T>((resolve, reject) => {
      const { to, what, faults, act, cut, routes, isIdle } = asked
      const answer = { resolve: resolve as Call['resolve'], reject }
      const call: Call = { to, what, faults, act, cut, routes, isIdle, task, ...answer }
      this.unsettled.add(call)
      if (!task.process.alive) return
      if (task.process.silent.has(asked.to)) this.#lose(call)
      else this.#pending.push(call)
    })
  }

  /** What the world does by itself, unless it is called off. */
  after(ms: number, label: string, act: () => void): () => void {
    const { clock } = this.#by
    const timer = clock.set(() => {
      this.#later.delete(timer)
      act()
    }, ms)
    this.#later.set(timer, `${this.now + ms}${label}`)
    return () => {
      this.#later.delete(timer)
      clock.clear(timer)
    }
  }

  /** In a step of its own. */
  soon(act: () => void): void {
    this.#ready.push(act)
  }

  chance(): number {
    return this.current?.process.chance() ?? 0.5
  }

  timer(callback: () => void): () => void {
    const owner = this.current
    return owner ? () => this.reach(owner, 'timer', callback, true) : callback
  }

  immediate(callback: () => void): void {
    const task = this.current
    if (task) this.soon(() => this.reach(task, 'immediate', callback))
  }

  atDeath(stop: () => void): void {
    this.current?.process.atDeath.push(stop)
  }

  fetch(url: string, init: RequestInit): Promise<unknown> {
    return this.onFetch(url, init)
  }

  unhandled(error: unknown): void {
    this.break("the host's process lives", `a rejection that nobody handles: ${String(error)}`)
  }

  /** Lets a process go on with what it is told, now or once it can. */
  reach(task: Task, label: Label, run: () => void, isTimer = false): void {
    const { alive, frozen } = task.process
    if (!alive) return
    if (frozen) {
      frozen.push({ isTimer, task, label, run })
      return
    }
    this.current = task
    if (this.#by.merges) task.seen = digest(textOf(label) + String(this.now), task.seen)
    run()
  }

  kill(process: Process): void {
    process.alive = false
    for (const stop of process.atDeath) stop()
    this.onDeath(process)
    this.after(restartMs, `restart ${process.name}`, () => this.onRestart(process))
  }

  tell(line: () => string): void {
    if (this.#by.tells) this.story.push(`${((this.now - start) / 1_000).toFixed(3).padStart(9)} s  ${line()}`)
  }

  break(promise: string, detail: string): void {
    this.broken ??= new Broken(promise, detail)
  }

  /** Runs until nothing is on its way and no timer is left; `onCalm` may start more once nothing else moves. */
  async run(onCalm: () => boolean): Promise<void> {
    for (; this.step < mostSteps; this.step += 1) {
      await turn()
      if (this.broken) throw this.broken
      const ready = this.#ready.shift()
      const idle = ready ? -1 : this.#pending.findIndex(({ isIdle }) => isIdle?.())
      if (ready) ready()
      else if (idle >= 0) this.#perform({ call: this.#pending.splice(idle, 1)[0]! })
      else if (this.#pending.length > 0) this.#step()
      else if (!onCalm()) {
        if (this.#by.clock.count === 0) return
        this.#by.clock.next()
      }
    }
    throw new Broken('every run ends', `not within ${mostSteps} steps`)
  }

  /** Ends what still waits, so that no module keeps count of it. */
  async bury(stopAll: () => void): Promise<void> {
    for (const process of this.processes) {
      for (const stop of process.atDeath) stop()
      Object.assign(process, { alive: true, frozen: undefined })
    }
    for (let round = 0; round < mostSteps; round += 1) {
      stopAll()
      this.#pending = []
      this.#ready.length = 0
      for (const call of this.unsettled) call.reject(new Error('the world has ended'))
      this.unsettled.clear()
      await turn()
      const timers = this.#by.clock.count
      if (timers + this.unsettled.size + this.#ready.length === 0) return
      for (let left = timers; left > 0; left -= 1) this.#by.clock.next()
    }
    throw new Error('A world did not end.')
  }

  #step(): void {
    const calm = this.#pending.flatMap<Course>((call) => {
      const routes = call.routes?.() ?? []
      return routes.length > 0 ? routes.map((route) => ({ call, route })) : { call }
    })
    const mayFail = this.faults.length < this.#mostFaults
    const faulty = mayFail ? this.#pending.filter(({ task }) => task.process.alive) : []
    const courses = faulty.reduce((sum, { faults }) => sum + faults.length, calm.length)
    let chosen = courses === 1 ? 0 : this.#by.choose(courses, calm.length)
    let course = calm[chosen]
    chosen -= calm.length
    for (const call of course ? [] : faulty) {
      const fault = call.faults[chosen]
      if (fault) course ??= { call, fault }
      chosen -= call.faults.length
      if (chosen < 0) break
    }
    if (!course) throw new RangeError('There is no such course.')
    this.#pending.splice(this.#pending.indexOf(course.call), 1)
    this.#perform(course)
  }

  #perform({ call, fault, route = call.routes?.()[0] }: Course): void {
    const { task, what, to } = call
    const from = task.process
    if (fault) this.faults.push({ fault, call, at: this.now })
    if (!call.isIdle?.())
      this.tell(() => `${from.name} → ${route?.to ?? to}: ${what}${fault ? `   ✗ ${told[fault]}` : ''}`)
    const fail = () => this.#fail(call, Object.assign(new Error('cut'), { code: 'ECONNRESET' }))
    if (call.routes) return this.#deliver(call, fault, route, fail)
    if (fault === 'fails after' || fault === 'reply lost' || fault === 'twice' || fault === 'dies after')
      this.#effect(call)
    switch (fault) {
      case 'fails before':
      case 'fails after':
        call.cut?.(false)
        return fail()
      case 'is lost':
      case 'reply lost':
        return this.#lose(call)
      case 'late':
        this.after(minute, `late ${what}`, () => void this.#pending.push(call))
        return
      case 'dies before':
      case 'dies after':
        return this.kill(from)
      case 'pauses':
        from.frozen ??= []
        this.after(minute, `thaw ${from.name}`, () => this.#thaw(from))
        return this.#answer(call)
      case 'clock jumps':
        from.skewMs = -4 * minute
        return this.#answer(call)
      case 'silence':
        from.silent.add(to)
        this.after(minute, `again ${to}`, () => void from.silent.delete(to))
        return this.#lose(call)
      default:
        return this.#answer(call)
    }
  }

  /** Nothing comes back until the operating system gives up. */
  #lose(call: Call): void {
    call.cut?.(true)
    this.after(tcpMs, `give up ${call.what}`, () => this.#fail(call, Object.assign(new Error(), { code: 'ETIMEDOUT' })))
  }

  /** A delivery: with nobody there, or a connection refused, it fails; an answer is heard once it has resolved. */
  #deliver(call: Call, fault: Fault | undefined, route: Route | undefined, fail: () => void): void {
    if (!route || fault === 'fails before') return fail()
    if (fault !== 'reply lost') call.resolve(undefined)
    this.unsettled.delete(call)
    // One task at a time: what it starts until it waits is its own.
    if (fault === 'twice') this.soon(() => call.routes?.().at(-1)?.deliver())
    route.deliver()
  }

  #effect({ act }: Call): void {
    try {
      act(() => undefined)
    } catch {
      // Its reply, which nobody hears.
    }
  }

  #answer(call: Call): void {
    let value: unknown
    try {
      value = call.act(() => call.task.process.alive && this.#pending.push(call))
    } catch (error) {
      if (error instanceof Broken) this.broken ??= error
      this.#fail(call, error as Error)
      return
    }
    if (value === waiting) return
    this.unsettled.delete(call)
    this.reach(
      call.task,
      () => `${call.what} ${JSON.stringify(value)}`,
      () => call.resolve(value),
    )
  }

  #fail(call: Call, error: Error): void {
    this.unsettled.delete(call)
    this.reach(call.task, `${call.what} ${error.message}`, () => call.reject(error))
  }

  // For a process that stood still its timers go first, then its replies.
  #thaw(process: Process): void {
    const waited = process.frozen ?? []
    process.frozen = undefined
    const inOrder = [...waited.filter((one) => one.isTimer), ...waited.filter((one) => !one.isTimer)]
    for (const { task, label, run, isTimer } of inOrder) this.#ready.push(() => this.reach(task, label, run, isTimer))
  }
}

export const newProcess = (name: string, skewMs = 0): Process => ({
  name,
  chance: mulberry32(digest(name)),
  alive: true,
  skewMs,
  frozen: undefined,
  silent: new Set(),
  tasks: new Map(),
  atDeath: [],
  toJSON: () => name,
})

/** The task of what shares memory under `key`. */
export function taskOf(process: Process, key = ''): Task {
  const task = process.tasks.get(key) ?? { process, seen: 0 }
  process.tasks.set(key, task)
  return task
}

/** FNV-1a. */
export function digest(text: string, from = 0x811c9dc5): number {
  let hash = from
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
