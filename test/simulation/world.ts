import { type Clock, type Running, start, turn } from './virtual.ts'

/** What can go wrong with one call. */
export type Fault =
  | 'fails before'
  | 'fails after'
  | 'is lost'
  | 'reply lost'
  | 'late'
  | 'twice'
  | 'dies before'
  | 'dies after'
  | 'pauses'
  | 'silence'

/** What the fault means for whoever reads a story. */
const told: Record<Fault, string> = {
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
}

/** Longer than a claim lasts, ms. */
export const minute = 60_000
const restartMs = 1_000
/** When TCP gives up a connection that died in silence: about a quarter of an hour. */
const tcpMs = 15 * minute

/** A program that may stop at any of its calls. */
export interface Process {
  readonly name: string
  alive: boolean
  /** What waits for it to go on; undefined while it runs. */
  frozen: { isTimer: boolean; task: Task; label: string | (() => string); run: () => void }[] | undefined
  /** The servers that it does not reach, without noticing. */
  readonly silent: Set<string>
  readonly tasks: Task[]
  readonly atDeath: (() => void)[]
  toJSON(): string
}

/** One delivery in a process, or all of a worker: what runs in it was woken by something that it was told. */
export interface Task {
  readonly process: Process
  /** Digest of all that it was told, in order: two that were told the same are in the same state. */
  seen: number
  /** Calls that it made. */
  asked: number
}

/** One request on its way; whether and how it arrives is for the schedule to say. */
export interface Call {
  readonly task: Task
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
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export type Asked = Pick<Call, 'to' | 'what' | 'faults' | 'act' | 'cut' | 'routes' | 'isIdle'>

/** One who may get a delivery. */
export interface Route {
  readonly to: string
  readonly deliver: () => void
}

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

/** What is wanted of a world besides its end. */
export interface Wanted {
  readonly merges: boolean
  readonly tells: boolean
}

const mostSteps = 20_000

/**
 * Processes, what is on its way between them and the servers, and time. Time stands still while something is on its
 * way; each step lets one call arrive, or moves to the next timer.
 */
export class World implements Running {
  readonly processes: Process[] = []
  readonly story: string[] = []
  /** Whose code runs. */
  current: Task | undefined
  /** Faults so far, in order. */
  readonly faults: { fault: Fault; call: Call; at: number }[] = []
  broken: Broken | undefined
  onDeath: (process: Process) => void = () => undefined
  onRestart: (process: Process) => unknown = () => undefined
  onFetch: (url: string, init: RequestInit) => Promise<unknown> = () => Promise.reject(new Error('offline'))
  readonly #clock: Clock
  readonly #choose: Choose
  readonly #mostFaults: number
  readonly #tells: boolean
  readonly #merges: boolean
  /** How many steps were taken; each call that arrives and each timer is one. */
  step = 0
  #pending: Call[] = []
  readonly #ready: (() => void)[] = []
  readonly #unsettled = new Set<Call>()
  /** What the world itself does later, for its state. */
  readonly #later = new Map<object, string>()

  /** `merges`: whether its state is wanted; `tells`: whether its story is. */
  constructor(clock: Clock, choose: Choose, mostFaults: number, { merges, tells }: Wanted) {
    this.#merges = merges
    this.#clock = clock
    this.#choose = choose
    this.#mostFaults = mostFaults
    this.#tells = tells
  }

  /** Calls that were not answered. */
  get unsettled(): ReadonlySet<Call> {
    return this.#unsettled
  }

  /** Whether the world itself has nothing left to do: nothing late, nobody to go on. */
  get isCalm(): boolean {
    return this.#later.size === 0
  }

  get now(): number {
    return this.#clock.now
  }

  /** All that may make a difference to what comes. */
  get state(): string {
    const processes = this.processes.map(
      ({ name, alive, frozen, silent, tasks }) =>
        name
        + (alive
          ? `${frozen?.map(({ label }) => textOf(label)).join() ?? ''}${[...silent].join()}${tasks
              .map(({ seen }) => seen)
              .sort()
              .join()}`
          : ''),
    )
    const pending = this.#pending.map(({ task, to, what }) => task.process.name + to + what).sort()
    return [this.now, this.faults.length, ...processes, ...pending, ...[...this.#later.values()].sort()].join('|')
  }

  spawn(name: string): Process {
    const process = newProcess(name)
    this.processes.push(process)
    this.current = taskOf(process)
    return process
  }

  /** For the code of a process: asks a server, and resolves as the schedule wants it, or never. */
  call<T>(asked: Asked, task = this.current): Promise<T> {
    if (!task) {
      this.break('every call has a process', `${asked.what} ${String(new Error().stack)}`)
      return new Promise(() => undefined)
    }
    return new Promise<T>((resolve, reject) => {
      const call: Call = { ...asked, task, resolve: resolve as Call['resolve'], reject }
      this.#unsettled.add(call)
      task.asked += 1
      if (!task.process.alive) return
      if (task.process.silent.has(asked.to)) this.#lose(call)
      else this.#pending.push(call)
    })
  }

  /** What the world does by itself. */
  after(ms: number, label: string, act: () => void): void {
    const key = {}
    const { current } = this
    this.#later.set(key, `${this.now + ms}${label}`)
    this.current = undefined
    setTimeout(() => {
      this.#later.delete(key)
      act()
    }, ms)
    this.current = current
  }

  /** In a step of its own. */
  soon(act: () => void): void {
    this.#ready.push(act)
  }

  timer(callback: () => void): () => void {
    const owner = this.current
    return owner ? () => this.reach(owner, 'timer', callback, true) : callback
  }

  immediate(callback: () => void): void {
    const task = this.current
    this.soon(() => {
      if (task) this.reach(task, 'immediate', callback)
    })
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
  reach(task: Task, label: string | (() => string), run: () => void, isTimer = false): void {
    const { alive, frozen } = task.process
    if (!alive) return
    if (frozen) {
      frozen.push({ isTimer, task, label, run })
      return
    }
    this.current = task
    if (this.#merges) task.seen = digest(textOf(label), task.seen)
    run()
  }

  kill(process: Process): void {
    process.alive = false
    for (const stop of process.atDeath) stop()
    this.onDeath(process)
    this.after(restartMs, `restart ${process.name}`, () => this.onRestart(process))
  }

  tell(line: () => string): void {
    if (this.#tells) this.story.push(`${((this.now - start) / 1_000).toFixed(3).padStart(9)} s  ${line()}`)
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
      else if (idle >= 0) this.#perform(this.#pending.splice(idle, 1)[0]!)
      else if (this.#pending.length > 0) this.#step()
      else if (!onCalm()) {
        if (this.#clock.countTimers() === 0) return
        this.#clock.next()
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
    for (let round = 0; round < 2_000; round += 1) {
      stopAll()
      this.#pending = []
      this.#ready.length = 0
      for (const call of this.#unsettled) call.reject(new Error('the world has ended'))
      this.#unsettled.clear()
      await turn()
      if (this.#clock.countTimers() > 0) this.#clock.tick(10 * minute)
      else if (this.#unsettled.size + this.#ready.length === 0) return
    }
    throw new Error('A world did not end.')
  }

  #step(): void {
    const mayFail = this.faults.length < this.#mostFaults
    const calm: Course[] = []
    let faulty = 0
    for (const call of this.#pending) {
      const routes = call.routes?.()
      if (routes && routes.length > 0) for (const route of routes) calm.push({ call, route })
      else calm.push({ call })
      if (mayFail && call.task.process.alive) faulty += call.faults.length
    }
    const courses = calm.length + faulty
    const chosen = courses === 1 ? 0 : this.#choose(courses, calm.length)
    const { call, fault, route } = calm[chosen] ?? this.#faulty(chosen - calm.length)
    this.#pending.splice(this.#pending.indexOf(call), 1)
    this.#perform(call, fault, route)
  }

  #faulty(chosen: number): Course {
    let left = chosen
    for (const call of this.#pending) {
      if (!call.task.process.alive) continue
      const fault = call.faults[left]
      if (fault) return { call, fault }
      left -= call.faults.length
    }
    throw new RangeError('There is no such course.')
  }

  #perform(call: Call, fault?: Fault, route = call.routes?.()[0]): void {
    const { task, what } = call
    const from = task.process
    if (fault) this.faults.push({ fault, call, at: this.now })
    if (!call.isIdle?.())
      this.tell(() => `${from.name} → ${route?.to ?? call.to}: ${what}${fault ? `   ✗ ${told[fault]}` : ''}`)
    const break_ = () => this.#fail(call, Object.assign(new Error('cut'), { code: 'ECONNRESET' }))
    if (call.routes) return this.#deliver(call, fault, route, break_)
    switch (fault) {
      case undefined:
        return this.#answer(call)
      case 'fails before':
      case 'fails after':
        if (fault === 'fails after') this.#effect(call)
        call.cut?.(false)
        return break_()
      case 'is lost':
      case 'reply lost':
        if (fault === 'reply lost') this.#effect(call)
        return this.#lose(call)
      case 'late':
        return this.after(minute, `late ${what}`, () => void this.#pending.push(call))
      case 'twice':
        this.#effect(call)
        return this.#answer(call)
      case 'dies before':
        return this.kill(from)
      case 'dies after':
        this.#effect(call)
        return this.kill(from)
      case 'pauses':
        from.frozen ??= []
        this.after(minute, `thaw ${from.name}`, () => this.#thaw(from))
        return this.#answer(call)
      case 'silence':
        from.silent.add(call.to)
        this.after(minute, `again ${call.to}`, () => void from.silent.delete(call.to))
        return this.#lose(call)
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
    this.#unsettled.delete(call)
    // One task at a time: what it starts until it waits is its own.
    const second = fault === 'twice' ? call.routes?.().at(-1) : undefined
    if (second) this.soon(() => second.deliver())
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
    this.#unsettled.delete(call)
    this.reach(
      call.task,
      () => `${call.what} ${JSON.stringify(value)}`,
      () => call.resolve(value),
    )
  }

  #fail(call: Call, error: Error): void {
    this.#unsettled.delete(call)
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

export const newProcess = (name: string): Process => ({
  name,
  alive: true,
  frozen: undefined,
  silent: new Set(),
  tasks: [],
  atDeath: [],
  toJSON: () => name,
})

/** `sharesMemory`: what runs in the process waits for each other, so that it is one task. */
export function taskOf(process: Process, sharesMemory = false): Task {
  const known = process.tasks[0]
  if (known && sharesMemory) return known
  const task = { process, seen: 0, asked: 0 }
  process.tasks.push(task)
  return task
}

interface Course {
  readonly call: Call
  readonly fault?: Fault
  readonly route?: Route
}

const textOf = (label: string | (() => string)): string => (typeof label === 'string' ? label : label())

/** FNV-1a; enough to tell some million states apart. */
export function digest(text: string, from = 0x811c9dc5): number {
  let hash = from
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
