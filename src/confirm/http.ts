import { isRecord, type Json } from '../lib/json.ts'

/** An answer of Smile ID's: its status, and its body if that is a JSON object. */
export interface ApiAnswer {
  status: number
  body: Json | undefined
  /** When it wants to be asked again, ms from now. */
  retryAfterMs: number | undefined
}

/** Bytes; a job's history is a few kB. */
const largest = 1_572_864

/** Asks once. Redirects are refused: the request holds a key, a token or a signature. */
export async function request(url: string, init: RequestInit): Promise<ApiAnswer> {
  const response = await fetch(url, { ...init, redirect: 'error' })
  const text = await limitedText(response)
  return { status: response.status, body: parsed(text), retryAfterMs: waitOf(response.headers.get('retry-after')) }
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

/** Seconds, or a date. */
function waitOf(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
