import { callback } from '../lib/check.ts'
import { isRecord } from '../lib/json.ts'
import { sha256 } from '../signature/sha256.ts'
import type { InboxMessage } from './message.ts'

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

/** What an engine keeps: an object, as all of them want. */
export interface StoredMessage {
  message: unknown
}

export async function encode(message: InboxMessage, { serialize }: SerializeOption): Promise<StoredMessage> {
  const stored = serialize ? await serialize(message) : message
  if (stored === undefined) throw new TypeError('serialize gave nothing to store.')
  return { message: stored }
}

/** Undefined, which is no message, if `deserialize` fails: engines keep an error's text, and that may quote the event. */
export async function decodeStored(data: unknown, { deserialize }: DeserializeOption): Promise<unknown> {
  const stored = isRecord(data) ? data['message'] : undefined
  if (!deserialize) return stored
  try {
    return await deserialize(stored)
  } catch {
    return undefined
  }
}

/** 32 hex digits for any event id: itself, unless `eventId` made it another way. */
export const hexId = (id: string): string => (/^[0-9a-f]{32}$/.test(id) ? id : sha256(id).slice(0, 32))

/** A name for dashboards, free of identity data: `document_verification.approved`, `biometric_kyc.id_info`. */
export function jobName({ event }: InboxMessage): string {
  return `${String(event['product'])}.${String(event['outcome'] ?? event['kind'])}`
}
