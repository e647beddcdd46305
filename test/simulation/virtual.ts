import { createRequire, syncBuiltinESMExports } from 'node:module'
import type * as TimersPromises from 'node:timers/promises'
import FakeTimers from '@sinonjs/fake-timers'

/** When every run begins. */
export const start = Date.parse('2026-10-14T09:00:00.000Z')

/** Who runs: whatever starts a timer or asks the network now does so for it. */
export interface Running {
  /** Wraps what a timer calls, for the process that set it. */
  timer(callback: () => void): () => void
  immediate(callback: () => void): void
  /** Stops what would go on for ever, once its process has ended. */
  atDeath(stop: () => void): void
  fetch(url: string, init: RequestInit): Promise<unknown>
  /** A rejection that nobody handled. */
  unhandled(error: unknown): void
}

const realTurn = setImmediate

/** Lets every promise go as far as it can without time, network or timers. */
export const turn = (): Promise<void> => new Promise((resolve) => void realTurn(resolve))

const require = createRequire(import.meta.url)
const timersPromises = require('node:timers/promises') as Record<string, unknown>
const crypto = require('node:crypto') as Record<string, unknown>

export type Clock = ReturnType<typeof FakeTimers.install>

/**
 * Takes time, chance and the network from all code of this thread until `undo`: a timer runs when `clock` is told to,
 * numbers and ids come from a seed that `reset` sets.
 */
export function takeOver(): { clock: Clock; reset: (running: Running) => void; undo: () => void } {
  const clock = FakeTimers.install({
    now: start,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  })
  const random = mulberry32()
  // Nobody reads the stacks of errors that a schedule asked for.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  let running: Running | undefined
  const owned = (callback: () => void) => (running ? running.timer(callback) : callback)
  const { setTimeout: timeout, setInterval: interval } = globalThis
  const later = ((callback: () => void, ms?: number) => timeout(owned(callback), ms)) as typeof setTimeout
  const repeat = (callback: () => void, ms: number) => {
    const timer = interval(owned(callback), ms)
    running?.atDeath(() => {
      clearInterval(timer)
    })
    return timer
  }
  const replaced: [object, string, unknown][] = [
    [globalThis, 'setTimeout', later],
    [globalThis, 'setInterval', repeat],
    [globalThis, 'setImmediate', (callback: () => void) => running?.immediate(callback)],
    [globalThis, 'fetch', (url: string, init: RequestInit) => running?.fetch(url, init)],
    [Math, 'random', random.next],
    [process, 'emitWarning', () => undefined],
    [AbortSignal, 'timeout', (ms: number) => abortedAfter(ms)],
    [timersPromises, 'setTimeout', sleep],
    [crypto, 'randomUUID', () => `uuid-${Math.floor(random.next() * 2 ** 32)}`],
  ]
  const undo = replaced.map(([target, name]) => [target, name, Reflect.get(target, name)] as const)
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
      random.seed(1)
      running = next
    },
    undo() {
      for (const [target, name, value] of undo) Reflect.set(target, name, value)
      syncBuiltinESMExports()
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
      Error.stackTraceLimit = stackTraceLimit
      clock.uninstall()
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

/** Small, and good enough to deal cards. */
export function mulberry32(): { seed: (seed: number) => void; next: () => number } {
  let state = 1
  return {
    seed: (seed) => void (state = seed >>> 0),
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
