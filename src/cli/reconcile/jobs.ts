import type { JobToAsk } from '../../reconcile/job.ts'
import type { Io } from '../shared/io.ts'
import { readText, UsageError } from '../shared/usage.ts'

/** Form of v3 ids. contract/v3.md §4. */
const v3Id = /^job_[0-9a-z]{26}$/

/**
 * Reads a table of jobs: `generation,job_id,user_id` in any order, named in the first line. Without a generation the
 * form of the id decides.
 * @throws UsageError for anything else
 */
export async function readJobs(path: string | undefined, io: Pick<Io, 'readStdin'>): Promise<JobToAsk[]> {
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
