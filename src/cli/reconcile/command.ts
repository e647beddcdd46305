import type { RepeatedCallback } from '../../confirm/answer.ts'
import { apiFor } from '../../confirm/api.ts'
import { codeTable } from '../../payload/v1/code-table.ts'
import { indexCodes } from '../../payload/v1/subject.ts'
import { askAbout, Asker, type Means, type Said } from '../../reconcile/ask.ts'
import type { JobToAsk } from '../../reconcile/job.ts'
import { forEachOf } from '../../reconcile/pool.ts'
import { signingKey } from '../../signature/sign.ts'
import { readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, harmless, type Io, jsonLine, progressBar, table } from '../shared/io.ts'
import { oneOf, positiveNumber, readArgs, readTarget } from '../shared/usage.ts'
import { type Acted, type Actions, actOn, type Key } from './act.ts'
import { readJobs } from './jobs.ts'

/** Milliseconds. */
const patience = { timeoutMs: 15_000, attempts: 4, backoffMs: 500 }

/** Prints Smile ID's answer about each job; changes nothing unless told to. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = readArgs('reconcile', args)
  const deliverTo = values['deliver-to']
  const environment = oneOf('environment', values.environment, ['production', 'sandbox']) ?? 'production'
  const concurrency = positiveNumber('concurrency', values.concurrency, { integer: true }) ?? 4
  const actions: Actions = {
    replay: values.replay === true,
    deliverTo: deliverTo === undefined ? undefined : readTarget(deliverTo, values['allow-remote']),
  }
  const keys: Key[] = (await readCredentials(values, io)).map((credential) => ({
    ...signingKey(credential.partnerId, credential.apiKey),
    credential,
  }))
  const jobs = await readJobs(values.jobs, io)
  const means: Means = {
    api: apiFor(environment, values['base-url']),
    asker: new Asker(patience, io.stop, () => undefined),
    codes: indexCodes(codeTable),
    now: Date.now,
  }

  const rows: Row[] = []
  const bar = progressBar(io, jobs.length)
  try {
    await forEachOf(jobs, concurrency, async (job) => {
      const said = await askAbout(job, keys, means)
      const row: Row = { job, said, acted: await actOn(job, said, actions, means) }
      rows.push(row)
      bar.step()
      if (values.json) io.out(jsonLine(lineOf(row)))
    })
  } catch (error) {
    if (!io.stop.aborted) throw error
  } finally {
    bar.end()
  }
  const sum = sumOf(rows, jobs.length)
  const cells = rows.map(lineOf).map(({ jobId, generation, said, acted = '' }) => [jobId, generation, said, acted])
  const counts = Object.entries(sum).map(([name, count]) => `${count} ${name}`)
  io.out(values.json ? jsonLine(sum) : `${table([['job', '', 'Smile ID says', ''], ...cells])}${counts.join(', ')}\n`)
  return rows.length === jobs.length && rows.every(({ said, acted }) => said.is !== 'failed' && acted?.failed !== true)
    ? exitCode.ok
    : exitCode.refused
}

/** One job, Smile ID's answer, and the action taken. */
interface Row {
  job: JobToAsk
  said: Said<Key>
  acted: Acted | undefined
}

/** A job as it is shown; `said` is `approved (1210)`, `clear`, `not found`, `failed: timeout` or the like. */
interface Line {
  jobId: string
  generation: string
  said: string
  acted?: string
}

function lineOf({ job, said, acted }: Row): Line {
  return {
    jobId: harmless(job.jobId, 64),
    generation: job.generation,
    said: words(said),
    ...(acted && { acted: acted.text }),
  }
}

function words(said: Said<Key>): string {
  switch (said.is) {
    case 'v1':
      return toldWords(said.status.holding ?? said.status.current ?? said.status.past[0])
    case 'v3':
      return said.status
    case 'failed':
      return `failed: ${said.reason}`
    default:
      return said.is.replace('_', ' ')
  }
}

const toldWords = (told: RepeatedCallback | undefined): string => {
  if (!told) return 'nothing'
  const { meaning, result } = told.decoded
  return `${meaning.kind === 'result' ? meaning.outcome : meaning.kind} (${harmless(result.code ?? '', 16)})`
}

/** Counts by answer. */
function sumOf(rows: readonly Row[], jobs: number): Record<string, number> {
  const counts: Record<string, number> = { jobs, asked: rows.length }
  for (const { said } of rows) {
    const name = said.is === 'v1' || said.is === 'v3' ? 'answered' : said.is === 'not_found' ? 'not found' : said.is
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
