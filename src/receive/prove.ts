import { refuse, isRefusal, type Refusal } from '../report/refusal.ts'
import type { Config } from './config.ts'
import type { IncomingDelivery } from './delivery.ts'
import { checkAge } from './guards/age.ts'
import { matchCredential, type Candidate, type Claim, type Proof } from './guards/signature.ts'

/** Who sent a delivery, and when. */
export interface Proven extends Proof {
  /** Epoch ms. */
  signedAt: number
}

/** Makes the refusal of a signature that no candidate makes. */
export type Mismatch = (claim: Claim, candidates: readonly Candidate[]) => Refusal

/** Holds a claim against the credentials and the clock; at once where the credentials are fixed. */
export function prove(claim: Claim, incoming: IncomingDelivery, config: Config, mismatch: Mismatch): Proven | Refusal | Promise<Proven | Refusal> {
  const candidates = config.candidates(claim.generation, incoming)
  if (!('then' in candidates)) return proveWith(candidates, claim, config, mismatch)
  return candidates.then(
    (found) => proveWith(found, claim, config, mismatch),
    () => refuse('credentials_unavailable', 'The credentials function failed, took longer than 5 s, or gave a credential that cannot be used.', { cause: 'credentials_failed' }),
  )
}

function proveWith(candidates: readonly Candidate[], claim: Claim, { now, age }: Config, mismatch: Mismatch): Proven | Refusal {
  const proof = matchCredential(claim, candidates)
  if (!proof) return mismatch(claim, candidates)
  const signedAt = checkAge(proof.timestamp, now(), age)
  if (isRefusal(signedAt)) return signedAt
  const { generation, credential, key, timestamp, signature } = proof
  // Not by a spread: V8 makes a hidden class of its own for each object that grows after one.
  return { generation, credential, key, timestamp, signature, signedAt }
}
