import { afterEach, expect, it } from 'vitest'
import { check, Seen } from './invariants.ts'
import { loadLibrary, loadPrevious } from './library.ts'
import { type Mutant, mutants } from './mutants.ts'
import { planBy, smallPlans } from './plans.ts'
import type { Plan } from './scenario.ts'
import { type Found, Search } from './search.ts'

const previous = await loadPrevious()
let search: Search | undefined
afterEach(() => search?.end())

/** In which worlds the code of a folder runs at all; what is not named here runs in each. */
const reaches: Readonly<Record<string, (plan: Plan) => boolean>> = {
  'engines/pg-boss/': ({ inbox }) => inbox === 'pg-boss',
  'engines/postgres/': ({ effect, store }) => effect === 'transaction' || store === 'postgres',
  'inbox/': ({ inbox }) => inbox !== 'none',
  'reconcile/': ({ reconciles }) => reconciles === true,
}

/** By a seed that stays the same, then small worlds in part, then more by another seed. */
async function find(search: Search, { file }: Mutant): Promise<Found> {
  const reached = Object.entries(reaches).find(([folder]) => file.startsWith(folder))?.[1]
  const planOf = (next: () => number): Plan => {
    const plan = planBy(next)
    return reached?.(plan) === false ? planOf(next) : plan
  }
  let schedules = 0
  const parts = [
    () => search.random(planOf, 7, 1_000),
    ...Object.values(smallPlans).map((plan) => () => search.exhaustive(plan, 400)),
    () => search.random(planOf, 8, 6_000),
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
  const { failure, schedules } = await find(search, mutant)
  process.stdout.write(`| ${name} | ${failure?.broken.promise ?? 'not found'} | ${schedules} |\n`)
  expect(failure?.broken.promise, failure?.story.join('\n')).toBe(mutant.breaks)
})
