import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { check, excuses, Seen } from './invariants.ts'
import { loadLibrary } from './library.ts'
import { planBy } from './plans.ts'
import { Search } from './search.ts'
import { told } from './told.ts'

const seed = Number(process.env['SIMULATE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const schedules = Number(process.env['SIMULATE_SCHEDULES'] ?? 10_000)

const seen = new Seen()
let search: Search
beforeAll(async () => {
  search = new Search(await loadLibrary(), (scenario) => check(scenario, seen))
})
afterAll(() => search.end())

it('schedules by seed, in worlds of all sorts', async () => {
  const found = await search.random(planBy, seed, schedules)
  const how = `again with SIMULATE_SEED=${seed}`
  told(`${found.schedules} schedules, ${how}`)
  expect(found.failure && [how, ...found.failure.story].join('\n')).toBeUndefined()
})

it('SECURITY.md names each reason why an event is handled twice, and no reason that never has it so', () => {
  const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8')
  const list =
    /An event may be handled twice[^\n]*\n\n((?:- [\s\S]*?\n)+?)\n/.exec(page)?.[1]?.split(/^- /m).slice(1) ?? []
  const named = (line: string) =>
    Object.entries(excuses)
      .filter(([, words]) => words.test(line))
      .map(([excuse]) => excuse)
  // A store that forgets and `callbacks.forget` are asked for, and no fault of a schedule.
  expect(new Set(list.flatMap(named))).toEqual(new Set(Object.keys(excuses)))
  expect(list.filter((line) => named(line).length === 0 && !/forget/.test(line))).toEqual([])
  if (schedules >= 5_000) expect([...seen.excuses].sort()).toEqual(Object.keys(excuses).sort())
})
