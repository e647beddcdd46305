import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../errors.ts'

/** Refuses what is no object and keys that are not known: a misspelt option must not be ignored. */
export function checkKeys(object: unknown, known: readonly string[], what: string, code: SmileIdConfigErrorCode): void {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new SmileIdConfigError('options_invalid', `The ${what}s have to be one object.`)
  }
  const unknown = Object.keys(object).find((key) => !known.includes(key))
  if (unknown === undefined) return
  const like = known.find((name) => name.toLowerCase() === unknown.toLowerCase().replace(/[_-]/g, ''))
  throw new SmileIdConfigError(code, `Unknown ${what} "${unknown}". ${like ? `Did you mean ${like}?` : `Known: ${known.join(', ')}.`}`)
}

/** A time in ms, above zero and finite. */
export function positiveMs(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new SmileIdConfigError('duration_invalid', `${name} has to be a number of milliseconds above 0; the default is ${fallback}.`)
}

/** The longest time that Node's timers count, ms: one above it would be over at once. */
export const longestTimer = 2_147_483_647

/** A time in ms that somebody waits for. */
export function timerMs(name: string, value: unknown, fallback: number): number {
  const time = positiveMs(name, value, fallback)
  if (time <= longestTimer) return time
  throw new SmileIdConfigError('duration_invalid', `${name} has to be at most ${longestTimer} ms, some 24 days: Node's timers count no further. The default is ${fallback}.`)
}

const units: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2 }

/** A size in bytes: a positive integer, or a text such as '1.5mb'. */
export function size(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  const [, amount, unit = 'b'] = typeof value === 'string' ? (/^(\d+(?:\.\d+)?) ?(b|kb|mb)?$/i.exec(value) ?? []) : []
  const bytes = amount === undefined ? value : Math.floor(Number(amount) * (units[unit.toLowerCase()] ?? 1))
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes > 0) return bytes
  throw new SmileIdConfigError('max_body_size_invalid', `${name} has to be a positive whole number of bytes or a size such as '1.5mb'; the default is ${fallback}.`)
}

export function optionalFunction<F>(name: string, value: F | undefined, code: SmileIdConfigErrorCode): F | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw new SmileIdConfigError(code, `${name} has to be a function.`)
}
