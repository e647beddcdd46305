import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { patched } from '../simulation/library.ts'
import { mutants } from '../simulation/mutants.ts'

// Only `npm run test:simulate` makes them, which is not run for every change.
it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('fits one place of src: %s', (_, mutant) => {
  const source = readFileSync(new URL(`../../src/${mutant.file}`, import.meta.url), 'utf8')
  expect(patched(source, mutant)).not.toBe(source)
})
