import { Readable } from 'node:stream'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { Turns } from '../../src/lib/limits.ts'
import { inflated } from '../../src/receive/body/inflate.ts'

const run = <T>(turns: Turns, act: () => Promise<T>, timeoutMs: number) =>
  turns.runNow('', act) ?? turns.runNext('', act, AbortSignal.timeout(timeoutMs), () => undefined)

test('so many at once, the others in their order; who waits too long never runs', async () => {
  const turns = new Turns(2)
  const ran: number[] = []
  const ends: (() => void)[] = []
  const work = (n: number) => () =>
    new Promise<number>((resolve) => {
      ran.push(n)
      ends.push(() => resolve(n))
    })
  const runs = [
    run(turns, work(0), 10_000),
    run(turns, work(1), 10_000),
    run(turns, work(2), 10),
    run(turns, work(3), 10_000),
    run(turns, work(4), 10_000),
  ]
  expect(await runs[2]).toBeUndefined()
  expect(ran).toEqual([0, 1])
  ends[1]!()
  expect(await runs[1]).toBe(1)
  await expect.poll(() => ran).toEqual([0, 1, 3])
  ends[0]!()
  await expect.poll(() => ran).toEqual([0, 1, 3, 4])
  for (const end of ends) end()
  expect(await Promise.all(runs)).toEqual([0, 1, undefined, 3, 4])
})

test('a work that fails gives its turn on', async () => {
  const turns = new Turns(1)
  await expect(run(turns, () => Promise.reject(new Error('oops')), 1_000)).rejects.toThrow('oops')
  expect(await run(turns, () => Promise.resolve('next'), 1_000)).toBe('next')
})

test('a bomb goes through the event loop a few times, not a hundred', async () => {
  const push = vi.spyOn(Readable.prototype, 'push')
  expect(await inflated(gzipSync(Buffer.alloc(5_000_000)), ['gzip'], 1_572_864, 10_000)).toMatchObject({
    code: 'body_too_large',
  })
  const chunks = push.mock.calls.length
  push.mockRestore()
  expect(chunks).toBeGreaterThan(0)
  expect(chunks).toBeLessThan(12)
})

test.each<[string, 'gzip' | 'br', Buffer]>([
  ['gzip', 'gzip', gzipSync(Buffer.alloc(1_500_000))],
  ['brotli', 'br', brotliCompressSync(Buffer.alloc(1_500_000))],
])('of thirty %s bodies never more than two are decoded at once', async (_, coding, body) => {
  const push = vi.spyOn(Readable.prototype, 'push')
  const bodies = await Promise.all(Array.from({ length: 30 }, () => inflated(body, [coding], 1_572_864, 10_000)))
  const calls = [...push.mock.calls]
  const contexts = [...push.mock.contexts]
  push.mockRestore()
  expect(bodies.every((bytes) => Buffer.isBuffer(bytes) && bytes.length === 1_500_000)).toBe(true)
  // Other tests of this process may have streams of their own.
  const isDecoder = (stream: unknown) => /^(?:Gunzip|BrotliDecompress)$/.test((stream as object).constructor.name)
  const decoding = new Set<unknown>()
  const sizes = calls.map(([chunk], i) => {
    if (chunk === null) decoding.delete(contexts[i])
    else if (isDecoder(contexts[i])) decoding.add(contexts[i])
    return decoding.size
  })
  expect(Math.max(...sizes)).toBe(2)
})
