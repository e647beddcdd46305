import type { SmileIdConfigErrorCode } from '../errors.ts'
import { checkOptions, type ChecksOf, demand } from '../lib/check.ts'
import { typeNameOf } from '../lib/values.ts'
import { definedOnly } from '../lib/json.ts'
import { withTimeout } from '../lib/promises.ts'
import { addressString } from '../receive/guards/address.ts'
import type { Candidate, CandidateSource } from '../receive/guards/signature.ts'
import { refuseThrown } from '../report/refusal.ts'
import { type CallbackUrls, createCallbackUrls } from '../signature/callback-url.ts'
import { signingKey } from '../signature/sign.ts'
import type { Credential, CredentialQuery, CredentialResolver, SmileIdCallbacksOptions } from './types.ts'

/** Compiles credentials once; those of a function each time it returns them. */
export function compileCredentials(credentials: SmileIdCallbacksOptions['credentials']): CandidateSource {
  if (typeof credentials === 'function') return resolving(credentials)
  const list = toList(credentials)
  demand(
    list.length > 0,
    'credentials_missing',
    'credentials are missing: give { partnerId, apiKey } of your Smile ID account. Without them no callback can be verified.',
  )
  const candidates = candidatesOf(list, (environment, partnerId) =>
    list.some((other) => other.partnerId === partnerId && other.environment !== environment),
  )
  return () => candidates
}

/**
 * Time limit for a credentials function, ms. Without it, a database that hangs would keep every stranger's body in
 * memory.
 */
const resolveMs = 5_000

const resolving =
  (resolve: CredentialResolver): CandidateSource =>
  async (generation, { headers, clientIp, params = {} }) => {
    const query: CredentialQuery = definedOnly({ generation, params, headers, clientIp: addressString(clientIp) })
    const boxed = await withTimeout(async () => candidatesOf(toList(await resolve(query)), () => true), resolveMs)
    return 'value' in boxed
      ? boxed.value
      : refuseThrown('credentials_unavailable', 'credentials_failed', { where: 'credentials', error: boxed.error })
  }

const toList = (given: Credential | readonly Credential[] | undefined | null): readonly Credential[] =>
  [given ?? []].flat()

/** Credentials for the sandbox may deliver from its addresses. Those of a function are not known at the start. */
export function isSandbox(credentials: SmileIdCallbacksOptions['credentials']): boolean {
  const list = typeof credentials === 'function' ? [] : toList(credentials)
  return list.some(({ environment }) => environment !== undefined && /sandbox/i.test(environment))
}

function optionalName(value: unknown, name: string): string | undefined {
  const isString = typeof value === 'string'
  demand(isString || value === undefined, 'credentials_invalid', `${name} must be a string, not ${typeNameOf(value)}.`)
  return isString ? value : undefined
}

/** `Production` would be neither of the two, and sent to the servers of both. */
function environmentName(value: unknown, name: string): string | undefined {
  const given = optionalName(value, name)
  const meant = ['production', 'sandbox'].find((one) => one === given?.trim().toLowerCase())
  const isExact = meant === undefined || meant === given
  demand(isExact, 'credentials_invalid', `${name} must be '${meant}', in small letters and without spaces.`)
  return given
}

const idHelp = "It must be a string such as '085': leading zeros count. Is the environment variable set?"
const keyHelp = 'Is the environment variable set, without quotation marks?'

const checks = {
  partnerId: (value: unknown) => checkedSecretString(value, 'partnerId', 'partner_id_invalid', idHelp),
  apiKey: (value: unknown) => checkedSecretString(value, 'apiKey', 'api_key_invalid', keyHelp),
  environment: environmentName,
  label: optionalName,
} satisfies ChecksOf<Credential>

/**
 * Ids have to stay when an environment is named later, and to differ where one partner has two: only a name that tells
 * it from another counts, and never that of production. A function may give another one with the next delivery.
 */
function candidatesOf(
  list: readonly Credential[],
  isOneOfSeveral: (environment: string, partnerId: string) => boolean,
): Candidate[] {
  return list.map((credential) => {
    const one = candidate(credential)
    const { partnerId, environment } = one.credential
    const isNamed = environment !== undefined && !/^(?:prod|production|live)$/i.test(environment)
    return Object.freeze({ ...one, realm: isNamed && isOneOfSeveral(environment, partnerId) ? environment : undefined })
  })
}

function candidate(credential: unknown): Omit<Candidate, 'realm'> {
  const { partnerId, apiKey, environment, label } = checkOptions(credential, checks, {
    required: true,
    what: 'credential key',
    whole: 'A credential',
    code: 'credentials_invalid',
    within: 'credentials.',
  })
  return { ...signingKey(partnerId, apiKey), credential: Object.freeze(definedOnly({ partnerId, environment, label })) }
}

const shortestSecret = 16

/** A random string of 16 hexadecimal digits has fewer than this once in two million. */
const fewestCharacters = 5

/** The option `callbackSecret`, checked. */
export function callbackUrls(secret: unknown): CallbackUrls | undefined {
  if (secret === undefined) return undefined
  const secrets: readonly unknown[] = [secret].flat()
  demand(secrets.length > 0, secretInvalid, `callbackSecret is an empty array. ${howTo}`)
  return createCallbackUrls(secrets.map(checkedSecret))
}

const secretInvalid = 'callback_secret_invalid'
const howTo = `It must be a random string of at least ${shortestSecret} characters, such as the output of "openssl rand -hex 32", or an array of such strings, the newest first.`

function checkedSecret(secret: unknown): string {
  const text = checkedSecretString(secret, 'callbackSecret', secretInvalid, howTo)
  demand(text.length >= shortestSecret, secretInvalid, `callbackSecret is too short. ${howTo}`)
  const isVaried = new Set(text).size >= fewestCharacters
  demand(isVaried, secretInvalid, `callbackSecret repeats a few characters, so it can be guessed. ${howTo}`)
  return text
}

/** Common mistakes in a value that was copied or read from a file. The message names the mistake, never the value. */
const mistakes: readonly [pattern: RegExp, says: string][] = [
  [/^\s*$/u, 'is an empty string'],
  [/[\n\r\u2028\u2029]/u, 'holds a line end'],
  [/^\s|\s$/u, 'begins or ends with white space'],
  [/\p{Cc}|\p{Cf}/u, 'holds a character that is not visible'],
  [/^["'`‘’“”«»]|["'`‘’“”«»]$/u, 'begins or ends with a quotation mark'],
  [/^(?:undefined|null|NaN|\[object \w+\])$/u, 'is the string form of a missing value'],
]

/** A string that is used literally: with one extra character every signature is wrong. */
function checkedSecretString(value: unknown, name: string, code: SmileIdConfigErrorCode, help: string): string {
  const mistake =
    typeof value === 'string'
      ? mistakes.find(([pattern]) => pattern.test(value))?.[1]
      : `is ${typeNameOf(value)}, not a string`
  demand(mistake === undefined, code, `${name} ${mistake}. ${help}`)
  return value as string
}
