import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'

/** Other things that Smile ID says in JSON. */
export function notACallback(body: Facts['body']): Mistake | undefined {
  if ('job_complete' in body) {
    return mistake('job_status', 'This is the answer to a job_status request, not a callback.', 'Read it where you ask for it. Callbacks are what Smile ID posts to your URL by itself.')
  }
  if (typeof body['code'] === 'string' && 'error' in body) {
    return mistake('request_error', 'This is the error answer to a request of yours. No job was made, so no callback follows.', 'Handle it where you submit the job; Smile ID lists the codes under "error codes".')
  }
  if (body['success'] === true && Object.keys(body).every((key) => ['success', 'timestamp', 'signature'].includes(key))) {
    return mistake('acknowledgement', 'This is the acknowledgement of a request of yours. The callback follows later.', 'Handle it where you submit the job.')
  }
  if (typeof body['job_type'] === 'string' && 'created_at' in body && 'code' in body) {
    return mistake('sync_response', 'This is the immediate answer of a SmartSelfie endpoint, not a callback.', 'Handle it where you submit the job.')
  }
  return undefined
}

/** Verified, and still no callback that can be read. */
export function causeOfUnrecognized(facts: Facts): Mistake {
  const { body, header } = facts
  const other = notACallback(body)
  if (other) return other
  if (typeof body['status'] === 'string' && header('job-id') === undefined) {
    return mistake('job_id_lost', 'The callback does not say which job it is about: the Job-ID header is missing, and the body has no job_id.', 'Let the proxy pass on Job-ID and User-ID beside Response-Signature; nginx drops names with underscores, not these.')
  }
  if ('ResultCode' in body) {
    return mistake('job_id_lost', 'The callback does not say which job it is about: PartnerParams.job_id and SmileJobID are both missing.', 'Pass the body on whole.')
  }
  return mistake('unknown_payload', 'The sender is genuine, but this version does not know this kind of body.', 'See CHANGELOG for a newer version; until then onUnrecognized hands you the delivery, and nothing is lost.')
}
