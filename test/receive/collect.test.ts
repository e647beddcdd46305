import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { collect } from '../../src/receive/body/collect.ts'
import { isRefusal } from '../../src/report/refusal.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const rules = { length: undefined, limit: 1_000, timeoutMs: 60_000 }

/** A stream that was read to its end or given up, and the bytes that it had given. */
async function readOne(limit: number) {
  const chunk = new WeakRef(Buffer.alloc(200, 'x'))
  const stream = new Readable({ read() {} })
  const collected = collect(stream, { ...rules, limit })
  stream.push(chunk.deref())
  stream.push(null)
  const read = await collected
  return {
    stream,
    chunk,
    raw: isRefusal(read) ? undefined : new WeakRef(read.raw),
    code: isRefusal(read) ? read.code : 'read',
  }
}

test.each([
  ['read', 1_000],
  ['body_too_large', 100],
])('a stream that is kept holds nothing of what was delivered: %s', async (code, limit) => {
  const read = await readOne(limit)
  expect(read.code).toBe(code)
  // What is weakly held stays for the turn in which it was looked at.
  await new Promise((resolve) => setImmediate(resolve))
  gc()
  expect([read.chunk.deref(), read.raw?.deref()]).toEqual([undefined, undefined])
  expect(read.stream.listenerCount('error')).toBe(1)
})

test("what goes wrong with a stream after it was read is nobody's crash", async () => {
  const { stream } = await readOne(1_000)
  stream.emit('error', new Error('too late'))
  stream.emit('close')
})
