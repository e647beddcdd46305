import { afterAll, beforeAll, it } from 'vitest'
import { check, Seen } from './invariants.ts'
import { loadLibrary } from './library.ts'
import { planBy, jobOf } from './plans.ts'
import { Search } from './search.ts'
import { told } from './told.ts'
const seen = new Seen()
let search: Search
beforeAll(async () => {
  search = new Search(await loadLibrary(), (scenario) => check(scenario, seen))
})
afterAll(() => search.end())
it('stories', async () => {
  for (const plan of [
    { effect: 'transaction', inbox: 'none', reconciles: false },
    { effect: 'mail', inbox: 'bullmq', reconciles: false },
    { effect: 'transaction', inbox: 'pg-boss', reconciles: false },
    { effect: 'mail', inbox: 'none', reconciles: true },
  ] as const) {
    const { end, story } = await search.story({ processes: 2, faults: 0, callbacks: jobOf(1).slice(1), ...plan }, [])
    told(story.join('\n') + '\n' + String(end) + '\n')
  }
})
it('random', async () => {
  const t = process.cpuUsage()
  const found = await search.random(planBy, 1, Number(process.env['N'] ?? 2000))
  told(
    `${found.schedules} ${process.cpuUsage(t).user / 1e6} ${found.failure?.broken.message} ${found.failure?.story.slice(-Number(process.env['TAIL'] ?? 40)).join('\n')} ${[...seen.excuses].join()}`,
  )
})
