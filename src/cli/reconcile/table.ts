import type { Told } from '../../confirm/answer.ts'
import type { Said } from '../../reconcile/ask.ts'
import type { JobToAsk } from '../../reconcile/job.ts'
import { harmless } from '../shared/style.ts'
import type { Acted, Key } from './act.ts'

/** One job, what Smile ID says of it, and what was done. */
export interface Row {
  job: JobToAsk
  said: Said<Key>
  acted: Acted | undefined
}

/** A job as it is shown; `said` in words such as `approved (1210)`, `clear`, `not found` or `failed: timeout`. */
export interface Line {
  jobId: string
  generation: string
  said: string
  acted?: string
}

export function lineOf({ job, said, acted }: Row): Line {
  return { jobId: harmless(job.jobId, 64), generation: job.generation, said: words(said), ...(acted && { acted: acted.text }) }
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

const toldWords = (told: Told | undefined): string => {
  if (!told) return 'nothing'
  const { meaning, result } = told.decoded
  return `${meaning.kind === 'result' ? meaning.outcome : meaning.kind} (${harmless(result.code ?? '', 16)})`
}

/** Counts by what is said. */
export function sumOf(rows: readonly Row[], jobs: number): Record<string, number> {
  const counts: Record<string, number> = { jobs, asked: rows.length }
  for (const { said } of rows) {
    const name = said.is === 'v1' || said.is === 'v3' ? 'answered' : said.is === 'not_found' ? 'not found' : said.is
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
