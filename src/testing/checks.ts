import { type Check, nonEmptyString, oneOfStrings } from '../lib/check.ts'
import { misuse, readPlain, typeNameOf } from '../lib/values.ts'
import type { Generation } from '../types/delivery.ts'

// Checks that several functions of the test kit share.

export const generationCheck: Check<Generation | undefined> = oneOfStrings(['v1', 'v3'], undefined)

/** An id, or a name that is looked up later. */
export const idCheck: Check<string | undefined> = nonEmptyString(undefined)

/** A plain object; the caller checks its properties. */
export const objectCheck: Check<Readonly<Record<string, unknown>> | undefined> = (value, name) =>
  value === undefined ? undefined : readPlain(value, name)

/** Partner params or path params: strings by name. */
export const stringsCheck: Check<Readonly<Record<string, string>> | undefined> = (value, name) => {
  const texts = objectCheck(value, name)
  const wrong = Object.entries(texts ?? {}).find(([, one]) => typeof one !== 'string')
  if (wrong) misuse('options_invalid', `${name} must hold strings only, not ${typeNameOf(wrong[1])}.`)
  return texts as Readonly<Record<string, string>> | undefined
}
