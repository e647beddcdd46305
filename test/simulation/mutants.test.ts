import { afterEach, expect, it } from 'vitest'
import { check, Seen } from './invariants.ts'
import { loadLibrary, loadPrevious } from './library.ts'
import { mutants } from './mutants.ts'
import { planBy, smallPlans } from './plans.ts'
import { type Found, Search } from './search.ts'

const previous = await loadPrevious()
let search: Search | undefined
afterEach(() => search?.end())

/** By a seed that stays the same, then small worlds in part, then more by the seed. */
async function find(search: Search): Promise<Found> {
  let schedules = 0
  const parts = [
    () => search.random(planBy, 1, 400),
    ...Object.values(smallPlans).map((plan) => () => search.exhaustive(plan, 400)),
    () => search.random(planBy, 401, 6_000),
  ]
  for (const part of parts) {
    const found = await part()
    schedules += found.schedules
    if (found.failure) return { ...found, schedules }
  }
  return { schedules, merged: 0 }
}

it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('finds that %s', async (name, mutant) => {
  search = new Search(await loadLibrary(mutant), previous, (scenario) => check(scenario, new Seen()))
  const { failure, schedules } = await find(search)
  process.stdout.write(`| ${name} | ${failure?.broken.promise ?? 'not found'} | ${schedules} |\n`)
  expect(failure?.broken.promise, failure?.story.join('\n')).toBe(mutant.breaks)
})
