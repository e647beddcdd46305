import { createRequire, syncBuiltinESMExports } from 'node:module'
import type * as Crypto from 'node:crypto'
import type * as TimersPromises from 'node:timers/promises'

/** When every run begins. */
export const start = Date.parse('2026-10-14T09:00:00.000Z')

/** Who runs: whatever starts a timer, throws dice or asks the network now does so for it. */
export interface Running {
  /** How far the clock on its wall is off, ms. */
  readonly skewMs: number
  /** From 0 to 1. */
  chance(): number
  /** Wraps what a timer calls, for the process that set it. */
  timer(callback: () => void): () => void
  immediate(callback: () => void): void
  /** Stops what would go on for ever, once its process has ended. */
  atDeath(stop: () => void): void
  fetch(url: string, init: RequestInit): Promise<unknown>
  /** A rejection that nobody handled. */
  unhandled(error: unknown): void
}

const realImmediate = setImmediate
const turnsAhead = 256
let turnsLeft = 0
let onTurn: (() => void) | undefined
const takeTurn = () => {
  turnsLeft -= 1
  onTurn?.()
}

/**
 * Lets every promise go as far as it can without time, network or timers, and Node tell of rejections. Turns are asked
 * for ahead: those of one round of the event loop follow each other, and a round costs more than a turn.
 */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    onTurn = resolve
    if (turnsLeft > 0) return
    turnsLeft = turnsAhead
    for (let i = 0; i < turnsAhead; i += 1) realImmediate(takeTurn)
  })

const require = createRequire(import.meta.url)
const timersPromises = require('node:timers/promises') as Record<string, unknown>
const crypto = require('node:crypto') as typeof Crypto
const { createHmac, createSecretKey } = crypto

/** Works out once what depends on nothing but its key; most is asked for again and again. */
export function remembered<Given extends unknown[], Value>(
  keyOf: (...given: Given) => string,
  work: (...given: Given) => Value,
): (...given: Given) => Value {
  const known = new Map<string, Value>()
  return (...given) => {
    const key = keyOf(...given)
    const value = known.get(key) ?? work(...given)
    if (known.size > 10_000) known.clear()
    known.set(key, value)
    return value
  }
}

type Sign = (text: string, encoding: Crypto.BinaryToTextEncoding) => string
const signers = new WeakMap<Crypto.KeyObject, Sign>()
const secretKey = remembered(
  (secret: string) => secret,
  (secret) => {
    const key = createSecretKey(secret, 'utf8')
    const sign: Sign = (text, encoding) => createHmac('sha256', key).update(text, 'utf8').digest(encoding)
    signers.set(
      key,
      remembered((text, encoding) => `${encoding} ${text}`, sign),
    )
    return key
  },
)
/** Of one text, as `src/signature/sign.ts` signs. */
const hmac = (_sha256: string, key: Crypto.KeyObject) => ({
  update: (text: string) => ({ digest: (encoding: Crypto.BinaryToTextEncoding) => signers.get(key)!(text, encoding) }),
})

interface Timer {
  at: number
  readonly run: () => void
  readonly everyMs: number | undefined
  unref(): Timer
}

/** Time that moves when it is told to. */
export class Clock {
  now = start
  /** By time, and of one time in the order in which they were set. */
  readonly #timers: Timer[] = []

  get count(): number {
    return this.#timers.length
  }

  set(run: () => void, ms = 0, everyMs?: number): Timer {
    const timer: Timer = { at: this.now + Math.max(everyMs ?? 0, Math.floor(ms)), run, everyMs, unref: () => timer }
    this.#insert(timer)
    return timer
  }

  readonly clear = (timer: unknown): void => {
    const at = this.#timers.indexOf(timer as Timer)
    if (at >= 0) this.#timers.splice(at, 1)
  }

  reset(): void {
    this.now = start
    this.#timers.length = 0
  }

  /** To the next timer. */
  next(): void {
    const timer = this.#timers.shift()
    if (!timer) return
    this.now = Math.max(this.now, timer.at)
    if (timer.everyMs !== undefined) this.#insert(Object.assign(timer, { at: this.now + timer.everyMs }))
    timer.run()
  }

  #insert(timer: Timer): void {
    let place = this.#timers.length
    while (place > 0 && (this.#timers[place - 1]?.at ?? 0) > timer.at) place -= 1
    this.#timers.splice(place, 0, timer)
  }
}

/**
 * Takes time, chance and the network from all code of this thread until `undo`: a timer runs when `clock` is told to,
 * numbers and ids come from whoever runs.
 */
export function takeOver(): { clock: Clock; reset: (running: Running) => void; undo: () => void } {
  const clock = new Clock()
  let running: Running | undefined
  const wall = () => clock.now + (running?.skewMs ?? 0)
  const owned = (callback: () => void) => (running ? running.timer(callback) : callback)
  const later = (callback: () => void, ms?: number) => clock.set(owned(callback), ms)
  const repeat = (callback: () => void, ms: number) => {
    const timer = clock.set(owned(callback), ms, Math.max(1, ms))
    running?.atDeath(() => clock.clear(timer))
    return timer
  }
  class VirtualDate extends Date {
    constructor(...args: [number?]) {
      super(args.length === 0 ? wall() : (args[0] as number))
    }
    static override now = wall
  }
  const chance = () => running?.chance() ?? 0.5
  const replaced: [object, string, unknown][] = [
    [globalThis, 'setTimeout', later],
    [globalThis, 'setInterval', repeat],
    [globalThis, 'clearTimeout', clock.clear],
    [globalThis, 'clearInterval', clock.clear],
    [globalThis, 'setImmediate', (callback: () => void) => running?.immediate(callback)],
    [globalThis, 'fetch', (url: string, init: RequestInit) => running?.fetch(url, init)],
    [globalThis, 'Date', VirtualDate],
    [performance, 'now', () => clock.now - start + 1_000],
    [Math, 'random', chance],
    [process, 'emitWarning', () => undefined],
    [AbortSignal, 'timeout', (ms: number) => abortedAfter(ms)],
    [timersPromises, 'setTimeout', sleep],
    [crypto, 'randomUUID', () => `uuid-${Math.floor(chance() * 2 ** 32)}`],
    [crypto, 'createSecretKey', secretKey],
    [crypto, 'createHmac', hmac],
    // Nobody reads the stacks of errors that a schedule asked for.
    [Error, 'stackTraceLimit', 0],
  ]
  const before = replaced.map(([target, name]) => [target, name, Reflect.get(target, name)] as const)
  for (const [target, name, value] of replaced) Reflect.set(target, name, value)
  syncBuiltinESMExports()
  // A rejection that nobody handles would end the host's process: the world that runs has to hear of it.
  const listeners = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[]
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => running?.unhandled(error))
  return {
    clock,
    reset(next) {
      clock.reset()
      running = next
    },
    undo() {
      for (const [target, name, value] of before) Reflect.set(target, name, value)
      syncBuiltinESMExports()
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
    },
  }
}

function abortedAfter(ms: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => {
    controller.abort(new DOMException('timeout', 'TimeoutError'))
  }, ms)
  return controller.signal
}

const sleep: typeof TimersPromises.setTimeout = (ms, value, { signal } = {}) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve(value as never)
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
