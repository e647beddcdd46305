import { afterAll, beforeAll, expect, it } from 'vitest'
import { check, Seen } from './invariants.ts'
import { loadLibrary, loadPrevious } from './library.ts'
import { largePlan, largerPlans, planBy, smallPlans } from './plans.ts'
import { Search } from './search.ts'
import { isLong, say, schedules, seed } from './settings.ts'

const seen = new Seen()
let search: Search
beforeAll(async () => {
  search = new Search(await loadLibrary(), await loadPrevious(), (scenario) => check(scenario, seen))
})
afterAll(() => search.end())

it.each(Object.entries({ ...smallPlans, ...(isLong && largerPlans) }))('every schedule: %s', async (name, plan) => {
  const found = await search.exhaustive(plan)
  say(`${name}: ${found.schedules} schedules, and ${found.merged} that met one of them, stand for ${found.all}`)
  expect(found.failure?.story.join('\n')).toBeUndefined()
})

it('schedules by seed: two processes, one job of three callbacks, up to two faults', async () => {
  const found = await search.random(() => largePlan, seed, schedules.ofThree)
  const how = `again with SIMULATE_SEED=${seed}`
  say(`one job of three callbacks, up to two faults: ${found.schedules} schedules, ${how}`)
  expect(found.failure && [how, ...found.failure.story].join('\n')).toBeUndefined()
})

it('a schedule runs again as it did, whatever ran before it', async () => {
  const plans = Object.values(smallPlans).map((plan) => ({ ...plan, faults: 2 }))
  const stories = async () => {
    const told: (readonly string[])[] = []
    for (const plan of plans)
      for (let course = 1; course < 40; course += 1)
        told.push((await search.story(plan, [course % 3, course % 7, course, course % 5])).story)
    return told
  }
  const first = await stories()
  await search.exhaustive({ ...plans[1]!, faults: 1 }, 200)
  await search.random(planBy, 7, 200)
  expect(await stories()).toEqual(first)
})
