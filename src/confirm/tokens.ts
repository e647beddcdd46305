import { sha256 } from '../signature/sha256.ts'
import { apiKeyOf, type SigningKey } from '../signature/sign.ts'
import { request, type ApiAnswer } from './http.ts'
import { createShared } from './shared.ts'

/** Tokens for `/v3/status` and `/v3/replay`, each kept until a minute before it ends. contract/v3.md §6. */
export interface Tokens {
  /** Rejects with `NoToken`, or when `signal` is aborted. */
  get(key: SigningKey, signal: AbortSignal): Promise<string>
  /** A token other than this one, which was refused. */
  renew(key: SigningKey, refused: string, signal: AbortSignal): Promise<string>
}

/** Smile ID gave no token; `answer` is what it said instead. */
export class NoToken extends Error {
  readonly answer: ApiAnswer

  constructor(answer: ApiAnswer) {
    super('Smile ID gave no token.')
    this.answer = answer
  }
}

interface Kept {
  token: string
  /** On the monotonic clock, ms. */
  until: number
}

const marginMs = 60_000
const mostKept = 1_000

export function createTokens(base: string): Tokens {
  const kept = new Map<string, Kept>()
  const share = createShared<string>()
  const mint = async (key: SigningKey, slot: string, signal: AbortSignal): Promise<string> => {
    const answer = await request(`${base}/v3/token`, {
      method: 'POST',
      signal,
      // The portal shows 002 for 2; the token endpoint takes no leading zeros.
      headers: { 'smileid-partner-id': key.partnerId.replace(/^0+(?=\d)/, ''), 'smileid-api-key': apiKeyOf(key) },
    })
    const token = answer.body?.['token']
    if (answer.status !== 200 || typeof token !== 'string' || token === '') throw new NoToken(answer)
    keep(slot, token)
    return token
  }
  const keep = (slot: string, token: string): void => {
    const [oldest] = kept.keys()
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
    kept.set(slot, { token, until: performance.now() + lifetime(token) - marginMs })
  }
  const get = async (key: SigningKey, signal: AbortSignal): Promise<string> => {
    const slot = slotOf(key)
    const { token, until = 0 } = kept.get(slot) ?? {}
    return token !== undefined && until > performance.now() ? token : share(slot, signal, (shared) => mint(key, slot, shared))
  }
  return {
    get,
    renew(key, refused, signal) {
      const slot = slotOf(key)
      if (kept.get(slot)?.token === refused) kept.delete(slot)
      return get(key, signal)
    },
  }
}

// Of the key as well: a new key of the same partner is another credential.
const slotOf = (key: SigningKey): string => `${key.partnerId} ${sha256(key.key.export())}`

/** Ms from now to the `exp` of a JWT; none for a token that does not say: 15 minutes and 8 hours have both been seen. */
function lifetime(token: string): number {
  try {
    const { exp, iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: unknown; iat?: unknown }
    // By its own clock where it tells: ours may be wrong.
    if (typeof exp === 'number') return exp * 1000 - (typeof iat === 'number' ? iat * 1000 : Date.now())
  } catch {
    // Not a JWT that can be read.
  }
  return 0
}
