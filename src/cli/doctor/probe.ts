import { post } from '../../testing/deliver/post.ts'
import { signDelivery, type SignedDelivery } from '../../testing/sign-delivery.ts'
import type { Generation } from '../../types/event.ts'
import { codes, type ReportCode } from '../../report/codes.ts'
import type { Credential } from '../../options/types.ts'

/** What came back of one delivery. */
export type Answer =
  | { kind: 'router'; status: number; code: ReportCode | 'received'; date?: string }
  | { kind: 'redirect'; status: number; to: string }
  | { kind: 'other'; status: number; server?: string }
  | { kind: 'error'; code: string }

export interface Probe {
  generation?: Generation | undefined
  /** Signed with another key. */
  forged?: boolean | undefined
  /** Of the body, bytes. Default: as small as it is. */
  size?: number | undefined
}

/**
 * Posts a delivery that no handler is called for: it is genuine, and no callback. A receiver that checks it
 * to the end answers 422 `unrecognized_payload`.
 */
export async function probe(url: URL, credential: Credential, { generation = 'v3', forged = false, size }: Probe, timeout: number): Promise<Answer> {
  const signer = forged ? { ...credential, apiKey: `${credential.apiKey} forged` } : credential
  const make = (padding: string): SignedDelivery => signDelivery({ generation, credential: signer, payload: { express_smile_id_doctor: padding } })
  const delivery = make('')
  const { headers, body } = size === undefined ? delivery : make('x'.repeat(Math.max(0, size - Buffer.byteLength(delivery.body))))
  try {
    const answer = await post(url, { 'User-Agent': 'express-smile-id doctor', ...headers }, body, { timeout })
    return classified(url, answer)
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    return { kind: 'error', code: name === 'TimeoutError' || name === 'AbortError' ? 'timeout' : (code ?? name) }
  }
}

function classified(url: URL, { status, headers, text }: Awaited<ReturnType<typeof post>>): Answer {
  const location = headers['location']
  if (status >= 300 && status < 400 && location !== undefined) return { kind: 'redirect', status, to: absolute(location, url) }
  const code = routerCode(status, text)
  if (code === undefined) return { kind: 'other', status, ...(headers['server'] !== undefined && { server: headers['server'] }) }
  return { kind: 'router', status, code, ...(headers['date'] !== undefined && { date: headers['date'] }) }
}

/** The router's own words; others may answer with the same status. */
function routerCode(status: number, text: string): ReportCode | 'received' | undefined {
  try {
    const { received, error } = JSON.parse(text) as { received?: unknown; error?: { code?: unknown } | null }
    if (received === true && status === 200) return 'received'
    const code = error?.code
    return typeof code === 'string' && Object.hasOwn(codes, code) && codes[code as ReportCode].status === status ? (code as ReportCode) : undefined
  } catch {
    return undefined
  }
}

function absolute(location: string, url: URL): string {
  try {
    return new URL(location, url).href
  } catch {
    return location
  }
}
