import { buildEvent, type NewEvent } from '../events/build.ts'
import { readPartnerParams, type ParamIssue } from '../events/partner-params.ts'
import { after } from '../lib/promises.ts'
import type { Decoded } from '../payload/decoded.ts'
import { refuse, type Refusal } from '../report/refusal.ts'
import type { DeliveryInfo } from '../types/event.ts'
import type { Config } from './config.ts'
import { refuseParams } from './refused.ts'

/**
 * What a payload makes: the same of what was delivered and of what was asked for. `tell` hears of partner params that
 * break the schema.
 */
export function makeEvent(
  decoded: Decoded,
  delivery: DeliveryInfo,
  { partnerParams: schema }: Config,
  tell?: (issues: readonly ParamIssue[]) => Promise<void>,
): NewEvent | Refusal | Promise<NewEvent | Refusal> {
  return after(readPartnerParams(decoded.partnerParams, schema), (params) => {
    if ('value' in params) return buildEvent(decoded, params.value, delivery)
    if ('failed' in params)
      return refuse('internal_error', 'The schema of partnerParams threw, or took longer than 5 s.', {
        cause: 'schema_failed',
      })
    return after(tell?.(params.issues), () => refuseParams(params.issues))
  })
}
