import { createCallbackUrls, type CallbackUrls } from '../signature/callback-url.ts'
import { SmileIdConfigError } from '../errors.ts'
import { secretText } from '../lib/secret-text.ts'

const shortestSecret = 16

/** A random text of 16 hexadecimal digits has fewer than this once in two million. */
const fewestCharacters = 5

/** The option `callbackSecret`, checked. */
export function callbackUrls(secret: unknown): CallbackUrls | undefined {
  if (secret === undefined) return undefined
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
  if (secrets.length === 0) throw new SmileIdConfigError('callback_secret_invalid', `callbackSecret is an empty list. ${howTo}`)
  return createCallbackUrls(secrets.map(checkedSecret))
}

const howTo = `It must be a random text of at least ${shortestSecret} characters, such as that of "openssl rand -hex 32", or a list of such texts, the newest first.`

function checkedSecret(secret: unknown): string {
  const text = secretText(secret, 'callbackSecret', 'callback_secret_invalid', howTo)
  if (text.length < shortestSecret) throw new SmileIdConfigError('callback_secret_invalid', `callbackSecret is too short. ${howTo}`)
  if (new Set(text).size < fewestCharacters) throw new SmileIdConfigError('callback_secret_invalid', `callbackSecret repeats a few characters, so it can be guessed. ${howTo}`)
  return text
}
