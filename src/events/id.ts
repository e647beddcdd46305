import { createHash } from 'node:crypto'
import type { MatchedCredential } from './types.ts'
import type { Decoded } from '../payload/decoded.ts'

/**
 * The id of a fact: 32 hex digits over the partner, the job, and what was said of it. What changes when the
 * same fact is sent again (timestamp, signature, signed links, key order) is not part of it.
 */
export function eventId(credential: MatchedCredential, { meaning, product, jobId, smileJobId, result }: Decoded): string {
  const facts = [credential.partnerId, credential.environment, meaning.kind, product, jobId, smileJobId, result.code, result.status, result.reason, result.message, result.isFinalResult]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)
}
