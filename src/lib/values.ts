import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../errors.ts'

/** Throws a `SmileIdConfigError`. */
export function misuse(code: SmileIdConfigErrorCode, message: string, cause?: unknown): never {
  throw new SmileIdConfigError(code, message, cause === undefined ? undefined : { cause })
}

/** Returns the properties of a plain object, each read once: a getter may answer differently the next time. */
export function readPlain(
  given: unknown,
  name: string,
  code: SmileIdConfigErrorCode = 'options_invalid',
  refusal?: string,
): Record<string, unknown> {
  let cause: unknown
  try {
    if (isPlain(given)) return Object.fromEntries(Object.getOwnPropertyNames(given).map((name) => [name, given[name]]))
  } catch (error) {
    cause = error
  }
  return misuse(code, refusal ?? `${name} must be a plain object, not ${typeNameOf(given)}.`, cause)
}

/** True for an object literal of any realm; false for class instances and objects with a prototype of their own. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** A string, shortened for a message, or the type of any other value. Not for secrets. */
export const shortString = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeNameOf(value)

/** Names the type of a value without showing its content. */
export function typeNameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value === undefined) return 'nothing'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function hasMethods(value: unknown, names: readonly string[]): value is object {
  try {
    return (
      typeof value === 'object'
      && value !== null
      && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
    )
  } catch {
    // A value that throws when it is read cannot be called either.
    return false
  }
}

/** Makes one value for each object, and gives it back for as long as the object lives. */
export function perKey<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>()
  return (key) => {
    const value = made.get(key) ?? make(key)
    made.set(key, value)
    return value
  }
}
