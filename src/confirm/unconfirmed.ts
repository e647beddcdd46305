import { isDeepStrictEqual } from 'node:util'
import type { IdInfoEvent, ResultEvent } from '../types/event.ts'
import type { Outcome, Product } from '../types/names.ts'
import type { Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'

/** Keys that are read into the event and compared there, and those that every answer has of its own. */
const compared: ReadonlySet<string> = new Set([
  ...['ResultCode', 'result_code', 'ResultText', 'result_text', 'SmileJobID', 'smile_job_id', 'PartnerParams', 'partner_params'],
  ...['Actions', 'ConfidenceValue', 'IsFinalResult', 'signature', 'timestamp'],
])

/** Most keys of the payload that are named; with more, `payload` as a whole is. */
const mostKeys = 100

/** What of an event an agreeing entry of the answer does not repeat: paths into the event. `ours`: its payload, unwrapped. */
export function unconfirmedOf(event: ResultEvent<Product, Outcome, unknown> | IdInfoEvent<unknown>, theirs: Decoded, ours: Json, entry: Json): string[] {
  const { result } = event
  const facts: [string, unknown, unknown][] = [
    ['product', event.product, theirs.product],
    ['smileJobId', event.smileJobId, theirs.smileJobId],
    ['result.message', result.message, theirs.result.message],
    ['result.confidence', result.confidence, theirs.result.confidence],
    ['result.isFinalResult', result.isFinalResult, theirs.result.isFinalResult],
    ['result.actions', result.actions, theirs.result.actions],
  ]
  const named = facts.filter(([, our, their]) => our !== undefined && our !== '' && !isDeepStrictEqual(our, their)).map(([path]) => path)
  const keys = Object.keys(ours).filter((key) => !compared.has(key) && !isDeepStrictEqual(ours[key], entry[key]))
  // Of a wrapped body the outer keys are in no entry.
  const isWhole = keys.length <= mostKeys && ours === event.payload
  return [...named, ...(isWhole ? keys.map((key) => `payload.${key}`) : ['payload'])]
}
