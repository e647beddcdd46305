import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../errors.ts'

/** The properties of a plain object, each read once: a getter may answer differently the next time. */
export function readPlain(
  given: unknown,
  refusal: string,
  code: SmileIdConfigErrorCode = 'options_invalid',
): Record<string, unknown> {
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

/** A text as a message may show it; of anything else what it is. Not for secrets. */
export const shortText = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : sortOf(value)

/** What a value is, without saying what is in it. */
export function sortOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return sorts[typeof value]
}

const sorts = {
  undefined: 'nothing',
  object: 'an object',
  string: 'a text',
  number: 'a number',
  boolean: 'a boolean',
  function: 'a function',
  symbol: 'a symbol',
  bigint: 'a bigint',
} as const

export const isThing = (value: unknown): boolean => typeof value === 'object' && value !== null

export function hasMethods(value: unknown, names: readonly string[]): value is object {
  try {
    return (
      typeof value === 'object'
      && value !== null
      && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
    )
  } catch {
    // A getter that throws.
    return false
  }
}
