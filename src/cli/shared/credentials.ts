import { parseJson } from '../../lib/json.ts'
import { readFile } from 'node:fs/promises'
import * as util from 'node:util'
import type { Credential } from '../../options/types.ts'
import type { Io } from './io.ts'
import { UsageError } from './usage.ts'

export const credentialOptions = {
  'partner-id': { type: 'string' },
  'api-key': { type: 'string' },
  'env-file': { type: 'string' },
  credentials: { type: 'string' },
} as const

export interface CredentialArgs {
  'partner-id'?: string | undefined
  'api-key'?: string | undefined
  /** A file of `NAME=value` lines; what is set in the environment wins. */
  'env-file'?: string | undefined
  /** A JSON file with one credential or an array of them. */
  credentials?: string | undefined
}

/** The credentials from the arguments or the environment. @throws UsageError if there are none */
export async function readCredentials(
  args: CredentialArgs,
  { env }: Pick<Io, 'env'>,
): Promise<[Credential, ...Credential[]]> {
  if (args.credentials !== undefined) return fromFile(args.credentials)
  const known = { ...(await variablesIn(args['env-file'])), ...env }
  const partnerId = args['partner-id'] ?? known['SMILE_ID_PARTNER_ID']
  const apiKey = args['api-key'] ?? known['SMILE_ID_API_KEY']
  if (!partnerId || !apiKey) {
    throw new UsageError(
      `${partnerId ? 'The API key is' : apiKey ? 'The partner id is' : 'Partner id and API key are'} missing: set SMILE_ID_PARTNER_ID and SMILE_ID_API_KEY, or give --env-file, or --partner-id and --api-key. For your own receiver, any pair that it is configured with will do.`,
    )
  }
  return [{ partnerId, apiKey }]
}

async function variablesIn(path: string | undefined): Promise<Readonly<Record<string, string>>> {
  if (path === undefined) return {}
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw new UsageError(`${path} cannot be read.`)
  const { parseEnv } = util as Partial<Pick<typeof util, 'parseEnv'>>
  if (!parseEnv) throw new UsageError('--env-file needs Node 20.12 or newer.')
  return parseEnv(text) as Record<string, string>
}

async function fromFile(path: string): Promise<[Credential, ...Credential[]]> {
  const found = parseJson(await readFile(path, 'utf8').catch(() => ''))
  // The file holds keys, so the message quotes nothing.
  if (found === undefined) throw new UsageError(`${path} cannot be read as JSON.`)
  const [first, ...others] = [found].flat()
  if (isCredential(first) && others.every(isCredential)) return [first, ...others]
  throw new UsageError(`${path} must hold {"partnerId":"…","apiKey":"…"}, or an array of them.`)
}

function isCredential(value: unknown): value is Credential {
  const { partnerId, apiKey } = (value ?? {}) as Partial<Record<string, unknown>>
  return typeof partnerId === 'string' && partnerId !== '' && typeof apiKey === 'string' && apiKey !== ''
}
