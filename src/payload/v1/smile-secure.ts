import type { Suspect } from '../../types/event.ts'
import { isRecord, type Json } from '../../lib/json.ts'
import { idOf } from '../scalars.ts'

/** The suspects of both shapes: `SuspectUsers` on `Antifraud`, or on `Antifraud.smile_secure`. contract/v1.md §1.9. */
export const readSuspects = (antifraud: Json | undefined): Suspect[] =>
  listSuspects(antifraud?.['SuspectUsers'] ?? smileSecurePart(antifraud)?.['SuspectUsers'])

/**
 * Whoever is named: in a list, alone, or in an object by user id; ids as text or number.
 * A suspect that is not read is a warning that nobody sees.
 */
export function listSuspects(users: unknown): Suspect[] {
  if (Array.isArray(users)) return (users as unknown[]).flatMap((user) => readSuspect(user))
  if (!isRecord(users)) return readSuspect(users)
  const alone = readSuspect(users)
  return alone.length > 0 ? alone : Object.entries(users).flatMap(([key, user]) => readSuspect(user, key))
}

export function smileSecurePart(antifraud: Json | undefined): Json | undefined {
  const part = antifraud?.['smile_secure']
  return isRecord(part) ? part : undefined
}

/** `key`: the user's id where the object that holds it is keyed by them; then the value may be the reasons alone. */
function readSuspect(user: unknown, key?: string): Suspect[] {
  if (!isRecord(user)) return key === undefined ? named(idOf(user), []) : named(key, textsOf(user))
  const { user_id: userId, reason, reasons } = user
  // A list that became an object is keyed by its places.
  const byKey = key !== undefined && !/^\d+$/.test(key) ? key : undefined
  return named(idOf(userId) ?? byKey, textsOf(reasons ?? reason))
}

const named = (userId: string | undefined, reasons: string[]): Suspect[] => (userId === undefined ? [] : [{ userId, reasons }])

const textsOf = (reasons: unknown): string[] =>
  (Array.isArray(reasons) ? (reasons as unknown[]) : [reasons]).filter((one) => typeof one === 'string')
