import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../errors.ts'
import { readPlain, sortOf, type Check } from './check-options.ts'

/** The longest time that stores count, ms: some 285 000 years. */
const longestTime = Number.MAX_SAFE_INTEGER

/** The longest time that Node's timers count, ms: one above it would be over at once. */
export const longestTimer = 2_147_483_647

const shown = (value: unknown): string => (typeof value === 'number' ? String(value) : sortOf(value))

const defaultOf = (fallback: number | string | boolean | undefined): string => (fallback === undefined ? '' : `; the default is ${String(fallback)}`)

/** A time in ms, above zero and finite. */
export const ms =
  <F extends number | undefined>(fallback: F): Check<number | F> =>
  (value, name) => {
    if (value === undefined) return fallback
    if (typeof value === 'number' && value > 0 && value <= longestTime) return value
    throw new SmileIdConfigError('duration_invalid', `${name} must be a number of milliseconds above 0, not ${shown(value)}${defaultOf(fallback)}.`)
  }

/** A time in ms that somebody waits for. */
export const timer =
  <F extends number | undefined>(fallback: F): Check<number | F> =>
  (value, name) => {
    const time = ms(fallback)(value, name)
    if (time === undefined || time <= longestTimer) return time
    throw new SmileIdConfigError('duration_invalid', `${name} must be at most ${longestTimer} ms, some 24 days: Node's timers count no further${defaultOf(fallback)}.`)
  }

const units: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2 }

/** A size in bytes: a positive integer, or a text such as '1.5mb'. */
export const bytes =
  (fallback: number): Check<number> =>
  (value, name) => {
    if (value === undefined) return fallback
    const [, amount, unit = 'b'] = typeof value === 'string' && value.length < 32 ? (/^(\d+(?:\.\d+)?) ?(b|kb|mb)?$/i.exec(value) ?? []) : []
    const size = amount === undefined ? value : Math.floor(Number(amount) * (units[unit.toLowerCase()] ?? 1))
    if (typeof size === 'number' && Number.isSafeInteger(size) && size > 0) return size
    throw new SmileIdConfigError('max_body_size_invalid', `${name} must be a positive whole number of bytes or a size such as '1.5mb', not ${shown(value)}${defaultOf(fallback)}.`)
  }

/** A whole number above zero. */
export const count =
  (fallback: number, code: SmileIdConfigErrorCode = 'options_invalid'): Check<number> =>
  (value, name) => {
    if (value === undefined) return fallback
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
    throw new SmileIdConfigError(code, `${name} must be a whole number above 0, not ${shown(value)}${defaultOf(fallback)}.`)
  }

export const flag =
  <F extends boolean | undefined>(fallback: F): Check<boolean | F> =>
  (value, name) => {
    if (value === undefined) return fallback
    if (typeof value === 'boolean') return value
    throw new SmileIdConfigError('options_invalid', `${name} must be true or false, not ${sortOf(value)}${defaultOf(fallback)}.`)
  }

/** A text that is not empty. */
export const text =
  <F extends string | undefined>(fallback: F, code: SmileIdConfigErrorCode = 'options_invalid'): Check<string | F> =>
  (value, name) => {
    if (value === undefined) return fallback
    if (typeof value === 'string' && value !== '') return value
    throw new SmileIdConfigError(code, `${name} must be a text that is not empty, not ${value === '' ? 'an empty one' : sortOf(value)}${defaultOf(fallback)}.`)
  }

/** One of these words. */
export const word =
  <const W extends string, F extends W | undefined>(words: readonly W[], fallback: F, code: SmileIdConfigErrorCode = 'options_invalid'): Check<W | F> =>
  (value, name) => {
    if (value === undefined) return fallback
    if ((words as readonly unknown[]).includes(value)) return value as W
    throw new SmileIdConfigError(code, `${name} must be ${words.map((one) => `'${one}'`).join(' or ')}, not ${typeof value === 'string' ? 'another text' : sortOf(value)}${defaultOf(fallback)}.`)
  }

/** A function, of whatever type the options say. */
export const callback =
  <T>(code: SmileIdConfigErrorCode): Check<T | undefined> =>
  (value, name) => {
    if (value === undefined || typeof value === 'function') return value as T | undefined
    throw new SmileIdConfigError(code, `${name} must be a function, not ${sortOf(value)}.`)
  }

/** Checked by something else. */
export const given =
  <T>(): Check<T> =>
  (value) =>
    value as T

export const abortSignal: Check<AbortSignal | undefined> = (value, name) => {
  // By its members: hosts and test environments bring classes of their own.
  if (value === undefined || (hasMethods(value, ['addEventListener', 'removeEventListener']) && 'aborted' in value)) return value as AbortSignal | undefined
  throw new SmileIdConfigError('signal_invalid', `${name} must be an AbortSignal, such as that of an AbortController, not ${sortOf(value)}.`)
}

/** Options of another library, which checks them itself. */
export const engineOptions =
  <T extends object>(notTheirs: readonly string[] = []): Check<T> =>
  (value, name) => {
    if (value === undefined) return {} as T
    const options = readPlain(value, `${name} must be a plain object, not ${sortOf(value)}.`)
    const ours = notTheirs.find((one) => Object.hasOwn(options, one))
    if (ours === undefined) return options as T
    throw new SmileIdConfigError('unknown_option', `${name} must not hold "${ours}", which is set for each event.`)
  }

/** Something that has to have these methods, such as a client or a queue of another library. */
export function checkMethods(value: unknown, methods: readonly string[], code: SmileIdConfigErrorCode, message: string): void {
  if (!hasMethods(value, methods)) throw new SmileIdConfigError(code, `${message}, not ${sortOf(value)}${isThing(value) ? ` without ${methods.filter((one) => !hasMethods(value, [one])).join(', ')}` : ''}.`)
}

/** Something that may be left out, known by its methods. */
export const having =
  <T>(methods: readonly string[], what: string): Check<T | undefined> =>
  (value, name) => {
    if (value !== undefined) checkMethods(value, methods, 'options_invalid', `${name} must be ${what}`)
    return value as T | undefined
  }

const isThing = (value: unknown): boolean => typeof value === 'object' && value !== null

export function hasMethods(value: unknown, names: readonly string[]): value is object {
  try {
    return typeof value === 'object' && value !== null && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  } catch {
    // A getter that throws.
    return false
  }
}
