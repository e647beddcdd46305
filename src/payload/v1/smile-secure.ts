import type { Suspect } from '../../types/event.ts'
import { isRecord, type Json } from '../../lib/json.ts'

/** The suspects of both shapes: `SuspectUsers` on `Antifraud`, or on `Antifraud.smile_secure`. Contract v1, section 1.9. */
export function readSuspects(antifraud: Json | undefined): Suspect[] {
  const users = antifraud?.['SuspectUsers'] ?? smileSecurePart(antifraud)?.['SuspectUsers']
  return Array.isArray(users) ? users.filter(isRecord).flatMap(readSuspect) : []
}

export function smileSecurePart(antifraud: Json | undefined): Json | undefined {
  const part = antifraud?.['smile_secure']
  return isRecord(part) ? part : undefined
}

function readSuspect({ user_id: userId, reason, reasons }: Json): Suspect[] {
  if (typeof userId !== 'string') return []
  const all: unknown[] = Array.isArray(reasons) ? reasons : [reason]
  return [{ userId, reasons: all.filter((one) => typeof one === 'string') }]
}
