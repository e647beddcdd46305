import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { check, excuses, Seen } from './invariants.ts'
import { loadLibrary, loadPrevious } from './library.ts'
import { planBy } from './plans.ts'
import { Search } from './search.ts'
import { say, schedules, seed } from './settings.ts'

const seen = new Seen()
let search: Search
beforeAll(async () => {
  search = new Search(await loadLibrary(), await loadPrevious(), (scenario) => check(scenario, seen))
})
afterAll(() => search.end())

it('schedules by seed: worlds of all sorts', async () => {
  const found = await search.random(planBy, seed, schedules.ofAllSorts)
  const how = `again with SIMULATE_SEED=${seed}`
  say(`worlds of all sorts: ${found.schedules} schedules, ${how}`)
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
  expect(new Set(list.flatMap(named))).toEqual(new Set(Object.keys(excuses)))
  // `callbacks.forget` is asked for, and no fault of a schedule.
  expect(list.filter((line) => named(line).length === 0 && !/callbacks\.forget/.test(line))).toEqual([])
  if (schedules.ofAllSorts >= 5_000) expect([...seen.excuses].sort()).toEqual(Object.keys(excuses).sort())
})
