import type { IncomingMessage } from 'node:http'
import { isAnyArrayBuffer } from 'node:util/types'
import { isRecord, isScalar, look } from '../lib/json.ts'
import type { DeliveryBody } from '../receive/delivery.ts'

/**
 * The body from wherever it is. What is still in the stream comes first: whatever `rawBody` or `body` says by then, it
 * was not
 * made of that. Else the bytes that a host kept, else what a parser left.
 */
export function bodyOf(req: IncomingMessage): DeliveryBody {
  try {
    return findBody(req)
  } catch {
    // Somebody has put in the place of what Node tells of its stream what throws: it is as good as gone.
    return undefined
  }
}

function findBody(req: IncomingMessage): DeliveryBody {
  if (isUnread(req)) {
    // Somebody listens already: he would get the first bytes before the headers are checked, and the router would miss
    // them.
    if (look(req, 'readableFlowing') === true) req.pause()
    return req
  }
  const rawBody = propertyOf(req, 'rawBody')
  if (isBytes(rawBody) && sizeOf(rawBody) > 0) return rawBody
  const parsed = propertyOf(req, 'body')
  if (isBytes(parsed)) return parsed
  // Express 4's parsers leave `{}` for what they did not read.
  const isUsed = !req.readable || req.readableDidRead
  if (typeof parsed === 'object' && parsed !== null && (isUsed || hasKeys(parsed))) return parsed
  return isUsed && (req.readableEnded as boolean | undefined) !== false ? undefined : req
}

/** What cannot be looked at is refused later, with what it threw. */
function hasKeys(value: object): boolean {
  try {
    return Object.keys(value).length > 0
  } catch {
    return true
  }
}

/**
 * Whether bytes are there, or on their way, that nobody has taken. Requests that are made up by a host have neither.
 */
const isUnread = (req: IncomingMessage): boolean =>
  look(req, 'readable') && !look(req, 'readableDidRead') && (!look(req, 'complete') || look(req, 'readableLength') > 0)

type Bytes = string | ArrayBufferView | ArrayBufferLike

const isBytes = (value: unknown): value is Bytes =>
  typeof value === 'string' || ArrayBuffer.isView(value) || isAnyArrayBuffer(value)

const sizeOf = (bytes: Bytes): number => (typeof bytes === 'string' ? bytes.length : bytes.byteLength)

/** What others have put on a request; nothing where their getter throws. */
export function propertyOf(req: object, name: string): unknown {
  try {
    return look(req as Readonly<Record<string, unknown>>, name)
  } catch {
    return undefined
  }
}

/**
 * Path params as texts; a wildcard of Express 5 has a list of them, and `router.param` may have made a number of one.
 */
export function pathParams(given: unknown): Record<string, string> {
  const texts: Record<string, string> = {}
  try {
    if (!isRecord(given)) return {}
    for (const name of Object.keys(given)) {
      const value = given[name]
      texts[name] = Array.isArray(value) ? value.join('/') : isScalar(value) ? String(value) : ''
    }
  } catch {
    // What throws when it is looked at names nobody.
  }
  return texts
}
