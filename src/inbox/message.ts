import { SmileIdError } from '../errors.ts'
import { callback } from '../lib/check.ts'
import { isRecord, type Json, jsonText, readJson } from '../lib/json.ts'
import { sha256 } from '../signature/sign.ts'
import type { DeliveryInfo } from '../types/delivery.ts'
import type { SmileIdEvent } from '../types/event.ts'

/** Trace to continue: the headers of W3C Trace Context. */
export interface TraceContext {
  traceparent: string
  tracestate?: string
}

/**
 * An event that is stored for a worker. Identity data. `JSON.stringify` makes a `SafeMessage` of it, which every engine
 * and column (jsonb too) keeps unchanged; `callbacks.dispatch` reads both.
 */
export interface InboxMessage {
  /** Version of this format. */
  version: 1
  /** The event's id, and the engine's job id. */
  id: string
  /** The event without its partner params; times as ISO strings. */
  event: Json
  /** Partner params as sent: the worker's own schema parses them again. */
  partnerParams: Json
  /** The delivery's span, linked from the worker's; absent without OpenTelemetry. */
  trace?: TraceContext | undefined
  /** Returns the stored form. */
  toJSON?(): SafeMessage
}

/**
 * A message, or the output of `serialize`, as JSON in printable ASCII, which every engine and column keeps unchanged.
 */
export interface SafeMessage {
  version: 3
  /** The event's id. */
  id: string
  /** Quotes and backslashes stand swapped for rare signs: escaped once more, they would nearly double the size. */
  text: string
}

/** The newest form that this version of the library reads. */
export const newestVersion = 3

export function toSafeMessage(id: string, content: unknown): SafeMessage {
  const text = toSafeJson(content)
  if (text === undefined) throw new SmileIdError('serialize returned nothing to store.')
  return { version: 3, id, text: swapped(text) }
}

export function toMessage(event: SmileIdEvent<unknown>, sentParams: Json, trace?: TraceContext): InboxMessage {
  const { signedAt, receivedAt } = event.delivery
  const { imageLinksExpireAt } = event
  const plain: Record<string, unknown> = {
    ...event,
    ...(imageLinksExpireAt && { imageLinksExpireAt: imageLinksExpireAt.toISOString() }),
    delivery: { ...event.delivery, signedAt: signedAt.toISOString(), receivedAt: receivedAt.toISOString() },
  }
  // A schema's output need not be JSON.
  delete plain['partnerParams']
  const message: InboxMessage = {
    version: 1,
    id: event.id,
    event: plain,
    partnerParams: sentParams,
    ...(trace && { trace }),
  }
  // Not enumerable, so that a modified copy is not stored as this message.
  return Object.defineProperty(message, 'toJSON', { value: () => toSafeMessage(message.id, { ...message }) })
}

export function fromMessage(message: InboxMessage, partnerParams: unknown): SmileIdEvent<unknown> {
  const plain = message.event['delivery'] as Record<string, string>
  const delivery = {
    ...plain,
    signedAt: time(plain['signedAt']),
    receivedAt: time(plain['receivedAt']),
  } as unknown as DeliveryInfo
  const { imageLinksExpireAt: end } = message.event
  const links = typeof end === 'string' && { imageLinksExpireAt: time(end) }
  return { ...message.event, ...links, delivery, partnerParams } as unknown as SmileIdEvent<unknown>
}

const time = (text: string | undefined): Date => new Date(text ?? Number.NaN)

/** Reads a stored message in either form; undefined for anything else. */
export function readMessage(stored: unknown): InboxMessage | undefined {
  const value = contentOf(stored)
  if (!isRecord(value) || value['version'] !== 1 || typeof value['id'] !== 'string') return undefined
  const { event, partnerParams } = value
  const isWhole =
    isRecord(event) && event['id'] === value['id'] && isRecord(event['delivery']) && isRecord(partnerParams)
  return isWhole ? (value as unknown as InboxMessage) : undefined
}

/** The content of a `SafeMessage`, undefined if it cannot be parsed; any other value is returned as it is. */
export function contentOf(stored: unknown): unknown {
  if (!isRecord(stored) || typeof stored['text'] !== 'string') return stored
  const { version, text } = stored
  if (version !== 2 && version !== 3) return stored
  try {
    return fromSafeJson(version === 2 ? text : swapped(text))
  } catch {
    // Damaged in the queue: the dispatch refuses it as no message, without quoting it.
    return undefined
  }
}

/**
 * JSON in printable ASCII, which every engine and column keeps unchanged: Postgres's jsonb refuses `\u0000` and lone
 * surrogates, and some databases are not in UTF-8. Numbers that JSON cannot write, -0 and those beyond its range
 * (`1e400` is read as Infinity), become marked strings. Undefined for values that have no JSON.
 */
export function toSafeJson(value: unknown): string | undefined {
  const plain = jsonText(value)
  if (plain === undefined) return undefined
  const text = hasOddNumber(value) ? marked + (jsonText(value, mark) ?? '') : plain
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** @throws SyntaxError for a string that `toSafeJson` did not write */
export function fromSafeJson(text: string): unknown {
  return text.startsWith(marked) ? readJson(text.slice(marked.length), unmark) : readJson(text)
}

const swaps: Readonly<Record<string, string>> = { '"': "'", "'": '"', '\\': '~', '~': '\\' }

/** Its own inverse. */
const swapped = (text: string): string => text.replace(/["'\\~]/g, (sign) => swaps[sign] ?? sign)

// No JSON begins with it.
const marked = 'm'
const sign = '\u0000'

const isOdd = (value: unknown): boolean =>
  typeof value === 'number' && (Object.is(value, -0) || !Number.isFinite(value))

function hasOddNumber(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasOddNumber)
  return isRecord(value) ? Object.values(value).some(hasOddNumber) : isOdd(value)
}

function mark(_key: string, value: unknown): unknown {
  if (isOdd(value)) return sign + (Object.is(value, -0) ? '-0' : String(value))
  return typeof value === 'string' && value.startsWith(sign) ? sign + value : value
}

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(sign)) return value
  return value[1] === sign ? value.slice(1) : Number(value.slice(1))
}

export interface SerializeOption {
  /**
   * Changes what is stored, as JSON: encrypts it, or drops what your handlers do not need. The message holds identity
   * data. Default: the message itself.
   */
  readonly serialize?: ((message: InboxMessage) => unknown) | undefined
}

export interface DeserializeOption {
  /** Undoes `serialize`. Default: none. */
  readonly deserialize?: ((stored: unknown) => unknown) | undefined
}

export const serializeCheck = callback<NonNullable<SerializeOption['serialize']>>('callback_invalid')
export const deserializeCheck = callback<NonNullable<DeserializeOption['deserialize']>>('callback_invalid')

/** The form that an engine stores. */
export async function encode(message: InboxMessage, { serialize }: SerializeOption): Promise<SafeMessage> {
  if (!serialize) return toSafeMessage(message.id, { ...message })
  try {
    return toSafeMessage(message.id, await serialize(message))
  } catch (cause) {
    throw new SmileIdError('serialize failed', { cause, where: 'serialize' })
  }
}

/** The event's id in stored data; undefined for another application's job. */
export const storedId = (data: unknown): string | undefined =>
  isRecord(data) && typeof data['id'] === 'string' ? data['id'] : undefined

/** 32 hex digits for any event id: the id itself, unless `eventId` made another form. */
export const hexId = (id: string): string => (/^[0-9a-f]{32}$/.test(id) ? id : sha256(id).slice(0, 32))

/** The same as a UUID, as pg-boss needs it. */
export const uuid = (id: string): string => hexId(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** Job name for dashboards, free of identity data: `document_verification.approved`, `biometric_kyc.id_info`. */
export function jobName({ event }: InboxMessage): string {
  return `${String(event['product'])}.${String(event['outcome'] ?? event['kind'])}`
}
