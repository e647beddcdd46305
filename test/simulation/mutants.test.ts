import { afterEach, expect, it } from 'vitest'
import { check, Seen } from './invariants.ts'
import { loadLibrary } from './library.ts'
import { mutants } from './mutants.ts'
import { exhaustivePlans } from './plans.ts'
import { type Found, Search } from './search.ts'
import { told } from './told.ts'

let search: Search | undefined
afterEach(() => search?.end())

it.each(mutants)('finds that $name', async (mutant) => {
  search = new Search(await loadLibrary(mutant), (scenario) => check(scenario, new Seen()))
  let schedules = 0
  let found: Found | undefined
  for (const { plan } of exhaustivePlans) {
    found = await search.exhaustive(plan)
    schedules += found.schedules + found.merged
    if (found.failure) break
  }
  told(
    `${mutant.name}: ${found?.failure?.broken.promise ?? 'not found'}, ${schedules} schedules\n${found?.failure?.story.join('\n') ?? ''}`,
  )
  expect(found?.failure?.broken.promise).toBe(mutant.breaks)
})
