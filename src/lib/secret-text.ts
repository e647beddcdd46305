import { SmileIdConfigError, type SmileIdConfigErrorCode } from '../errors.ts'
import { sortOf } from './check-options.ts'

/** What is wrong with a text that was copied, or read from a file, by somebody in a hurry. It names what is there, never the text. */
const mistakes: readonly [pattern: RegExp, says: string][] = [
  [/^\s*$/u, 'is an empty text'],
  [/[\n\r\u2028\u2029]/u, 'holds a line end'],
  [/^\s|\s$/u, 'begins or ends with white space'],
  [/\p{Cc}|\p{Cf}/u, 'holds a character that is not visible'],
  [/^["'`‘’“”«»]|["'`‘’“”«»]$/u, 'begins or ends with a quotation mark'],
  [/^(?:undefined|null|NaN|\[object \w+\])$/u, 'is what JavaScript writes for a value that is not there'],
]

/** A text that is used to the letter: one character more, and every signature is wrong. */
export function secretText(value: unknown, name: string, code: SmileIdConfigErrorCode, help: string): string {
  const mistake = typeof value === 'string' ? mistakes.find(([pattern]) => pattern.test(value))?.[1] : `is ${sortOf(value)}, not a text`
  if (mistake !== undefined) throw new SmileIdConfigError(code, `${name} ${mistake}. ${help}`)
  return value as string
}
