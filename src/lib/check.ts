import type { SmileIdConfigErrorCode } from '../errors.ts'
import { hasMethods, misuse, readPlain, typeNameOf } from './values.ts'
import { nearest } from './words.ts'

/** Checks one option and returns its value, or its default if it was not given. Throws a `SmileIdConfigError`. */
export type Check<T> = (value: unknown, name: string) => T

/** Throws a `SmileIdConfigError` unless `holds`. */
export function demand(holds: unknown, code: SmileIdConfigErrorCode, message: string): asserts holds {
  if (!holds) misuse(code, message)
}

type Checks = Readonly<Record<string, Check<unknown>>>

/** One check per option, so that none can be forgotten. */
export type ChecksOf<Options> = { readonly [Name in keyof Options]-?: Check<unknown> }

/** Checked options, each with its value or its default. */
export type Checked<C extends Checks> = { readonly [Name in keyof C]: ReturnType<C[Name]> }

interface CheckMessages {
  /** Name for one option in messages. Default: `option`. */
  what?: string
  /** Name for all of them in messages. Default: `The options`. */
  whole?: string
  /** Error code for an unknown name. Default: `unknown_option`. */
  code?: SmileIdConfigErrorCode
  /** If true, undefined is refused as well. Default: false. */
  required?: boolean
  /** Prefix for each name in a message, such as `once.`. */
  within?: string
}

/**
 * Reads and checks each option once. Refuses anything but a plain object, and unknown names: a misspelt option must not
 * be ignored, and neither must an inherited one.
 */
export function checkOptions<C extends Checks>(given: unknown, checks: C, words: CheckMessages = {}): Checked<C> {
  const { what = 'option', whole = 'The options', code = 'unknown_option', within = '', required = false } = words
  const values = given === undefined && !required ? {} : readPlain(given, whole)
  for (const name of Object.keys(values))
    if (!Object.hasOwn(checks, name)) misuse(code, unknownName(name, Object.keys(checks), what))
  return Object.freeze(
    Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, check(values[name], within + name)])),
  ) as Checked<C>
}

function unknownName(name: string, known: readonly string[], what: string): string {
  // The name is shown only if it cannot be a key that was put in the wrong place.
  const shown = /^[A-Za-z_-]{1,32}$/.test(name) ? `"${name}"` : `of ${name.length} characters`
  const like = nearest(name, known)
  return `Unknown ${what} ${shown}. ${like ? `Did you mean ${like}?` : `Known: ${known.join(', ')}.`}`
}

/** Longest time that stores can count, ms: about 285 000 years. */
const longestTime = Number.MAX_SAFE_INTEGER

/** Longest delay of a Node timer, ms: a longer one would fire at once. */
export const longestTimer = 2_147_483_647

/** `read` returns undefined for a value that cannot work; `rule` says what it must be. */
type Kind<T> = readonly [
  code: SmileIdConfigErrorCode,
  rule: string,
  read: (value: unknown) => T | undefined,
  shown?: (value: unknown) => string,
]

function accept<T>(value: unknown, name: string, kind: Kind<T>, fallback?: unknown): T {
  const [code, rule, read, shown = typeNameOf] = kind
  const accepted = read(value)
  if (accepted !== undefined) return accepted
  return misuse(code, `${name} must be ${rule}, not ${shown(value)}${defaultOf(fallback)}.`)
}

const optional =
  <T, F extends T | undefined>(fallback: F, ...kind: Kind<T>): Check<T | F> =>
  (value, name) =>
    value === undefined ? fallback : accept(value, name, kind, fallback)

const defaultOf = (fallback: unknown): string =>
  fallback === undefined ? '' : `; the default is ${fallback as string}`

const shownNumber = (value: unknown): string => (typeof value === 'number' ? String(value) : typeNameOf(value))

/** A finite time above zero, ms. */
export const ms = <F extends number | undefined>(fallback: F): Check<number | F> =>
  optional(
    fallback,
    'duration_invalid',
    'a number of milliseconds above 0',
    (value) => (typeof value === 'number' && value > 0 && value <= longestTime ? value : undefined),
    shownNumber,
  )

/** A time that fits a Node timer, ms. */
export const timer =
  <F extends number | undefined>(fallback: F): Check<number | F> =>
  (value, name) => {
    const time = ms(fallback)(value, name)
    demand(
      time === undefined || time <= longestTimer,
      'duration_invalid',
      `${name} must be at most ${longestTimer} ms, some 24 days: Node's timers count no further${defaultOf(fallback)}.`,
    )
    return time
  }

const units: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2 }

function sizeOf(value: unknown): number | undefined {
  const [, amount, unit = 'b'] =
    typeof value === 'string' && value.length < 32 ? (/^(\d+(?:\.\d+)?) ?(b|kb|mb)?$/i.exec(value) ?? []) : []
  return wholeNumber(amount === undefined ? value : Math.floor(Number(amount) * (units[unit.toLowerCase()] ?? 1)))
}

/** A size in bytes: a positive integer, or a string such as '1.5mb'. */
export const bytes = (fallback: number): Check<number> =>
  optional(
    fallback,
    'max_body_size_invalid',
    "a positive whole number of bytes or a size such as '1.5mb'",
    sizeOf,
    shownNumber,
  )

const wholeNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined

/** A whole number above zero. */
export const count = (fallback: number, code: SmileIdConfigErrorCode = 'options_invalid'): Check<number> =>
  optional(fallback, code, 'a whole number above 0', wholeNumber, shownNumber)

export const flag = <F extends boolean | undefined>(fallback: F): Check<boolean | F> =>
  optional(fallback, 'options_invalid', 'true or false', (value) => (typeof value === 'boolean' ? value : undefined))

const nonEmpty = (code: SmileIdConfigErrorCode): Kind<string> => [
  code,
  'a non-empty string',
  (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  (value) => (value === '' ? 'an empty one' : typeNameOf(value)),
]

export const nonEmptyString = <F extends string | undefined>(
  fallback: F,
  code: SmileIdConfigErrorCode = 'options_invalid',
): Check<string | F> => optional(fallback, ...nonEmpty(code))

/** Checks a job id, or the key of a partner param. */
export function checkKey(name: string, value: unknown): void {
  accept(value, name, nonEmpty('subscription_key_invalid'))
}

/** One of these strings. */
export const oneOfStrings = <const W extends string, F extends W | undefined>(
  words: readonly W[],
  fallback: F,
  code: SmileIdConfigErrorCode = 'options_invalid',
): Check<W | F> =>
  optional(
    fallback,
    code,
    words.map((one) => `'${one}'`).join(' or '),
    (value) => words.find((one) => one === value),
    (value) => (typeof value === 'string' ? 'another string' : typeNameOf(value)),
  )

const functionOf = <T>(code: SmileIdConfigErrorCode): Kind<T> => [
  code,
  'a function',
  (value) => (typeof value === 'function' ? (value as T) : undefined),
]

/** A function; its type is the one the options declare. */
export const callback = <T>(code: SmileIdConfigErrorCode): Check<T | undefined> =>
  optional<T, undefined>(undefined, ...functionOf<T>(code))

/** A function, or an array of them. */
export const callbacks =
  <T>(code: SmileIdConfigErrorCode): Check<readonly T[]> =>
  (value, name) => {
    const list: readonly unknown[] =
      value === undefined ? [] : Array.isArray(value) ? [...(value as unknown[])] : [value]
    return Object.freeze(list.map((one) => accept(one ?? null, name, functionOf<T>(code))))
  }

/** Not checked here. */
export const given =
  <T>(): Check<T> =>
  (value) =>
    value as T

export const abortSignal: Check<AbortSignal | undefined> = optional<AbortSignal, undefined>(
  undefined,
  'signal_invalid',
  'an AbortSignal, such as that of an AbortController',
  // Checked by its members: hosts and test environments have AbortSignal classes of their own.
  (value) =>
    hasMethods(value, ['addEventListener', 'removeEventListener']) && 'aborted' in value
      ? (value as AbortSignal)
      : undefined,
)

/** Options of another library, which checks them itself. */
export const engineOptions =
  <T extends object>(notTheirs: readonly string[] = []): Check<T> =>
  (value, name) => {
    if (value === undefined) return {} as T
    const options = readPlain(value, name)
    const ours = notTheirs.find((one) => Object.hasOwn(options, one))
    demand(ours === undefined, 'unknown_option', `${name} must not hold "${ours}", which is set for each event.`)
    return options as T
  }

/** Checks that a value has these methods, such as a client or queue of another library. */
export function checkMethods(
  value: unknown,
  methods: readonly string[],
  code: SmileIdConfigErrorCode,
  message: string,
): void {
  const missing = methods.filter((one) => !hasMethods(value, [one]))
  const without = typeof value === 'object' && value !== null ? ` without ${missing.join(', ')}` : ''
  demand(missing.length === 0, code, `${message}, not ${typeNameOf(value)}${without}.`)
}

/** An optional value that has these methods. */
export const having =
  <T>(methods: readonly string[], what: string): Check<T | undefined> =>
  (value, name) => {
    if (value !== undefined) checkMethods(value, methods, 'options_invalid', `${name} must be ${what}`)
    return value as T | undefined
  }
