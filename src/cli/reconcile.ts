import { inOrder, type RepeatedCallback } from '../confirm/answer.ts'
import { apiFor } from '../confirm/api.ts'
import type { Credential } from '../options/types.ts'
import { codeTable } from '../payload/v1/code-table.ts'
import { indexCodes } from '../payload/v1/subject.ts'
import { askAbout, createAsker, type Means, type Said } from '../reconcile/ask.ts'
import type { JobToAsk } from '../reconcile/job.ts'
import { forEachOf } from '../lib/limits.ts'
import { type SigningKey, signingKey } from '../signature/sign.ts'
import { post } from '../testing/deliver/post.ts'
import { signDelivery } from '../testing/sign-delivery.ts'
import { readCredentials } from './shared/credentials.ts'
import { harmless, type Io, jsonLine, progressBar, table } from './shared/io.ts'
import { oneOf, positiveNumber, type Run, readTarget, readText, UsageError } from './shared/usage.ts'

/** A key and the credential that it was made of. */
interface Key extends SigningKey {
  readonly credential: Credential
}

/** A job as it is shown; `said` is `approved (1210)`, `clear`, `not found`, `failed: timeout` or the like. */
interface Line {
  jobId: string
  generation: string
  said: string
  acted: string | undefined
}

/** Milliseconds. */
const patience = { timeout: 15_000, attempts: 4, backoff: 500 }

/** Prints Smile ID's answer about each job; changes nothing unless told to. */
export const run: Run<'reconcile'> = async ({ values }, io) => {
  const target = values['deliver-to']
  const environment = oneOf('environment', values.environment, ['production', 'sandbox']) ?? 'production'
  const concurrency = positiveNumber('concurrency', values.concurrency, { integer: true }) ?? 4
  const deliverTo = target === undefined ? undefined : readTarget(target, values['allow-remote'])
  const keys: Key[] = (await readCredentials(values, io)).map((credential) => ({
    ...signingKey(credential.partnerId, credential.apiKey),
    credential,
  }))
  const jobs = await readJobs(values.jobs, io)
  const means: Means = {
    api: apiFor(environment, values['base-url']),
    asker: createAsker(patience, io.stop, () => undefined),
    codes: indexCodes(codeTable),
    now: Date.now,
  }

  const lines: Line[] = []
  const counts: Record<string, number> = { jobs: jobs.length, asked: 0 }
  let failures = 0
  const bar = progressBar(io, jobs.length)
  try {
    await forEachOf(jobs, concurrency, async (job) => {
      const said = await askAbout(job, keys, means)
      const acted =
        said.is === 'v3' && values.replay
          ? await replay(job, said.credential, means)
          : said.is === 'v1' && deliverTo
            ? await deliver(said, deliverTo)
            : undefined
      const jobId = harmless(job.jobId, 64)
      const line = { jobId, generation: job.generation, said: words(said), acted: acted?.text }
      lines.push(line)
      if (said.is === 'failed' || acted?.isFailed) failures += 1
      for (const name of ['asked', said.is === 'v1' || said.is === 'v3' ? 'answered' : said.is.replace('_', ' ')])
        counts[name] = (counts[name] ?? 0) + 1
      bar.step()
      if (values.json) io.out(jsonLine(line))
    })
  } catch (error) {
    if (!io.stop.aborted) throw error
  } finally {
    bar.end()
  }
  const cells = lines.map(({ jobId, generation, said, acted = '' }) => [jobId, generation, said, acted])
  const sum = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  io.out(values.json ? jsonLine(counts) : `${table([['job', '', 'Smile ID says', ''], ...cells])}${sum.join(', ')}\n`)
  return lines.length === jobs.length && failures === 0
}

function words(said: Said<Key>): string {
  if (said.is === 'v3') return said.status
  if (said.is === 'failed') return `failed: ${said.reason}`
  if (said.is !== 'v1') return said.is.replace('_', ' ')
  const told: RepeatedCallback | undefined = said.status.holding ?? said.status.current ?? said.status.past[0]
  if (!told) return 'nothing'
  const { meaning, result } = told.decoded
  return `${meaning.kind === 'result' ? meaning.outcome : meaning.kind} (${harmless(result.code ?? '', 16)})`
}

/** Result of an action for one job. */
interface Acted {
  text: string
  isFailed: boolean
}

/** Requests another delivery of a v3 callback. */
async function replay(job: JobToAsk, key: Key, { api, asker }: Means): Promise<Acted> {
  const answer = await asker.ask((signal) => api.replay(key, job.jobId, signal), false)
  const reason = typeof answer === 'string' ? answer : answer.status
  return reason === 202 ? { text: 'replay queued', isFailed: false } : { text: `no replay: ${reason}`, isFailed: true }
}

/** Posts v1 answers, signed as callbacks. */
async function deliver({ status, credential: key }: Extract<Said<Key>, { is: 'v1' }>, to: URL): Promise<Acted> {
  const statuses: (number | string)[] = []
  for (const { entry } of inOrder(status)) {
    // Its own signature, if it has one, is outdated.
    const payload = { ...entry, signature: undefined, timestamp: undefined }
    const { headers, body } = signDelivery({ generation: 'v1', credential: key.credential, payload })
    statuses.push((await post(to, headers, body).catch(() => ({ status: 'unreachable' }))).status)
  }
  return { text: `delivered: ${statuses.join(' ')}`, isFailed: !statuses.every((one) => /^2/.test(String(one))) }
}

/** Form of v3 ids. contract/v3.md §4. */
const v3Id = /^job_[0-9a-z]{26}$/

/**
 * Reads a table of jobs: `generation,job_id,user_id` in any order, named in the first line. Without a generation the
 * form of the id decides.
 * @throws UsageError for anything else
 */
async function readJobs(path: string | undefined, io: Pick<Io, 'readStdin'>): Promise<JobToAsk[]> {
  if (path === undefined)
    throw new UsageError(
      '--jobs is missing: a CSV file with the columns generation, job_id and user_id, or - for standard input.',
    )
  const text = await readText(path, io)
  const [names = [], ...rows] = rowsOf(text)
  const at = (...known: string[]) =>
    names.findIndex((name) => known.includes(name.trim().toLowerCase().replaceAll('_', '')))
  const columns = { generation: at('generation'), jobId: at('jobid'), userId: at('userid') }
  if (columns.jobId < 0)
    throw new UsageError('The first line of the jobs must name the columns: generation,job_id,user_id.')
  return rows.map((row, index) => {
    const cell = (column: number) => (column < 0 ? '' : (row[column] ?? '').trim())
    const jobId = cell(columns.jobId)
    const userId = cell(columns.userId)
    const generation = cell(columns.generation) || (v3Id.test(jobId) ? 'v3' : 'v1')
    if (jobId === '') throw new UsageError(`Row ${index + 2} of the jobs has no job_id.`)
    if (generation === 'v3') return { generation, jobId, ...(userId !== '' && { userId }) }
    if (generation !== 'v1') throw new UsageError(`Row ${index + 2} of the jobs has another generation than v1 or v3.`)
    if (userId === '')
      throw new UsageError(`Row ${index + 2} of the jobs has no user_id: Smile ID finds v1 jobs by both ids.`)
    return { generation, jobId, userId }
  })
}

/** Cells with or without quotes, as spreadsheets and databases write them. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const cells = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|\r|$)/gy
  for (let found = cells.exec(text); found && cells.lastIndex <= text.length; found = cells.exec(text)) {
    const [, cell = '', end = ''] = found
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end !== ',') {
      if (row.some((one) => one !== '')) rows.push(row)
      row = []
    }
    if (end === '') break
  }
  return rows
}
