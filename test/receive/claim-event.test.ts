import { expect, test } from 'vitest'
import { memoryStore } from '../../src/index.ts'
import { parseOptions } from '../../src/options/config.ts'
import { claimEvent } from '../../src/receive/handle.ts'
import { Trace } from '../../src/receive/trace.ts'
import { credential } from '../support/deliveries.ts'

test('whatever is thrown under a claim gives it back, and the report says so without its words', async () => {
  const store = memoryStore()
  const { once } = parseOptions({ credentials: credential, store })
  const trace = new Trace(() => undefined)
  const reach = { store: { note: () => undefined } }
  const handling = { config: { once }, reach } as never
  const end = await claimEvent({ event: { id: 'event-1' } } as never, handling, trace, () =>
    Promise.reject(new RangeError('secret')),
  )
  const report = trace.report(end)
  expect(report).toMatchObject({ code: 'internal_error', claim: { reservation: 'reserved', end: 'released' } })
  expect(JSON.stringify(report)).not.toContain('secret')
  expect(await store.reserve('event-1', { owner: 'next', leaseMs: 1_000 })).toBe('reserved')
})
