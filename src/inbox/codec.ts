import { callback } from '../lib/check.ts'
import { isRecord } from '../lib/json.ts'
import { sha256 } from '../signature/sha256.ts'
import type { InboxMessage } from './message.ts'
import { fromSafeJson, toSafeJson } from './safe-json.ts'

export interface SerializeOption {
  /**
   * What is stored instead of the message, as JSON: encrypted, or trimmed of what your handlers do not need.
   * The message holds identity data. Default: the message itself.
   */
  readonly serialize?: ((message: InboxMessage) => unknown) | undefined
}

export interface DeserializeOption {
  /** Undoes `serialize`. Default: nothing to undo. */
  readonly deserialize?: ((stored: unknown) => unknown) | undefined
}

export const serializeCheck = callback<NonNullable<SerializeOption['serialize']>>('callback_invalid')
export const deserializeCheck = callback<NonNullable<DeserializeOption['deserialize']>>('callback_invalid')

/** What an engine keeps: an object, as all of them want. Before there was `json`, it was `{ message }`. */
export interface StoredMessage {
  /** The event's id, for lists of dead letters. */
  id: string
  /** JSON in printable ASCII of what `serialize` gave, or of the message. */
  json: string
}

export async function encode(message: InboxMessage, { serialize }: SerializeOption): Promise<StoredMessage> {
  const json = toSafeJson(serialize ? await serialize(message) : { ...message })
  if (json === undefined) throw new TypeError('serialize gave nothing to store.')
  return { id: message.id, json }
}

/** Undefined, which is no message, if it cannot be read or `deserialize` fails: engines keep an error's text, and that may quote the event. */
export async function decodeStored(data: unknown, { deserialize }: DeserializeOption): Promise<unknown> {
  try {
    const stored = storedIn(data)
    return deserialize ? await deserialize(stored) : stored
  } catch {
    return undefined
  }
}

function storedIn(data: unknown): unknown {
  if (!isRecord(data)) return undefined
  return typeof data['json'] === 'string' ? fromSafeJson(data['json']) : data['message']
}

/** The event's id in what an engine keeps; undefined where an earlier version stored what `serialize` gave. */
export function storedId(data: unknown): string | undefined {
  if (!isRecord(data)) return undefined
  const id = data['id'] ?? (isRecord(data['message']) ? data['message']['id'] : undefined)
  return typeof id === 'string' ? id : undefined
}

/** 32 hex digits for any event id: itself, unless `eventId` made it another way. */
export const hexId = (id: string): string => (/^[0-9a-f]{32}$/.test(id) ? id : sha256(id).slice(0, 32))

/** The same as a UUID, as pg-boss wants it. */
export const uuid = (id: string): string => hexId(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** A name for dashboards, free of identity data: `document_verification.approved`, `biometric_kyc.id_info`. */
export function jobName({ event }: InboxMessage): string {
  return `${String(event['product'])}.${String(event['outcome'] ?? event['kind'])}`
}
