import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { driftOf } from './compare.ts'

/** The command without its process; gives its exit code. */
export function main(args: readonly string[], io: { out(text: string): void; err(text: string): void }): 0 | 1 {
  const file = args[0] ?? fileURLToPath(new URL('../../src/payload/contract/contract.json', import.meta.url))
  try {
    const drift = driftOf(readFileSync(file, 'utf8'))
    for (const line of drift) io.out(`${line}\n`)
    if (drift.length === 0) io.out('The tables are as the export says.\n')
    return drift.length === 0 ? 0 : 1
  } catch (error) {
    io.err(`${file}: ${(error as Error).message}\n`)
    return 1
  }
}
