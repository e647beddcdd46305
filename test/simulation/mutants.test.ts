import { afterEach, expect, it } from 'vitest'
import { check, Seen } from './invariants.ts'
import { loadLibrary } from './library.ts'
import { mutants } from './mutants.ts'
import { exhaustivePlans, planBy } from './plans.ts'
import { type Found, Search } from './search.ts'
import { told } from './told.ts'

let search: Search | undefined
afterEach(() => search?.end())

/** By a seed that stays the same, then small worlds in part, then more by the seed. */
async function find(search: Search): Promise<Found> {
  const first = await search.random(planBy, 1, 400)
  let { schedules } = first
  if (first.failure) return first
  for (const { plan } of exhaustivePlans) {
    const found = await search.exhaustive(plan, 400)
    schedules += found.schedules + found.merged
    if (found.failure) return { ...found, schedules }
  }
  const last = await search.random(planBy, 401, 4_000)
  return { ...last, schedules: schedules + last.schedules }
}

it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('finds that %s', async (name, mutant) => {
  search = new Search(await loadLibrary(mutant), (scenario) => check(scenario, new Seen()))
  const { failure, schedules } = await find(search)
  told(`| ${name} | ${failure?.broken.promise ?? 'not found'} | ${schedules} |`)
  if (failure?.broken.promise !== mutant.breaks) told(failure?.story.join('\n') ?? '')
  expect(failure?.broken.promise).toBe(mutant.breaks)
})
