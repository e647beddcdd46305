import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytes } from '../../lib/check.ts'
import { post } from '../../testing/deliver/post.ts'
import { shuffle } from '../../testing/job-story.ts'
import { sampleOutcomes } from '../../testing/sample.ts'
import { products } from '../../types/names.ts'
import { readCredentials } from '../shared/credentials.ts'
import { harmless, type Io, jsonLine, progressBar, styleFor } from '../shared/io.ts'
import { oneOf, positiveNumber, type Run, readParams, readTarget, UsageError, type Values } from '../shared/usage.ts'
import { fromCaptures, plan, type Planned } from './plan.ts'

/** For more deliveries a bar and a sum are clearer than lines. */
const linesAtMost = 20

export const run: Run<'send'> = async ({ values }, io) => {
  const url = readTarget(values.to, values['allow-remote'])
  const repeat = positiveNumber('repeat', values.repeat, { integer: true }) ?? 1
  const rate = positiveNumber('rate', values.rate)
  const seed = positiveNumber('seed', values.seed, { integer: true })
  const planned =
    values.from === undefined
      ? await newDeliveries(values, io)
      : await fromCaptures(values.from, values['as-is'] ? undefined : (await readCredentials(values, io))[0])
  const repeated = Array.from({ length: repeat }, () => planned).flat()
  const deliveries = values.shuffle ? shuffle(repeated, seed) : repeated

  const sent: Sent[] = []
  const print = values.json ? jsonPrinter : deliveries.length > linesAtMost ? barPrinter : linePrinter
  const { one, sum } = print(io, deliveries.length)
  const onSent = (result: Sent): void => {
    sent.push(result)
    one(result)
  }
  await sendAll(url, deliveries, rate, onSent, io.stop)
  sum(sent)
  const mistake = planned.find((delivery) => delivery.mistake)?.mistake
  if (mistake) throw mistake
  return sent.length === deliveries.length && sent.every(isAccepted)
}

async function newDeliveries(values: Values<'send'>, io: Io): Promise<Planned[]> {
  const { code, reason } = values
  const product = oneOf('product', values.product, products) ?? 'document_verification'
  const usual = product === 'aml_monitoring' ? 'monitoring' : 'approved'
  const outcome = oneOf('outcome', values.outcome, sampleOutcomes) ?? usual
  const generation = oneOf('generation', values.generation, ['v1', 'v3']) ?? (code === undefined ? undefined : 'v1')
  const idStep = oneOf('id-step', values['id-step'], ['passed', 'failed', 'error'])
  const overrides = {
    jobId: values['job-id'],
    partnerParams: readParams(values.param),
    ...(idStep && { idStep }),
    ...(code !== undefined && { ResultCode: code }),
    ...(reason !== undefined && { reason }),
  }
  const size = bytesOf(values.size)
  const [credential] = await readCredentials(values, io)
  return plan({ product, outcome, generation, overrides, story: values.story === true, size, credential })
}

function bytesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  try {
    return bytes(0)(/^\d+$/.test(text) ? Number(text) : text, '--size')
  } catch {
    // Its words are those of an option.
    throw new UsageError('--size must be a number of bytes, or a size such as 1.4mb.')
  }
}

/** Result of one delivery. */
interface Sent {
  about: string
  jobId?: string | undefined
  /** Undefined without an answer; then `error` says why. */
  status?: number
  answer?: string
  error?: string
  ms: number
}

const isAccepted = ({ status }: Sent): boolean => status !== undefined && status >= 200 && status < 300

/** Sends one after the other, or at a fixed rate whether or not earlier ones are answered. */
async function sendAll(
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

/** Prints each delivery, and the sum of all. */
type Printer = (io: Io, planned: number) => { one: (sent: Sent) => void; sum: (sent: readonly Sent[]) => void }

const linePrinter: Printer = (io, planned) => {
  const { good, bad, dim } = styleFor(io)
  return {
    one(sent) {
      const { status, answer = '', error, ms, about, jobId } = sent
      const shown = (isAccepted(sent) ? good : bad)(String(status ?? '---'))
      const job = jobId ? dim(`  ${jobId}`) : ''
      io.out(`${shown}  ${String(ms).padStart(5)} ms  ${about}${job}\n                 ${error ?? harmless(answer)}\n`)
    },
    sum(sent) {
      if (planned > 1) io.out(sumLine(sent, planned))
    },
  }
}

const barPrinter: Printer = (io, planned) => {
  const bar = progressBar(io, planned)
  return {
    one: () => bar.step(),
    sum(sent) {
      bar.end()
      io.out(sumLine(sent, planned))
      const counts = new Map<string, number>()
      for (const { status, answer = '', error } of sent) {
        const said = `${status ?? '---'} ${error ?? harmless(answer, 120)}`
        counts.set(said, (counts.get(said) ?? 0) + 1)
      }
      for (const [said, count] of counts) io.out(`  ${count} × ${said}\n`)
    },
  }
}

const jsonPrinter: Printer = (io, planned) => ({
  one: (sent) => io.out(jsonLine({ ...sent, accepted: isAccepted(sent) })),
  sum: (sent) => io.out(jsonLine({ planned, sent: sent.length, accepted: sent.filter(isAccepted).length })),
})

function sumLine(sent: readonly Sent[], planned: number): string {
  const times = sent.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return `${sent.filter(isAccepted).length} of ${planned} accepted; median ${at(0.5)} ms, p99 ${at(0.99)} ms\n`
}
