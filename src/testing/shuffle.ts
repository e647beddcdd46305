import { SmileIdConfigError } from '../errors.ts'
import { sortOf } from '../lib/check-options.ts'

/**
 * A copy in another order; the same seed gives the same order. Default: a new one each time.
 * @example
 * import { deliver, jobStory, shuffle } from 'express-smile-id/testing'
 *
 * for (const delivery of shuffle(jobStory('biometric_kyc', { credential }), 7)) await deliver(app, delivery)
 */
export function shuffle<T>(list: readonly T[], seed: number = Math.floor(Math.random() * 2 ** 32)): T[] {
  const isList: boolean = Array.isArray(list)
  if (!isList || !Number.isFinite(seed)) throw new SmileIdConfigError('options_invalid', `shuffle takes a list, and a number as its seed, not ${sortOf(isList ? seed : list)}.`)
  const random = mulberry32(seed)
  const shuffled = [...list]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    ;[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T]
  }
  return shuffled
}

/** Mulberry32: small, and good enough to deal cards. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
