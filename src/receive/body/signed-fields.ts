import { isRecord } from '../../lib/json.ts'
import type { Outline } from './json-bounds.ts'
import { eachKey, endOfString, quote } from './json-text.ts'
import type { ReadBody } from './read.ts'

/** What a v1 body says in its `signature` and `timestamp`, as far as can be told without building the rest of it. */
export interface SignedFields {
  signature?: unknown
  timestamp?: unknown
}

/** Those of a body with so many members that it is not parsed before its sender is known. */
export const fieldsOfFull = (body: ReadBody, { isFull }: Outline): SignedFields | undefined =>
  isFull && body.source !== 'parsed' ? signedFields(body.raw) : undefined

/** The last ones at the top of a JSON text, as `JSON.parse` takes them; written with escapes they are not found. */
function signedFields(raw: Buffer): SignedFields {
  const found: SignedFields = {}
  eachKey(raw, ({ start, end }, level, valueAt) => {
    if (level !== 1 || end - start !== nameLength) return
    const name = raw.toString('latin1', start, end)
    if (name === 'signature' || name === 'timestamp') found[name] = scalarAt(raw, valueAt)
  })
  return found
}

/** Whether the whole body says the same. */
export const isSignedAs = (body: unknown, { signature, timestamp }: SignedFields): boolean =>
  isRecord(body) && body['signature'] === signature && body['timestamp'] === timestamp

/** Both have nine letters. */
const nameLength = 9

const mostDigits = 64

function scalarAt(raw: Buffer, at: number): unknown {
  const end = raw[at] === quote ? endOfString(raw, at) + 1 : at + (/^[\d.eE+-]*/.exec(raw.toString('latin1', at, at + mostDigits))?.[0].length ?? 0)
  try {
    return JSON.parse(raw.toString('utf8', at, end))
  } catch {
    return undefined
  }
}
