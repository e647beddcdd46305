import { describe, it } from 'vitest'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import { storeClient, StoreServer } from './store.ts'

/** A world without faults: every call arrives at once. */
const calm = {
  call: async <T>({ act }: { act: (again: () => void) => unknown }) => Promise.resolve(act(() => undefined) as T),
}

describe('the simulated Redis does what redisStore with a real one does', () => {
  let now = 0
  const server = new StoreServer(() => now)
  const open = () =>
    storeClient(
      () => calm,
      () => server,
    )
  for (const { name, run } of storeConformance({ open, pass: (ms) => void (now += ms) })) it(name, run)
})
