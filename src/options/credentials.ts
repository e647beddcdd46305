import { SmileIdConfigError } from '../errors.ts'
import { withTimeout } from '../lib/with-timeout.ts'
import { definedOnly } from '../lib/json.ts'
import { addressText } from '../receive/client-ip.ts'
import type { Candidate, CandidateSource } from '../receive/guards/signature.ts'
import { signingKey } from '../signature/sign.ts'
import { checkOptions, sortOf, type ChecksOf } from '../lib/check-options.ts'
import { secretText } from '../lib/secret-text.ts'
import type { Credential, CredentialQuery, CredentialResolver, SmileIdCallbacksOptions } from './types.ts'

/** Compiles credentials once; those of a function when it gives them. */
export function compileCredentials(credentials: SmileIdCallbacksOptions['credentials']): CandidateSource {
  if (typeof credentials === 'function') return resolving(credentials)
  const list = toList(credentials)
  if (list.length === 0) {
    throw new SmileIdConfigError('credentials_missing', 'credentials are missing: give { partnerId, apiKey } of your Smile ID account. Without them no callback can be verified.')
  }
  const candidates = list.map(candidate)
  return () => candidates
}

/** Longest time for a credentials function, ms. Unbounded, a database that hangs would hold every body of a stranger. */
export const resolveMs = 5_000

const resolving = (resolve: CredentialResolver): CandidateSource => async (generation, { headers, clientIp, params = {} }) => {
  const address = addressText(clientIp)
  const query: CredentialQuery = { generation, params, headers, ...(address !== undefined && { clientIp: address }) }
  const boxed = await withTimeout(async () => resolve(query), resolveMs)
  if ('value' in boxed) return toList(boxed.value).map(candidate)
  throw new SmileIdConfigError('credentials_missing', 'The credentials function gave none.')
}

const toList = (given: Credential | readonly Credential[] | undefined | null): readonly Credential[] =>
  given === undefined || given === null ? [] : isList(given) ? given : [given]

const isList = (given: Credential | readonly Credential[]): given is readonly Credential[] => Array.isArray(given)

function optionalName(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new SmileIdConfigError('credentials_invalid', `${name} must be a text, not ${sortOf(value)}.`)
}

const checks = {
  partnerId: (value: unknown) => secretText(value, 'partnerId', 'partner_id_invalid', "It has to be a text such as '085': leading zeros count."),
  apiKey: (value: unknown) => secretText(value, 'apiKey', 'api_key_invalid', 'Is the environment variable set? Its value stands without quotation marks.'),
  environment: optionalName,
  label: optionalName,
} satisfies ChecksOf<Credential>

function candidate(credential: unknown): Candidate {
  const { partnerId, apiKey, environment, label } = checkOptions(credential, checks, { required: true, what: 'credential key', whole: 'A credential', code: 'credentials_invalid', within: 'credentials.' })
  return Object.freeze({ ...signingKey(partnerId, apiKey), credential: Object.freeze(definedOnly({ partnerId, environment, label })) })
}
