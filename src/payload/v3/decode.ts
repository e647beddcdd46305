import type { Outcome, Product } from '../../types/names.ts'
import { products } from '../../types/names.ts'
import { definedOnly } from '../../lib/json.ts'
import { type Decoded } from '../decoded.ts'
import { notesOn } from '../notes.ts'
import { schemaOf } from '../schema/index.ts'
import { idOf, recordOf, asString } from '../scalars.ts'
import { type Json } from '../../lib/json.ts'

/** The identity headers of a v3 delivery. Contract v3, section 2.2. */
export interface IdentityHeaders {
  jobId?: string | undefined
  userId?: string | undefined
}

const outcomeByStatus: ReadonlyMap<string, Outcome> = new Map([
  ['clear', 'approved'],
  ['block', 'rejected'],
  ['attention', 'attention'],
  ['error', 'error'],
  ['processing', 'provisional'],
])

/** Wire names that differ from ours. Contract v3, section 3.2. */
const productAlias: ReadonlyMap<string, Product> = new Map([
  ['aml', 'one_time_aml'],
  ['aml_monitoring_update', 'aml_monitoring'],
  ['doc_verification', 'document_verification'],
])

const productByName: ReadonlyMap<string, Product> = new Map([...products.map((name) => [name, name] as const), ...productAlias])

/** A v3 callback, read; undefined if it is none, or belongs to no job. Contract v3, section 2. */
export function decodeV3(body: Json, headers: IdentityHeaders): Decoded | undefined {
  const status = asString(body['status'])
  const product = asString(body['product'])
  const outcome = status === undefined ? undefined : outcomeByStatus.get(status)
  const params = recordOf(body['partner_params']) ?? {}
  const jobId = headers.jobId ?? idOf(body['job_id']) ?? idOf(params['job_id'])
  if (jobId === undefined || (outcome === undefined && product === undefined)) return undefined
  const known = productByName.get(product ?? '') ?? 'unknown'
  return {
    meaning: product === 'aml_monitoring_update' ? { kind: 'monitoring' } : { kind: 'result', outcome: outcome ?? 'unknown' },
    product: known,
    jobId,
    userId: headers.userId ?? idOf(body['user_id']) ?? idOf(params['user_id']),
    partnerParams: params,
    result: definedOnly({ status, reason: asString(body['reason']), message: asString(body['message']) ?? '' }),
    payload: body,
    notes: notesOn(body, schemaOf(known, 'v3')),
  }
}
