import { definedOnly, type Json } from '../../lib/json.ts'
import type { Outcome } from '../../types/names.ts'
import { type Product, productRows } from '../../types/products.ts'
import { type Decoded, retryOf } from '../decoded.ts'
import { readFraud } from '../fraud.ts'
import { newKeysOf, newWordsOfV3, notesOn } from '../notes.ts'
import { asString, idOf, recordOf } from '../scalars.ts'
import { fieldsOf } from '../schema.ts'

/** The identity headers of a v3 delivery. contract/v3.md §2.2. */
export interface IdentityHeaders {
  jobId?: string | undefined
  userId?: string | undefined
}

const statuses = {
  clear: 'approved',
  block: 'rejected',
  attention: 'attention',
  error: 'error',
  processing: 'provisional',
} as const satisfies Readonly<Record<string, Outcome>>

/** A v3 `status`. contract/v3.md §2.1. */
export type V3Status = keyof typeof statuses

/** The outcome of each v3 `status`. contract/v3.md §2.1. */
export const outcomeByStatus: ReadonlyMap<unknown, Outcome> = new Map<unknown, Outcome>(Object.entries(statuses))

const productByName = new Map<string, Product>(
  productRows.flatMap(({ name, v3Names }) => v3Names.map((sent): [string, Product] => [sent, name])),
)

/** Decodes a v3 callback; undefined if it is something else, or belongs to no job. contract/v3.md §2. */
export function decodeV3(body: Json, headers: IdentityHeaders): Decoded | undefined {
  const status = asString(body['status'])
  const product = asString(body['product'])
  const outcome = outcomeByStatus.get(status)
  const params = recordOf(body['partner_params']) ?? {}
  const jobId = headers.jobId ?? idOf(body['job_id']) ?? idOf(params['job_id'])
  if (jobId === undefined || (outcome === undefined && product === undefined)) return undefined
  const named = productByName.get(product ?? '')
  const known = named ?? 'unknown'
  const isMonitoring = product === 'aml_monitoring_update'
  const result = definedOnly({ status, reason: asString(body['reason']), message: asString(body['message']) ?? '' })
  const notes = notesOn(body, fieldsOf(known, 'v3'))
  return {
    shape: 'v3',
    meaning: isMonitoring ? { kind: 'monitoring' } : { kind: 'result', outcome: outcome ?? 'unknown' },
    facts: {
      meaning: outcome || isMonitoring ? 'documented' : 'inferred',
      ...(!isMonitoring && definedOnly({ ...readFraud(body) })),
      ...(outcome === 'error' && definedOnly({ retry: retryOf(result.reason) })),
    },
    product: known,
    jobId,
    userId: headers.userId ?? idOf(body['user_id']) ?? idOf(params['user_id']),
    partnerParams: params,
    result,
    payload: body,
    notes: notes.types,
    news: [...newWordsOfV3(body, { status: outcome !== undefined, product: named !== undefined }), ...newKeysOf(notes)],
  }
}
