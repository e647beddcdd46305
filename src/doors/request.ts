import type { IncomingMessage } from 'node:http'
import { isAnyArrayBuffer } from 'node:util/types'
import { isRecord, isScalar, look } from '../lib/json.ts'
import type { DeliveryBody } from '../receive/delivery.ts'

/**
 * Finds the body. Unread data in the stream comes first: `rawBody` or `body` cannot be made of it. Then the bytes that
 * a host kept, then the value of a parser.
 */
export function bodyOf(req: IncomingMessage): DeliveryBody {
  try {
    return findBody(req)
  } catch {
    // A host replaced a stream property with one that throws; treat the body as missing.
    return undefined
  }
}

function findBody(req: IncomingMessage): DeliveryBody {
  if (isUnread(req)) {
    // Another listener is attached: it would get the first bytes before the headers are checked, and the router would
    // miss them.
    if (look(req, 'readableFlowing') === true) req.pause()
    return req
  }
  const rawBody = propertyOf(req, 'rawBody')
  if (isBytes(rawBody) && sizeOf(rawBody) > 0) return rawBody
  const parsed = propertyOf(req, 'body')
  if (isBytes(parsed)) return parsed
  // Express 4's parsers leave `{}` for a body that they did not read.
  const isUsed = !req.readable || req.readableDidRead
  if (typeof parsed === 'object' && parsed !== null && (isUsed || hasKeys(parsed))) return parsed
  return isUsed && (req.readableEnded as boolean | undefined) !== false ? undefined : req
}

/** A body that throws when it is read is refused later, with its error. */
function hasKeys(value: object): boolean {
  try {
    return Object.keys(value).length > 0
  } catch {
    // A parser of the app left something that cannot be read: later it is refused, with what it threw.
    return true
  }
}

/** True if unread bytes are there, or still to come. Requests created by a host have neither. */
const isUnread = (req: IncomingMessage): boolean =>
  look(req, 'readable') && !look(req, 'readableDidRead') && (!look(req, 'complete') || look(req, 'readableLength') > 0)

type Bytes = string | ArrayBufferView | ArrayBufferLike

const isBytes = (value: unknown): value is Bytes =>
  typeof value === 'string' || ArrayBuffer.isView(value) || isAnyArrayBuffer(value)

const sizeOf = (bytes: Bytes): number => (typeof bytes === 'string' ? bytes.length : bytes.byteLength)

/** A property that other code has put on a request; undefined if its getter throws. */
export function propertyOf(req: object, name: string): unknown {
  try {
    return look(req as Readonly<Record<string, unknown>>, name)
  } catch {
    // A host put a getter there that throws: the property is as good as absent.
    return undefined
  }
}

/**
 * Path params as strings; a wildcard of Express 5 has an array of them, and `router.param` may have made a number of
 * one.
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
    // Unreadable params are ignored.
  }
  return texts
}
