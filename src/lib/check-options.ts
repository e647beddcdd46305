import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../errors.ts'

/** Checks one option: gives its value, or its default where it was not given. Throws a `SmileIdConfigError`. */
export type Check<T> = (value: unknown, name: string) => T

type Checks = Readonly<Record<string, Check<unknown>>>

/** One check per option, so that none can be forgotten. */
export type ChecksOf<Options> = { readonly [Name in keyof Options]-?: Check<unknown> }

/** Options, checked: each with its value or its default. */
export type Checked<C extends Checks> = { readonly [Name in keyof C]: ReturnType<C[Name]> }

interface Words {
  /** What one of the options is called in a message. Default: `option`. */
  what?: string
  /** What all of them are called together. Default: `The options`. */
  whole?: string
  /** For a name that is not known. Default: `unknown_option`. */
  code?: SmileIdConfigErrorCode
  /** Where an option of an earlier name is now. */
  moved?: Readonly<Record<string, string>>
  /** Whether there must be some, so that undefined is refused as well. Default: false. */
  required?: boolean
  /** Goes before each name in a message, such as `once.`. */
  within?: string
}

/**
 * Reads each option once and checks it. Refuses anything but a plain object, and unknown names: a misspelt
 * option must not be ignored, and neither must one that a class inherits.
 */
export function checkOptions<C extends Checks>(given: unknown, checks: C, words: Words = {}): Checked<C> {
  const { what = 'option', whole = 'The options', code = 'unknown_option', moved = {}, within = '', required = false } = words
  const values = given === undefined && !required ? {} : readPlain(given, `${whole} must be a plain object, not ${sortOf(given)}.`)
  for (const name of Object.keys(values)) if (!Object.hasOwn(checks, name)) throw new SmileIdConfigError(code, unknownName(name, Object.keys(checks), what, moved))
  return Object.freeze(Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, check(values[name], within + name)]))) as Checked<C>
}

/** The properties of a plain object, each read once: a getter may answer differently the next time. */
export function readPlain(given: unknown, refusal: string, code: SmileIdConfigErrorCode = 'options_invalid'): Record<string, unknown> {
  try {
    if (isPlain(given)) return Object.fromEntries(Object.getOwnPropertyNames(given).map((name) => [name, given[name]]))
  } catch {
    // A getter or a proxy that throws: its error may say anything.
  }
  throw new SmileIdConfigError(code, refusal)
}

/** Made by `{}`, of whatever realm; what a class or another object lends its properties is not. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function unknownName(name: string, known: readonly string[], what: string, moved: Readonly<Record<string, string>>): string {
  // Someone may have put a key where its name belongs.
  const shown = /^[A-Za-z_-]{1,32}$/.test(name) ? `"${name}"` : `of ${name.length} characters`
  const place = Object.hasOwn(moved, name) ? moved[name] : undefined
  if (place !== undefined) return `Unknown ${what} ${shown}. It is now ${place}.`
  const plain = name.toLowerCase().replace(/[_-]/g, '').replace('ise', 'ize')
  const like = known.find((one) => one.toLowerCase() === plain)
  return `Unknown ${what} ${shown}. ${like ? `Did you mean ${like}?` : `Known: ${known.join(', ')}.`}`
}

/** A text as a message may show it; of anything else what it is. Not for secrets. */
export const shortText = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : sortOf(value))

/** What a value is, without saying what is in it. */
export function sortOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return sorts[typeof value]
}

const sorts = { undefined: 'nothing', object: 'an object', string: 'a text', number: 'a number', boolean: 'a boolean', function: 'a function', symbol: 'a symbol', bigint: 'a bigint' } as const
