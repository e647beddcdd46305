import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'

/** Other things that Smile ID says in JSON. */
export function notACallback({ body }: Pick<Facts, 'body'>): Mistake | undefined {
  if ('job_complete' in body) return mistake('job_status')
  if (typeof body['code'] === 'string' && 'error' in body) return mistake('request_error')
  if (body['success'] === true && Object.keys(body).every((key) => ['success', 'timestamp', 'signature'].includes(key))) return mistake('acknowledgement')
  if (typeof body['job_type'] === 'string' && 'created_at' in body && 'code' in body) return mistake('sync_response')
  return undefined
}
