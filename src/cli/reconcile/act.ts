import { inOrder } from '../../confirm/answer.ts'
import type { Credential } from '../../options/types.ts'
import type { Means, Said } from '../../reconcile/ask.ts'
import type { JobToAsk } from '../../reconcile/job.ts'
import type { SigningKey } from '../../signature/sign.ts'
import { post } from '../../testing/deliver/post.ts'
import { signDelivery } from '../../testing/sign-delivery.ts'

/** A key and the credential that it was made of. */
export interface Key extends SigningKey {
  readonly credential: Credential
}

/** Actions of the command beside asking. */
export interface Actions {
  /** Requests another delivery of v3 callbacks. */
  replay: boolean
  /** Posts v1 answers, signed as callbacks. */
  deliverTo: URL | undefined
}

/** Result of the action for one job. */
export interface Acted {
  text: string
  failed: boolean
}

/** Acts on an answer of Smile ID, as the options say. */
export async function actOn(
  job: JobToAsk,
  said: Said<Key>,
  { replay, deliverTo }: Actions,
  { api, asker }: Means,
): Promise<Acted | undefined> {
  if (said.is === 'v3' && replay) {
    const answer = await asker.ask((signal) => api.replay(said.credential, job.jobId, signal), false)
    const reason = typeof answer === 'string' ? answer : answer.status
    return reason === 202 ? { text: 'replay queued', failed: false } : { text: `no replay: ${reason}`, failed: true }
  }
  if (said.is !== 'v1' || !deliverTo) return undefined
  const statuses: (number | string)[] = []
  for (const { entry } of inOrder(said.status)) {
    // Its own signature, if it has one, is outdated.
    const payload = { ...entry, signature: undefined, timestamp: undefined }
    const { headers, body } = signDelivery({ generation: 'v1', credential: said.credential.credential, payload })
    const { status } = await post(deliverTo, headers, body).catch(() => ({ status: 'unreachable' }))
    statuses.push(status)
  }
  return { text: `delivered: ${statuses.join(' ')}`, failed: !statuses.every((status) => /^2/.test(String(status))) }
}
