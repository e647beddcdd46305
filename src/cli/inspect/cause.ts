import type { ReportCode } from '../../report/report.ts'
import { causeOfIncomplete, causeOfMalformed, causeOfMediaType, causeOfTooLarge } from './causes/body.ts'
import { causeOfMismatch } from './causes/mismatch.ts'
import { causeOfMissing } from './causes/missing.ts'
import { causeOfAddress, causeOfMethod } from './causes/sender.ts'
import { causeOfTime } from './causes/time.ts'
import { causeOfUnrecognized } from './causes/unrecognized.ts'
import type { Facts } from './facts.ts'
import { mistakeOfCode, type Mistake } from './mistake.ts'

type Search = (facts: Facts) => Mistake

const byCode: Search = ({ report }) => mistakeOfCode(report.code, report.hint)

/** Who searches for the cause of each refusal. */
const searches: Readonly<Record<ReportCode, Search | undefined>> = {
  accepted: undefined,
  duplicate: undefined,
  unhandled: undefined,
  handler_rejected: byCode,
  method_not_allowed: causeOfMethod,
  ip_not_allowed: causeOfAddress,
  headers_too_large: byCode,
  callback_url_mismatch: byCode,
  unsupported_media_type: causeOfMediaType,
  body_too_large: causeOfTooLarge,
  body_incomplete: causeOfIncomplete,
  body_timeout: byCode,
  body_too_complex: byCode,
  too_many_bodies: byCode,
  malformed_json: causeOfMalformed,
  signature_missing: causeOfMissing,
  signature_mismatch: causeOfMismatch,
  timestamp_invalid: causeOfTime,
  timestamp_expired: causeOfTime,
  timestamp_in_future: causeOfTime,
  credentials_unavailable: byCode,
  unrecognized_payload: causeOfUnrecognized,
  invalid_partner_params: byCode,
  contradicted: byCode,
  not_confirmed: byCode,
  no_handlers: byCode,
  handler_failed: byCode,
  handler_timeout: byCode,
  in_progress: byCode,
  store_unavailable: byCode,
  inbox_unavailable: byCode,
  shutting_down: byCode,
  internal_error: byCode,
}

/** The likely reason of a refusal; undefined for what was accepted. */
export const causeOf = (facts: Facts): Mistake | undefined => searches[facts.report.code]?.(facts)
