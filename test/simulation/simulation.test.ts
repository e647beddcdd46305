import { afterAll, beforeAll, expect, it } from 'vitest'
import { check, Seen } from './invariants.ts'
import { loadLibrary } from './library.ts'
import { exhaustivePlans } from './plans.ts'
import { Search } from './search.ts'
import { told } from './told.ts'

const seen = new Seen()
let search: Search
beforeAll(async () => {
  search = new Search(await loadLibrary(), (scenario) => check(scenario, seen))
})
afterAll(() => search.end())

it.each(exhaustivePlans.map(({ name, plan }) => [name, plan] as const))('every schedule: %s', async (name, plan) => {
  const found = await search.exhaustive(plan)
  told(`${name}: ${found.schedules} schedules, and ${found.merged} that met one of them`)
  expect(found.failure?.story.join('\n')).toBeUndefined()
})
