import { SmileIdConfigError } from '../errors.ts'
import { withTimeout } from '../lib/with-timeout.ts'
import { definedOnly } from '../lib/json.ts'
import type { Candidate, CandidateSource } from '../receive/guards/signature.ts'
import { signingKey } from '../signature/sign.ts'
import { checkKeys } from '../lib/check.ts'
import type { Credential, CredentialQuery, CredentialResolver, SmileIdCallbacksOptions } from './types.ts'

/** Compiles credentials once; those of a function when it gives them. */
export function compileCredentials(credentials: SmileIdCallbacksOptions['credentials']): CandidateSource {
  if (typeof credentials === 'function') return resolving(credentials)
  // JavaScript users are not held by the type.
  const given = credentials as Credential | readonly Credential[] | undefined | null
  const list = toList(given)
  if (list.length === 0) {
    throw new SmileIdConfigError('credentials_missing', 'credentials are missing: give { partnerId, apiKey } of your Smile ID account. Without them no callback can be verified.')
  }
  const candidates = list.map(candidate)
  return () => candidates
}

/** Longest time for a credentials function, ms. Unbounded, a database that hangs would hold every body of a stranger. */
export const resolveMs = 5_000

const resolving = (resolve: CredentialResolver): CandidateSource => async (generation, { headers, clientIp, params = {} }) => {
  const query: CredentialQuery = { generation, params, headers, ...(clientIp !== undefined && { clientIp }) }
  const boxed = await withTimeout(async () => resolve(query), resolveMs)
  if ('value' in boxed) return toList(boxed.value).map(candidate)
  throw new SmileIdConfigError('credentials_missing', 'The credentials function gave none.')
}

const toList = (given: Credential | readonly Credential[] | undefined | null): readonly Credential[] =>
  given === undefined || given === null ? [] : isList(given) ? given : [given]

const isList = (given: Credential | readonly Credential[]): given is readonly Credential[] => Array.isArray(given)

function candidate(credential: Credential): Candidate {
  checkKeys(credential, ['partnerId', 'apiKey', 'environment', 'label'], 'credential key', 'credentials_invalid')
  const { partnerId, apiKey, environment, label } = credential as Partial<Record<keyof Credential, unknown>>
  if (!isText(partnerId)) {
    throw new SmileIdConfigError('partner_id_invalid', "partnerId has to be a text that is not empty, such as '085': leading zeros count.")
  }
  if (!isText(apiKey)) {
    throw new SmileIdConfigError('api_key_invalid', 'apiKey has to be a text that is not empty. Is the environment variable set?')
  }
  if ([environment, label].some((name) => name !== undefined && typeof name !== 'string')) {
    throw new SmileIdConfigError('credentials_invalid', 'environment and label of a credential have to be texts.')
  }
  const known = Object.freeze(definedOnly({ partnerId, environment: credential.environment, label: credential.label }))
  return Object.freeze({ ...signingKey(partnerId, apiKey), credential: known })
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
