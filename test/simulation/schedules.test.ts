import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { check, excuses, Seen } from './invariants.ts'
import { loadLibrary } from './library.ts'
import { largePlan, planBy, smallPlans } from './plans.ts'
import { Search } from './search.ts'

const seed = Number(process.env['SIMULATE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const schedules = Number(process.env['SIMULATE_SCHEDULES'] ?? 10_000)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const seen = new Seen()
let search: Search
beforeAll(async () => {
  search = new Search(await loadLibrary(), (scenario) => check(scenario, seen))
})
afterAll(() => search.end())

it.each(Object.entries(smallPlans))('every schedule: %s', async (name, plan) => {
  const found = await search.exhaustive(plan)
  say(`${name}: ${found.schedules} schedules, and ${found.merged} that met one of them`)
  expect(found.failure?.story.join('\n')).toBeUndefined()
})

const bySeed = [
  ['two processes, one job of three callbacks, up to two faults', () => largePlan, schedules],
  ['worlds of all sorts', planBy, schedules],
] as const

it.each(bySeed)('schedules by seed: %s', async (name, planOf, most) => {
  const found = await search.random(planOf, seed, most)
  const how = `again with SIMULATE_SEED=${seed}`
  say(`${name}: ${found.schedules} schedules, ${how}`)
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

it('SECURITY.md names each reason why an event is handled twice, and no reason that never has it so', () => {
  const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8')
  const list =
    /An event may be handled twice[^\n]*\n\n((?:- [\s\S]*?\n)+?)\n/.exec(page)?.[1]?.split(/^- /m).slice(1) ?? []
  const named = (line: string) =>
    Object.entries(excuses)
      .filter(([, words]) => words.test(line))
      .map(([excuse]) => excuse)
  expect(new Set(list.flatMap(named))).toEqual(new Set(Object.keys(excuses)))
  // `callbacks.forget` is asked for, and no fault of a schedule.
  expect(list.filter((line) => named(line).length === 0 && !/callbacks\.forget/.test(line))).toEqual([])
  if (schedules >= 5_000) expect([...seen.excuses].sort()).toEqual(Object.keys(excuses).sort())
})
