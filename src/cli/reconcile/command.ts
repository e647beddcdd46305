import { indexCodes } from '../../payload/v1/code-index.ts'
import { codeTable } from '../../payload/v1/code-table.ts'
import { apiFor } from '../../confirm/api.ts'
import { signingKey } from '../../signature/sign.ts'
import { askAbout, type Means } from '../../reconcile/ask.ts'
import { forEachOf } from '../../reconcile/pool.ts'
import { Asker } from '../../reconcile/retry.ts'
import { SmileIdConfigError } from '../../errors.ts'
import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, type Io } from '../shared/io.ts'
import { readTarget } from '../shared/target.ts'
import { oneOf, positiveNumber, readArgs, UsageError } from '../shared/usage.ts'
import { progressBar } from '../send/progress.ts'
import { actOn, type Actions, type Key } from './act.ts'
import { readJobs } from './jobs.ts'
import { lineOf, sumOf, type Row } from './table.ts'

const reconcileOptions = {
  ...credentialOptions,
  jobs: { type: 'string' },
  environment: { type: 'string' },
  'base-url': { type: 'string' },
  concurrency: { type: 'string' },
  replay: { type: 'boolean' },
  'deliver-to': { type: 'string' },
  json: { type: 'boolean' },
  'allow-remote': { type: 'boolean' },
} as const

/** ms */
const patience = { timeoutMs: 15_000, attempts: 4, backoffMs: 500 }

/** Says what Smile ID says of each job; changes nothing unless it is told to. */
export async function reconcileCommand(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, reconcileOptions)
  if (positionals.length > 0) throw new UsageError(`reconcile takes no "${positionals[0] ?? ''}": the file goes after --jobs.`)
  const environment = oneOf('environment', values.environment, ['production', 'sandbox']) ?? 'production'
  const concurrency = positiveNumber('concurrency', values.concurrency, { integer: true }) ?? 4
  const actions: Actions = {
    replay: values.replay === true,
    deliverTo: values['deliver-to'] === undefined ? undefined : readTarget(values['deliver-to'], values['allow-remote'] === true),
  }
  const keys: Key[] = (await readCredentials(values, io)).map((credential) => ({ ...signingKey(credential.partnerId, credential.apiKey), credential }))
  const jobs = await readJobs(values.jobs, io)
  const means: Means = { api: apiOf(environment, values['base-url']), asker: new Asker(patience, io.stop), codes: indexCodes(codeTable), now: Date.now }

  const rows: Row[] = []
  const bar = progressBar(io, jobs.length)
  try {
    await forEachOf(jobs, concurrency, async (job) => {
      const said = await askAbout(job, keys, means)
      const row: Row = { job, said, acted: await actOn(job, said, actions, means) }
      rows.push(row)
      bar.step()
      if (values.json) io.out(`${JSON.stringify(lineOf(row))}\n`)
    })
  } catch (error) {
    if (!io.stop.aborted) throw error
  } finally {
    bar.end()
  }
  if (!values.json) io.out(tableOf(rows))
  io.out(values.json ? `${JSON.stringify(sumOf(rows, jobs.length))}\n` : sumLine(sumOf(rows, jobs.length)))
  return rows.length === jobs.length && rows.every(({ said, acted }) => said.is !== 'failed' && acted?.failed !== true) ? exitCode.ok : exitCode.refused
}

function apiOf(environment: 'production' | 'sandbox', baseUrl: string | undefined) {
  try {
    return apiFor(environment, baseUrl)
  } catch (error) {
    if (error instanceof SmileIdConfigError) throw new UsageError(error.message.replace('baseUrl', '--base-url'))
    throw error
  }
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(lineOf).map(({ jobId, generation, said, acted = '' }) => [jobId, generation, said, acted])
  const table = [['job', '', 'Smile ID says', ''], ...lines]
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)))
  return table.map((cells) => `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}

const sumLine = (counts: Readonly<Record<string, number>>): string => `${Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(', ')}\n`
