import { parseJson } from '../../lib/json.ts'
import * as util from 'node:util'
import type { Credential } from '../../options/types.ts'
import { type Values, readText, UsageError } from './usage.ts'
import type { Io } from './io.ts'

type CredentialArgs = Pick<Values<'inspect'>, 'partner-id' | 'api-key' | 'env-file' | 'credentials'>

/** The credentials from the arguments or the environment. @throws UsageError if there are none */
export async function readCredentials(
  args: CredentialArgs,
  { env }: Pick<Io, 'env'>,
): Promise<[Credential, ...Credential[]]> {
  if (args.credentials !== undefined) return fromFile(args.credentials)
  const known = { ...(args['env-file'] !== undefined && (await variablesIn(args['env-file']))), ...env }
  const partnerId = args['partner-id'] ?? known['SMILE_ID_PARTNER_ID']
  const apiKey = args['api-key'] ?? known['SMILE_ID_API_KEY']
  if (!partnerId || !apiKey) {
    throw new UsageError(
      `${partnerId ? 'The API key is' : apiKey ? 'The partner id is' : 'Partner id and API key are'} missing: set SMILE_ID_PARTNER_ID and SMILE_ID_API_KEY, or give --env-file, or --partner-id and --api-key. For your own receiver, any pair that it is configured with will do.`,
    )
  }
  return [{ partnerId, apiKey }]
}

async function variablesIn(path: string): Promise<Readonly<Record<string, string | undefined>>> {
  const text = await readText(path)
  const { parseEnv } = util as Partial<Pick<typeof util, 'parseEnv'>>
  if (!parseEnv) throw new UsageError('--env-file needs Node 20.12 or newer.')
  return parseEnv(text)
}

async function fromFile(path: string): Promise<[Credential, ...Credential[]]> {
  const found = parseJson(await readText(path).catch(() => ''))
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
