import type { CodeRow } from './code-table.ts'

/** The code table, indexed once for look-ups by (job type, code). */
export interface CodeIndex {
  find(jobType: CodeRow['jobType'] | undefined, code: string): CodeRow | undefined
  /** Every row of this code. */
  all(code: string): readonly CodeRow[]
  /** The one job type that has this code, if exactly one has and the code does not approve. */
  onlyJobTypeOf(code: string): number | undefined
}

export function indexCodes(rows: readonly CodeRow[]): CodeIndex {
  const byKey = new Map(rows.map((row) => [`${row.jobType}:${row.code}`, row]))
  const byCode = new Map<string, CodeRow[]>()
  for (const row of byKey.values()) byCode.set(row.code, [...(byCode.get(row.code) ?? []), row])
  const only = new Map<string, number | undefined>()
  for (const { jobType, code, meaning } of byKey.values()) {
    const approves = meaning.kind === 'result' && meaning.outcome === 'approved'
    const alone = typeof jobType === 'number' && !approves && !only.has(code)
    only.set(code, alone ? jobType : undefined)
  }
  return {
    find: (jobType, code) => (jobType === undefined ? undefined : byKey.get(`${jobType}:${code}`)) ?? byKey.get(`any:${code}`),
    all: (code) => byCode.get(code) ?? [],
    onlyJobTypeOf: (code) => only.get(code),
  }
}
