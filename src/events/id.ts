import type { DeliveryInfo } from '../types/event.ts'
import type { Decoded } from '../payload/decoded.ts'
import { unwrap } from '../payload/v1/envelope.ts'
import { digest, write, type Facts } from './canonical.ts'
import { digestOfRest, withoutZeros, writeIdentity, writeParams } from './contents.ts'
import { isOpenVerdict, verdictId } from './verdict-id.ts'

/** What counts of a delivery: the credential that matched, the reference of the callback URL, path params of the mount. */
export type Addressed = Pick<DeliveryInfo, 'credential' | 'reference' | 'params'>

/**
 * Both ids of an event. `id` is that of a delivery's content: the same for every sending of it, and another one for whatever
 * a forger changes of what handlers act on. src/events/README.md has both in one table.
 */
export function idsOf(decoded: Decoded, { credential, reference, params }: Addressed): { id: string; verdictId: string } {
  const { meaning, product, smileJobId, userId, payload } = decoded
  const { code, status, reason, message, isFinalResult, confidence, actions } = decoded.result
  const rest = isOpenEvent(decoded) ? digestOfRest(payload) : undefined
  const verdict = verdictId(credential, decoded, rest)
  const facts: Facts = [
    verdict, reference ?? null, product, withoutZeros(smileJobId) ?? null, userId ?? null,
    code ?? null, status ?? null, reason ?? null, message, String(isFinalResult), String(confidence),
  ]
  write(facts, params)
  writeParams(facts, decoded)
  write(facts, actions)
  // As sent: also of suspects that could not be read.
  if (meaning.kind === 'smile_secure') write(facts, unwrap(payload)['Antifraud'])
  if (rest === undefined) writeIdentity(facts, payload)
  else facts.push(rest)
  return { id: digest(facts), verdictId: verdict }
}

/** What cannot be told apart by its meaning must not be taken for the same: then the body's content counts, identity and all. */
const isOpenEvent = (decoded: Decoded): boolean => isOpenVerdict(decoded) || decoded.product === 'aml_monitoring' || decoded.product === 'unknown'
