import { setTimeout as sleep } from 'node:timers/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { post } from '../../testing/deliver/post.ts'
import type { Planned } from './plan.ts'

/** Result of one delivery. */
export interface Sent {
  about: string
  jobId?: string | undefined
  /** Undefined without an answer; then `error` says why. */
  status?: number
  answer?: string
  error?: string
  ms: number
}

export const isAccepted = ({ status }: Sent): boolean => status !== undefined && status >= 200 && status < 300

/** Sends one after the other, or at a fixed rate whether or not earlier ones are answered. */
export async function sendAll(
  url: URL,
  deliveries: readonly Planned[],
  rate: number | undefined,
  onSent: (sent: Sent) => void,
  stop: AbortSignal,
): Promise<void> {
  const agent = new (url.protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true })
  const started = performance.now()
  const underWay: Promise<void>[] = []
  try {
    for (const [index, planned] of deliveries.entries()) {
      const wait = rate === undefined ? 0 : started + (index * 1000) / rate - performance.now()
      if (wait > 0) await sleep(wait, undefined, { signal: stop }).catch(() => undefined)
      if (stop.aborted) break
      underWay.push(sendOne(url, planned, agent).then(onSent))
      if (rate === undefined) await underWay.pop()
    }
    await Promise.all(underWay)
  } finally {
    agent.destroy()
  }
}

async function sendOne(url: URL, { about, jobId, make, mistake }: Planned, agent: HttpAgent): Promise<Sent> {
  if (mistake) return { about, error: mistake.message, ms: 0 }
  const { headers, body } = make()
  const started = performance.now()
  const took = () => Math.round(performance.now() - started)
  try {
    const { status, text } = await post(url, headers, body, { agent })
    return { about, jobId, status, answer: text, ms: took() }
  } catch (error) {
    return { about, jobId, error: reasonOf(error), ms: took() }
  }
}

function reasonOf(error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'ENOTFOUND') return 'unknown host'
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer within 35 s, after which Smile ID gives up'
  return code ?? message
}
