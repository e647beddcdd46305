import { afterEach, expect, test, vi } from 'vitest'
import { emitError, type PgBossJob, type PgBossLike } from '../../src/engines/pg-boss/like.ts'
import { settler } from '../../src/engines/pg-boss/settle.ts'

const job: PgBossJob = { id: 'job', data: {}, retryCount: 0, retryLimit: 3, expireInSeconds: 900 }
const done = { done: true, output: {} }
const inMs = (ms: number) => performance.now() + ms
const stub = (methods: object) =>
  ({ getJobById: () => Promise.resolve({ state: 'active', retryCount: 0 }), ...methods }) as unknown as PgBossLike
const settlerOf = (boss: PgBossLike) => settler(boss, 'queue', (error) => emitError(boss, error))

afterEach(() => {
  vi.useRealTimers()
})

test.each<[string, object]>([
  ['rejects', { complete: () => Promise.reject(new Error('cut')) }],
  [
    'throws',
    {
      complete: () => {
        throw new Error('cut')
      },
    },
  ],
  [
    'rejects, and a listener to that throws',
    {
      complete: () => Promise.reject(new Error('cut')),
      listenerCount: () => 1,
      emit: () => {
        throw new Error('of a listener')
      },
    },
  ],
  [
    'rejects, and so does the question after the job',
    { complete: () => Promise.reject(new Error('cut')), getJobById: () => Promise.reject(new Error('cut')) },
  ],
])('a settlement never rejects, also where pg-boss %s until the end', async (_, methods) => {
  await expect(settlerOf(stub(methods))(job, done, inMs(250))).resolves.toBeUndefined()
})

test('a settlement that is never answered is tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const complete = vi
    .fn()
    .mockReturnValueOnce(new Promise(() => undefined))
    .mockResolvedValue(undefined)
  const settled = settlerOf(stub({ complete }))(job, done, inMs(60_000))
  await vi.advanceTimersByTimeAsync(10_100)
  vi.useRealTimers()
  await vi.waitFor(() => expect(complete).toHaveBeenCalledTimes(2), { timeout: 30_000 })
  await settled
})
