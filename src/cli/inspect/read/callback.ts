import type { Json } from '../../../lib/json.ts'

/** Members that Smile ID's JSON has, of callbacks and of what is taken for one. */
const members: ReadonlySet<string> = new Set(['ResultCode', 'SmileJobID', 'PartnerParams', 'partner_params', 'signature', 'sec_key', 'job_complete', 'success', 'product', 'id_fields', 'error'])

export function isCallback(json: Json): boolean {
  const names = Object.keys(json)
  return names.some((name) => members.has(name)) || ('status' in json && ('reason' in json || 'message' in json)) || ('type' in json && 'createdAt' in json)
}
