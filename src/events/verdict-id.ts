import type { Decoded } from '../payload/decoded.ts'
import { sha256 } from '../signature/sha256.ts'
import type { MatchedCredential } from '../types/event.ts'

export function verdictId({ partnerId, environment }: MatchedCredential, { meaning, jobId }: Decoded): string {
  return sha256(JSON.stringify(['verdict', partnerId, environment, jobId, meaning.kind === 'result' ? meaning.outcome : meaning.kind])).slice(0, 32)
}
