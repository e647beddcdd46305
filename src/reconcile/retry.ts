import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiAnswer } from '../confirm/http.ts'

/** How often and how patiently a question is asked. Times in ms. */
export interface Patience {
  readonly timeoutMs: number
  readonly attempts: number
  readonly backoffMs: number
}

/** Why there is no answer. */
export type Silence = 'timeout' | 'unreachable' | 'rate_limited' | 'server_error'

/** The longest wait that a `Retry-After` may ask for, ms. */
const longestWaitMs = 60_000

/** What a server that is out of order answers. contract/v3.md §6. */
const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

/** Asks until there is an answer that another try would not change. One for a whole run: when one question is told to wait, all wait. */
export class Asker {
  readonly #patience: Patience
  readonly #signal: AbortSignal | undefined
  /** On the monotonic clock, ms. */
  #quietUntil = 0

  constructor(patience: Patience, signal: AbortSignal | undefined) {
    this.#patience = patience
    this.#signal = signal
  }

  /**
   * Resolves to the last answer, or why there is none; rejects with the reason of the run's signal.
   * `isRepeatable: false`: only what was told to wait is asked again, since the rest may have been done.
   */
  async ask(question: (signal: AbortSignal) => Promise<ApiAnswer>, isRepeatable = true): Promise<ApiAnswer | Silence> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#wait(this.#quietUntil - performance.now())
      const answer = await this.#once(question)
      const status = typeof answer === 'string' ? answer : answer.status
      if (typeof status === 'number' && !passing.has(status)) return answer
      const isLast = attempt >= this.#patience.attempts || (!isRepeatable && status !== 429)
      if (isLast) return typeof status === 'string' ? status : status === 429 ? 'rate_limited' : 'server_error'
      await this.#backOff(attempt, answer)
    }
  }

  /** Waits; rejects with the reason of the run's signal. */
  pause(ms: number): Promise<void> {
    return this.#wait(ms)
  }

  async #once(question: (signal: AbortSignal) => Promise<ApiAnswer>): Promise<ApiAnswer | Silence> {
    const timeout = AbortSignal.timeout(this.#patience.timeoutMs)
    try {
      return await question(this.#signal ? AbortSignal.any([this.#signal, timeout]) : timeout)
    } catch {
      this.#signal?.throwIfAborted()
      return timeout.aborted ? 'timeout' : 'unreachable'
    }
  }

  async #backOff(attempt: number, answer: ApiAnswer | Silence): Promise<void> {
    const told = typeof answer === 'string' ? undefined : answer.retryAfterMs
    if (told !== undefined) {
      this.#quietUntil = Math.max(this.#quietUntil, performance.now() + Math.min(told, longestWaitMs))
      return
    }
    // Spread, so that many do not come back at once.
    await this.#wait(this.#patience.backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random()))
  }

  async #wait(ms: number): Promise<void> {
    this.#signal?.throwIfAborted()
    if (ms > 0) await sleep(Math.min(ms, longestWaitMs), undefined, { signal: this.#signal }).catch(() => this.#signal?.throwIfAborted())
  }
}
