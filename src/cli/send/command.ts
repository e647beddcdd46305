import { bytes } from '../../lib/check.ts'
import { shuffle } from '../../testing/job-story.ts'
import type { SampleOutcome } from '../../testing/sample.ts'
import { outcomes, type Product, products } from '../../types/names.ts'
import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, harmless, type Io, progressBar, styleFor } from '../shared/io.ts'
import { oneOf, pairs, positiveNumber, readArgs, readTarget, UsageError } from '../shared/usage.ts'
import { fromCaptures } from './from-captures.ts'
import { plan, type Planned } from './plan.ts'
import { isAccepted, sendAll, type Sent } from './run.ts'

const sendOptions = {
  ...credentialOptions,
  to: { type: 'string' },
  product: { type: 'string' },
  outcome: { type: 'string' },
  generation: { type: 'string' },
  code: { type: 'string' },
  reason: { type: 'string' },
  'id-step': { type: 'string' },
  'job-id': { type: 'string' },
  param: { type: 'string', multiple: true },
  story: { type: 'boolean' },
  from: { type: 'string' },
  'as-is': { type: 'boolean' },
  repeat: { type: 'string' },
  shuffle: { type: 'boolean' },
  seed: { type: 'string' },
  rate: { type: 'string' },
  size: { type: 'string' },
  json: { type: 'boolean' },
  'allow-remote': { type: 'boolean' },
} as const

const sampleOutcomes = [...outcomes, 'id_info', 'smile_secure', 'monitoring'] as const
/** For more deliveries a bar and a sum are clearer than lines. */
const linesAtMost = 20

export async function send(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, sendOptions)
  if (positionals.length > 0) throw new UsageError(`send takes no "${positionals[0] ?? ''}": the URL goes after --to.`)
  const url = readTarget(values.to, values['allow-remote'] === true)
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
  const print = values.json
    ? jsonPrinter(io)
    : deliveries.length > linesAtMost
      ? barPrinter(io, deliveries.length)
      : linePrinter(io)
  await sendAll(
    url,
    deliveries,
    rate,
    (one) => {
      sent.push(one)
      print.one(one)
    },
    io.stop,
  )
  print.sum(sent, deliveries.length)
  return sent.length === deliveries.length && sent.every(isAccepted) ? exitCode.ok : exitCode.refused
}

type Values = ReturnType<typeof readArgs<typeof sendOptions>>['values']

async function newDeliveries(values: Values, io: Io): Promise<Planned[]> {
  const product: Product = oneOf('product', values.product, products) ?? 'document_verification'
  const outcome: SampleOutcome =
    oneOf('outcome', values.outcome, sampleOutcomes) ?? (product === 'aml_monitoring' ? 'monitoring' : 'approved')
  const generation =
    oneOf('generation', values.generation, ['v1', 'v3']) ?? (values.code !== undefined ? 'v1' : undefined)
  const idStep = oneOf('id-step', values['id-step'], ['passed', 'failed', 'error'])
  const overrides = {
    jobId: values['job-id'],
    partnerParams: pairs('param', values.param),
    ...(idStep && { idStep }),
    ...(values.code !== undefined && { ResultCode: values.code }),
    ...(values.reason !== undefined && { reason: values.reason }),
  }
  const [credential] = await readCredentials(values, io)
  return plan({
    product,
    outcome,
    generation,
    overrides,
    story: values.story === true,
    size: bytesOf(values.size),
    credential,
  })
}

function bytesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  try {
    return bytes(0)(/^\d+$/.test(text) ? Number(text) : text, '--size')
  } catch {
    throw new UsageError('--size must be a number of bytes, or a size such as 1.4mb.')
  }
}

interface Printer {
  one(sent: Sent): void
  sum(sent: readonly Sent[], planned: number): void
}

function linePrinter(io: Io): Printer {
  const { good, bad, dim } = styleFor(io)
  return {
    one(sent) {
      const { status, answer = '', error, ms, about, jobId } = sent
      const paint = isAccepted(sent) ? good : bad
      const said = error ?? harmless(answer)
      io.out(
        `${paint(String(status ?? '---'))}  ${String(ms).padStart(5)} ms  ${about}${jobId ? dim(`  ${jobId}`) : ''}\n                 ${said}\n`,
      )
    },
    sum(sent, planned) {
      if (planned > 1) io.out(sumLine(sent, planned))
    },
  }
}

function barPrinter(io: Io, total: number): Printer {
  const bar = progressBar(io, total)
  return {
    one: () => bar.step(),
    sum(sent, planned) {
      bar.end()
      io.out(sumLine(sent, planned))
      for (const [answer, count] of countBy(sent)) io.out(`  ${count} × ${answer}\n`)
    },
  }
}

function sumLine(sent: readonly Sent[], planned: number): string {
  const times = sent.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return `${sent.filter(isAccepted).length} of ${planned} accepted; median ${at(0.5)} ms, p99 ${at(0.99)} ms\n`
}

const countBy = (sent: readonly Sent[]): Map<string, number> =>
  sent.reduce((counts, { status, answer, error }) => {
    const said = `${status ?? '---'} ${error ?? harmless(answer ?? '', 120)}`
    return counts.set(said, (counts.get(said) ?? 0) + 1)
  }, new Map<string, number>())

function jsonPrinter(io: Io): Printer {
  return {
    one: (sent) => io.out(`${JSON.stringify({ ...sent, accepted: isAccepted(sent) })}\n`),
    sum: (sent, planned) =>
      io.out(`${JSON.stringify({ planned, sent: sent.length, accepted: sent.filter(isAccepted).length })}\n`),
  }
}
