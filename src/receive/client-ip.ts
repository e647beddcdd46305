import { ignoreFailure } from '../lib/ignore-failure.ts'
import { isThenable } from '../lib/with-timeout.ts'

/** Longer than any address with its zone and port, characters. */
const maxLength = 100

/** The sender's address as text, from what a host or a function of its owner gives: without blanks and quotes around it. */
export function addressText(given: unknown): string | undefined {
  // Else its rejection would be nobody's, and end the process.
  if (isPromise(given)) ignoreFailure(given)
  if (typeof given !== 'string') return undefined
  const text = unquoted(given.trim())
  return text === '' || text.length > maxLength ? undefined : text
}

const quoted = /^(["']).*\1$/s
const unquoted = (text: string): string => (quoted.test(text) ? text.slice(1, -1).trim() : text)

/** False where it cannot be looked at: that is no promise, either. */
function isPromise(given: unknown): boolean {
  try {
    return isThenable(given)
  } catch {
    return false
  }
}

/** What is wrong with an address that cannot be read. */
export function addressHint(given: unknown): string {
  if (given === undefined || given === null) return 'No client address was given: pass clientIp, or set allowedIps to false where another layer checks it.'
  if (isPromise(given)) return 'clientIp gave a promise: it has to give the address itself.'
  return 'clientIp returned something that is not an address: it has to be one address as text, such as 203.0.113.7.'
}
