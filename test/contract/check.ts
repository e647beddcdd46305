// `npm run contract [-- file.json]`: holds the tables of codes, statuses, products and reasons against a JSON export of
// the contract. Exits with 1 if they differ.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { driftOf } from './compare.ts'

const file = process.argv[2] ?? fileURLToPath(new URL('../../src/payload/contract/contract.json', import.meta.url))
const say = (line: string) => void process.stdout.write(`${line}\n`)

try {
  const drift = driftOf(readFileSync(file, 'utf8'))
  for (const line of drift) say(line)
  if (drift.length === 0) say('The tables are as the export says.')
  process.exitCode = drift.length === 0 ? 0 : 1
} catch (error) {
  process.stderr.write(`${file}: ${(error as Error).message}\n`)
  process.exitCode = 1
}
