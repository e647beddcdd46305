import { setTimeout as sleep } from 'node:timers/promises'
import { signDelivery } from '../../src/testing/index.ts'

export const credential = { partnerId: '085', apiKey: 'load-test-key-not-a-secret' }

/** A fact to deliver. */
export type Payload = Readonly<Record<string, unknown>>

export interface SendingPlan {
  ports: () => readonly number[]
  payloads: readonly Payload[]
  /** Waits before the retries, ms: Smile ID's three, compressed. */
  retryAfter: readonly number[]
  /** When the sender gives up waiting for an answer, ms. */
  timeout: number
  /** Deliveries at once. */
  concurrency: number
  /** Pause between deliveries of one lane, ms at most. */
  pause?: number
  /** Ends all trouble, before what was given up is asked for again: on a busy machine every try may come too late. */
  calm?: () => Promise<void> | void
}

export interface SendingResult {
  attempts: number
  /** By status, or `no answer`. */
  answers: Record<string, number>
  /** Given up after the last retry, and delivered when it was asked for again. */
  dropped: number
}

/** Delivers as Smile ID does: at least once, each attempt signed anew, given up after the last retry. */
export async function sendAll({
  ports,
  payloads,
  retryAfter,
  timeout,
  concurrency,
  pause = 0,
  calm,
}: SendingPlan): Promise<SendingResult> {
  const result: SendingResult = { attempts: 0, answers: {}, dropped: 0 }
  const attempt = async (payload: Payload): Promise<boolean> => {
    result.attempts += 1
    const up = ports()
    const port = up[Math.floor(Math.random() * up.length)]
    let answer = 'no answer'
    try {
      const { headers, body } = signDelivery({ generation: 'v1', credential, payload })
      const response = await fetch(`http://127.0.0.1:${port ?? 1}/smile-id`, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(timeout),
      })
      await response.arrayBuffer()
      answer = String(response.status)
    } catch {
      // Killed, or too slow.
    }
    result.answers[answer] = (result.answers[answer] ?? 0) + 1
    return answer === '200'
  }
  const retries: Promise<void>[] = []
  const givenUp: Payload[] = []
  const retry = async (payload: Payload): Promise<void> => {
    for (const wait of retryAfter) {
      await sleep(wait * (0.9 + 0.2 * Math.random()))
      if (await attempt(payload)) return
    }
    result.dropped += 1
    givenUp.push(payload)
  }
  const queue = [...payloads]
  const lane = async (): Promise<void> => {
    for (let payload = queue.shift(); payload; payload = queue.shift()) {
      if (!(await attempt(payload))) retries.push(retry(payload))
      if (pause > 0) await sleep(Math.random() * pause)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  await Promise.all(retries)
  await calm?.()
  for (const payload of givenUp) while (!(await attempt(payload))) await sleep(retryAfter[0] ?? 1_000)
  return result
}

/** Two facts per job, under review and approved. */
export function facts(count: number): Payload[] {
  return Array.from({ length: count }, (_, i) => {
    const job = Math.floor(i / 2)
    const said =
      i % 2 === 0
        ? { ResultCode: '0814', ResultText: 'Provisional Enroll - Under Review' }
        : { ResultCode: '1210', ResultText: 'Enroll User' }
    return {
      ...said,
      SmileJobID: String(job).padStart(10, '0'),
      PartnerParams: { job_id: `job-${job}`, user_id: `user-${job}`, job_type: '1' },
    }
  })
}

/** In any order, with this share of duplicates on top. */
export function shuffled(payloads: readonly Payload[], duplicates: number): Payload[] {
  const extra = Array.from(
    { length: duplicates },
    () => payloads[Math.floor(Math.random() * payloads.length)] as Payload,
  )
  const all = [...payloads, ...extra]
  for (let i = all.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[all[i], all[j]] = [all[j] as Payload, all[i] as Payload]
  }
  return all
}

/** Figures are the point of these tests: they are printed also when all is well. */
export const say = (line: string): void => void process.stdout.write(`\n  ${line}\n`)
