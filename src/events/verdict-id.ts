import type { MatchedCredential } from '../types/event.ts'
import type { Decoded } from '../payload/decoded.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { asSent, digest, write, type Facts } from './canonical.ts'
import { digestOfRest, withoutZeros } from './contents.ts'

/**
 * The id of what is said of a job: by machine or person, with whichever confidence, wording or product name, in either
 * generation. Effects are keyed by it. `rest` is the digest of the body's rest, where it is known already.
 */
export function verdictId({ partnerId, environment }: MatchedCredential, decoded: Decoded, rest?: string): string {
  const { meaning, result: { code, status }, payload } = decoded
  const facts: Facts = ['verdict', partnerId, environment ?? null, jobOf(decoded), meaning.kind]
  writeSaid(facts, decoded)
  if (isOpenVerdict(decoded)) facts.push(code ?? null, status ?? null, rest ?? digestOfRest(payload))
  return digest(facts)
}

function writeSaid(facts: Facts, { meaning, result: { code }, payload }: Decoded): void {
  if (meaning.kind === 'result') facts.push(meaning.outcome)
  if (meaning.kind === 'id_info') facts.push(meaning.idStep)
  if (meaning.kind !== 'smile_secure') return
  // 5212: the check itself failed, which is not "nobody was found". contract/v1.md §1.9.
  if (code === '5210' || code === '5212' || meaning.suspects.length > 0) {
    facts.push(code === '5212' ? 'error' : 'signal')
    write(facts, [...new Set(meaning.suspects.map(({ userId }) => userId))].sort(), asSent)
  } else {
    // Suspects that cannot be read are others than nobody.
    facts.push('unread')
    write(facts, unwrap(payload)['Antifraud'])
  }
}

/** Of these each one says something else. The first result of AML with monitoring is a verdict like any other. */
export const isOpenVerdict = ({ meaning }: Decoded): boolean => meaning.kind === 'monitoring' || (meaning.kind === 'result' && meaning.outcome === 'unknown')

/** By its own id, or by Smile ID's. */
const jobOf = ({ jobId, smileJobId }: Decoded): string => (jobId === smileJobId ? withoutZeros(jobId) : jobId)
