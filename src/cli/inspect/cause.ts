import { messages } from '../../report/messages.ts'
import { causeOfIncomplete, causeOfMalformed, causeOfMediaType, causeOfTooLarge } from './causes/body.ts'
import { causeOfMismatch } from './causes/mismatch.ts'
import { causeOfMissing } from './causes/missing.ts'
import { causeOfAddress, causeOfMethod } from './causes/sender.ts'
import { causeOfTime } from './causes/time.ts'
import { causeOfUnrecognized } from './causes/unrecognized.ts'
import type { Facts } from './facts.ts'
import { mistake, type Mistake } from './mistake.ts'

/** The likely reason of a refusal; undefined for what was accepted. */
export function causeOf(facts: Facts): Mistake | undefined {
  const { code, status, hint } = facts.report
  if (status === 200) return undefined
  switch (code) {
    case 'method_not_allowed':
      return causeOfMethod(facts)
    case 'ip_not_allowed':
      return causeOfAddress(facts)
    case 'unsupported_media_type':
      return causeOfMediaType(facts)
    case 'body_too_large':
      return causeOfTooLarge(facts)
    case 'body_incomplete':
      return causeOfIncomplete(facts)
    case 'malformed_json':
      return causeOfMalformed(facts)
    case 'signature_missing':
      return causeOfMissing(facts)
    case 'signature_mismatch':
      return causeOfMismatch(facts)
    case 'timestamp_invalid':
    case 'timestamp_expired':
    case 'timestamp_in_future':
      return causeOfTime(facts)
    case 'unrecognized_payload':
      return causeOfUnrecognized(facts)
    default:
      return mistake(code, hint ?? messages[code], 'README explains this code under "Errors".')
  }
}
