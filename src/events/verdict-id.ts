import type { MatchedCredential, Suspect } from '../types/event.ts'
import type { Decoded } from '../payload/decoded.ts'
import { sha256 } from '../signature/sha256.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { canonical, type Canonical } from './canonical.ts'
import { restOfBody, withoutZeros } from './contents.ts'

/**
 * The id of what is said of a job: by machine or person, with whichever confidence, wording or product name, in either
 * generation. Effects are keyed by it.
 */
export function verdictId({ partnerId, environment }: MatchedCredential, decoded: Decoded): string {
  const { meaning, result, payload } = decoded
  return digest(['verdict', partnerId, environment, jobOf(decoded), meaning.kind, saidBy(decoded), isOpenVerdict(decoded) ? [result.code ?? null, result.status ?? null, restOfBody(payload)] : undefined])
}

function saidBy({ meaning, result, payload }: Decoded): Canonical {
  switch (meaning.kind) {
    case 'result':
      return meaning.outcome
    case 'id_info':
      return meaning.idStep
    case 'smile_secure':
      // 5212: the check itself failed, which is not "nobody was found". contract/v1.md §1.9.
      if (result.code === '5210' || result.code === '5212' || meaning.suspects.length > 0) return [result.code === '5212' ? 'error' : 'signal', ...userIds(meaning.suspects)]
      // Suspects that cannot be read are others than nobody.
      return ['unread', canonical(unwrap(payload)['Antifraud'])]
    case 'monitoring':
      return null
  }
}

/** Of these each one says something else. The first result of AML with monitoring is a verdict like any other. */
export const isOpenVerdict = ({ meaning }: Decoded): boolean => meaning.kind === 'monitoring' || (meaning.kind === 'result' && meaning.outcome === 'unknown')

/** By its own id, or by Smile ID's. */
export const jobOf = ({ jobId, smileJobId }: Decoded): string => (jobId === smileJobId ? withoutZeros(jobId) : jobId)

const userIds = (suspects: readonly Suspect[]): string[] => [...new Set(suspects.map(({ userId }) => userId))].sort()

/** 32 hex digits; what is absent is written as null, which no text is. */
export const digest = (facts: readonly (Canonical | undefined)[]): string => sha256(JSON.stringify(facts)).slice(0, 32)
