import type { Credential } from '../../options/types.ts'
import { post } from '../../testing/deliver/post.ts'
import { signDelivery, type SignedDelivery } from '../../testing/sign-delivery.ts'
import type { Generation } from '../../types/event.ts'
import { type Answer, classified, unanswered } from './answer.ts'

export interface Probe {
  generation?: Generation | undefined
  /** True to sign with another key. */
  forged?: boolean | undefined
  /** Size of the body, bytes. Default: the smallest possible. */
  size?: number | undefined
  /** True to sign for a day ago, so that the signature is useless to the server that gets it. */
  stale?: boolean | undefined
}

const dayMs = 24 * 3_600_000

/**
 * Posts a genuine delivery that is not a callback, so that no handler is called. A receiver that checks it to the end
 * answers 422 `unrecognized_payload`.
 */
export async function probe(
  url: URL,
  credential: Credential,
  { generation = 'v3', forged = false, size, stale = false }: Probe,
  timeout: number,
): Promise<Answer> {
  const signer = forged ? { ...credential, apiKey: `${credential.apiKey} forged` } : credential
  const timestamp = stale ? new Date(Date.now() - dayMs).toISOString() : undefined
  const make = (padding: string): SignedDelivery =>
    signDelivery({ generation, credential: signer, timestamp, payload: { express_smile_id_doctor: padding } })
  const delivery = make('')
  const { headers, body } =
    size === undefined ? delivery : make('x'.repeat(Math.max(0, size - Buffer.byteLength(delivery.body))))
  try {
    const answer = await post(url, { 'User-Agent': 'express-smile-id doctor', ...headers }, body, { timeout })
    return classified(url, answer)
  } catch (error) {
    return unanswered(error)
  }
}

/** Finds the router at other paths: behind a prefix, without one, with or without a trailing slash. */
export async function elsewhere(url: URL, ask: (at: URL) => Promise<Answer>): Promise<URL | undefined> {
  for (const path of candidates(url.pathname)) {
    const at = new URL(url)
    at.pathname = path
    const answer = await ask(at)
    if (answer.kind === 'router') return at
  }
  return undefined
}

function candidates(path: string): string[] {
  const parts = path.split('/').filter(Boolean)
  const bare = parts.map((part) => `/${part}`).join('')
  const withoutFirst = `/${parts.slice(1).join('/')}`
  const names = ['/smile-id', '/webhooks/smile-id'].filter((name) => name !== bare)
  const all = [
    path === bare ? `${bare}/` : bare,
    `/api${bare}`,
    `/v1${bare}`,
    `/api/v1${bare}`,
    withoutFirst,
    '/',
    ...names,
    ...names.map((name) => `/api${name}`),
  ]
  return [...new Set(all.map((one) => (one === '' ? '/' : one)))].filter((one) => one !== path)
}
