import { isRecord, type Json } from '../lib/json.ts'
import type { Fraud, Suspect } from '../types/event.ts'
import { booleanOf, idOf, isAvailable, paddedNumber } from './scalars.ts'

/** Result of the fraud checks; undefined if there is none. */
export interface FraudSigns {
  readonly fraud?: Fraud | undefined
  readonly suspects: Suspect[]
}

const noSigns: FraudSigns = { suspects: [] }

/** By v1 code, and by the `status` of v3's `smile_secure`. contract/v1.md §1.9; contract/v3.md §3.3. */
const fraudByWord: ReadonlyMap<unknown, Fraud> = new Map<unknown, Fraud>([
  ['5210', 'none'],
  ['5211', 'detected'],
  ['5212', 'failed'],
  ['clear', 'none'],
  ['attention', 'detected'],
  ['error', 'failed'],
])

/** The antifraud part of either generation; `code` is that of a Smile Secure callback. */
export function readFraud({ Antifraud: v1, antifraud: v3 }: Json, code?: string): FraudSigns {
  if (!isRecord(v1) && !isRecord(v3) && code === undefined) return noSigns
  const parts = [v1, v3].filter(isRecord)
  const secure = parts.flatMap((part) => [part, part['smile_secure']]).filter(isRecord)
  const lists = secure.flatMap((part) => [part['SuspectUsers'], part['suspect_users']]).filter(isAvailable)
  const summaries = parts.map(({ summary }) => (isRecord(summary) ? summary['fraud_detected'] : undefined))
  const signs = new Set([
    fraudByWord.get(code),
    ...secure.flatMap((part) =>
      [paddedNumber(part['ResultCode'], 4), part['status']].map((one) => fraudByWord.get(one)),
    ),
    // An unreadable result does not clear anyone.
    ...lists.map((list) => (isEmpty(list) ? 'none' : 'detected')),
    ...summaries.filter(isAvailable).map((said) => (booleanOf(said) === false ? 'none' : 'detected')),
  ])
  const suspects = lists.map(listSuspects).find((list) => list.length > 0) ?? []
  return { fraud: (['detected', 'failed', 'none'] as const).find((sign) => signs.has(sign)), suspects }
}

export function smileSecurePart(antifraud: Json | undefined): Json | undefined {
  const part = antifraud?.['smile_secure']
  return isRecord(part) ? part : undefined
}

const isEmpty = (list: unknown): boolean =>
  Array.isArray(list) ? list.length === 0 : isRecord(list) && Object.keys(list).length === 0

/**
 * Everyone who is named: in an array, alone, or in an object by user id; ids as string or number. A suspect that is
 * missed is a warning that no one sees.
 */
function listSuspects(users: unknown): Suspect[] {
  const suspects: Suspect[] = []
  const add = (user: unknown, key?: string): void => {
    const suspect = readSuspect(user, key)
    if (suspect) suspects.push(suspect)
  }
  if (Array.isArray(users)) for (const user of users as unknown[]) add(user)
  else add(users)
  if (suspects.length === 0 && isRecord(users)) for (const [key, user] of Object.entries(users)) add(user, key)
  return suspects
}

/** `key`: the user's id if the object that holds it is keyed by them; then the value may be the reasons alone. */
function readSuspect(user: unknown, key?: string): Suspect | undefined {
  if (!isRecord(user)) return key === undefined ? named(idOf(user), []) : named(key, textsOf(user))
  const { user_id: userId, reason, reasons } = user
  // An array that became an object is keyed by its indexes.
  const byKey = key !== undefined && !/^\d+$/.test(key) ? key : undefined
  return named(idOf(userId) ?? byKey, textsOf(reasons ?? reason))
}

const named = (userId: string | undefined, reasons: string[]): Suspect | undefined =>
  userId === undefined ? undefined : { userId, reasons }

const textsOf = (reasons: unknown): string[] =>
  (Array.isArray(reasons) ? (reasons as unknown[]) : [reasons]).filter((one) => typeof one === 'string')
