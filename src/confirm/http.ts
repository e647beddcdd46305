import { isRecord, type Json, parseJson } from '../lib/json.ts'
import { unlessAborted } from '../lib/promises.ts'
import { apiKeyOf, sha256, type SigningKey } from '../signature/sign.ts'

/** An answer of Smile ID: its status, and its body if that is a JSON object. */
export interface ApiAnswer {
  status: number
  body: Json | undefined
  /** Delay before the next request, ms from now. */
  retryAfterMs: number | undefined
  /** Signature that the question carried; an answer that repeats it proves nothing. */
  asked?: string
  /** The question was asked before, for another delivery of the same job. */
  isShared?: boolean
}

/** Bytes; a job's history is a few kB. */
const largest = 1_572_864

/** Sends one request. Redirects are refused: the request holds a key, a token or a signature. */
export async function request(url: string, init: RequestInit): Promise<ApiAnswer> {
  const response = await fetch(url, { ...init, redirect: 'error' })
  const text = await limitedText(response)
  return { status: response.status, body: recordIn(text), retryAfterMs: waitOf(response.headers.get('retry-after')) }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    // Leaving the loop cancels the stream.
    if (bytes > largest) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Parses seconds or a date. */
function waitOf(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

function recordIn(text: string): Json | undefined {
  const value = parseJson(text)
  return isRecord(value) ? value : undefined
}

/** Smile ID gave no token; `answer` is its answer. */
export class NoToken extends Error {
  readonly answer: ApiAnswer

  constructor(answer: ApiAnswer) {
    super('Smile ID gave no token.')
    this.answer = answer
  }
}

const mostKept = 1_000

/** Answers by key: one question at a time, whose answer is known for as long as `lifetime` says, ms. */
export function createAnswers<T>(lifetime: (answer: T) => number) {
  const kept = new Map<string, { coming: Promise<T>; value?: T; until: number }>()
  return {
    /** The answer that is known or under way. */
    known(slot: string): Promise<T> | undefined {
      const { coming, until = 0 } = kept.get(slot) ?? {}
      return until > performance.now() ? coming : undefined
    },
    /** Asks anew. A failure is not kept. */
    ask(slot: string, question: () => Promise<T>): Promise<T> {
      const [oldest] = kept.keys()
      if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
      const coming = question()
      const asked = { coming, until: Infinity }
      kept.delete(slot)
      kept.set(slot, asked)
      coming.then(
        (value) => Object.assign(asked, { value, until: performance.now() + lifetime(value) }),
        () => (asked.until = 0),
      )
      return coming
    },
    /** Forgets an answer that turned out to be wrong. */
    drop(slot: string, value: T): void {
      if (kept.get(slot)?.value === value) kept.delete(slot)
    },
  }
}

const marginMs = 60_000

/**
 * Tokens for `/v3/status` and `/v3/replay`, each kept until a minute before it ends. contract/v3.md §6.
 * `longestMs`: time limit of one request; later callers must not wait for one that hangs.
 */
export function createTokens(base: string, longestMs = 10_000) {
  const tokens = createAnswers<string>((token) => lifetime(token) - marginMs)

  const mint = async (key: SigningKey): Promise<string> => {
    const answer = await request(`${base}/v3/token`, {
      method: 'POST',
      signal: AbortSignal.timeout(longestMs),
      // The portal shows 002 for 2; the token endpoint takes no leading zeros.
      headers: { 'smileid-partner-id': key.partnerId.replace(/^0+(?=\d)/, ''), 'smileid-api-key': apiKeyOf(key) },
    })
    const token = answer.body?.['token']
    // Anything else cannot be sent in a header, and would fail each question until the token ends.
    if (answer.status !== 200 || typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw new NoToken(answer)
    return token
  }
  /** Rejects with `NoToken`, or when `signal` is aborted. */
  const get = (key: SigningKey, signal: AbortSignal): Promise<string> =>
    unlessAborted(signal, () => {
      const slot = slotOf(key)
      return tokens.known(slot) ?? tokens.ask(slot, () => mint(key))
    })

  return {
    get,
    /** A token other than this one, which was refused. */
    renew(key: SigningKey, refused: string, signal: AbortSignal): Promise<string> {
      tokens.drop(slotOf(key), refused)
      return get(key, signal)
    },
  }
}

// The key counts as well: a new key of the same partner is another credential.
export const slotOf = (key: SigningKey): string => `${key.partnerId} ${sha256(key.key.export())}`

/** Ms from now to the `exp` of a JWT; 0 if the token does not say: 15 minutes and 8 hours have both been seen. */
function lifetime(token: string): number {
  const claims = recordIn(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  const { exp, iat } = claims ?? {}
  if (typeof exp !== 'number') return 0
  // By the token's own clock if it has one: ours may be wrong.
  return exp * 1000 - (typeof iat === 'number' ? iat * 1000 : Date.now())
}
