import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { BodyBudget } from '../../src/receive/body/budget.ts'
import { decodeBody, parseBody } from '../../src/receive/body/parse.ts'
import { type BodyRules, readBody } from '../../src/receive/body/read.ts'
import type { DeliveryBody, DeliveryHeaders } from '../../src/receive/delivery.ts'
import { headerReader } from '../../src/receive/headers.ts'

const read = async (body: DeliveryBody, rules: Partial<BodyRules> = {}) => {
  const got = await readBody(body, { codings: [], length: undefined, limit: 1_000, timeoutMs: 5_000, ...rules })
  return 'raw' in got ? { ...got, bytes: got.raw.length } : got
}
const json = '{"a":"é"}'
const bytes = Buffer.byteLength(json)
const stream = (...chunks: (Buffer | string)[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
const shown = async (reading: ReturnType<typeof read>) => {
  const got = await reading
  return 'raw' in got ? { ...got, raw: String(got.raw) } : got
}

describe('a body that is at hand', () => {
  test('is what it is, and its size is in bytes', async () => {
    expect(await shown(read(json))).toEqual({ source: 'bytes', raw: json, bytes })
    expect(await shown(read(Buffer.from(json)))).toEqual({ source: 'bytes', raw: json, bytes })
    expect(await read({ a: 'é' })).toEqual({ source: 'parsed', value: { a: 'é' } })
    expect(await read(null)).toEqual({ source: 'parsed', value: null })
  })

  test('of a larger buffer is its own part', async () => {
    const around = new TextEncoder().encode(`xx${json}yyy`)
    expect(await shown(read(around.subarray(2, 2 + bytes)))).toEqual({ source: 'bytes', raw: json, bytes })
  })

  test.each([json, Buffer.from(json)])('is taken up to the limit in bytes, and not one more', async (body) => {
    expect(await read(body, { limit: bytes })).toMatchObject({ bytes })
    expect(await read(body, { limit: bytes - 1 })).toMatchObject({ code: 'body_too_large' })
  })

  test('that somebody else has read is refused with the fix', async () => {
    expect(await read(undefined)).toMatchObject({
      code: 'body_incomplete',
      hint: expect.stringContaining('mount the router first') as string,
    })
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('is inflated if it is %s, whatever length was declared', async (encoding, encode) => {
    const body = encode(json)
    expect(await shown(read(body, { codings: [encoding], length: String(body.length) }))).toEqual({
      source: 'bytes',
      raw: json,
      bytes,
    })
    expect(await read(body, { codings: [encoding], limit: bytes - 1 })).toMatchObject({ code: 'body_too_large' })
  })

  test.each([json, ` \n\t${json}`, '[1]', '"text"'])('is not inflated twice: %j', async (text) => {
    expect(await shown(read(Buffer.from(text), { codings: ['gzip'] }))).toMatchObject({ source: 'bytes', raw: text })
  })

  test('is never inflated without an encoding', async () => {
    expect(await shown(read(Buffer.from('no JSON')))).toMatchObject({ source: 'bytes', raw: 'no JSON' })
  })
})

describe('a body that arrives', () => {
  test('is joined, and counted after inflating', async () => {
    expect(await shown(read(stream(json.slice(0, 3), json.slice(3))))).toEqual({ source: 'stream', raw: json, bytes })
    expect(await shown(read(stream(gzipSync(json)), { codings: ['gzip'], length: '7' }))).toEqual({
      source: 'stream',
      raw: json,
      bytes,
    })
  })

  test('is held to the limit, and to the length that was declared', async () => {
    expect(await read(stream(json), { limit: bytes })).toMatchObject({ bytes })
    expect(await read(stream(json), { limit: bytes - 1 })).toMatchObject({ code: 'body_too_large' })
    expect(await read(stream(json), { length: String(bytes) })).toMatchObject({ bytes })
    for (const length of [bytes - 1, bytes + 1])
      expect(await read(stream(json), { length: String(length) })).toMatchObject({ code: 'body_incomplete' })
  })

  test('is incomplete if its stream fails, or is destroyed without a word', async () => {
    for (const error of [undefined, new Error('reset')]) {
      for (const codings of [[], ['gzip']] as const) {
        const body = new Readable({ read: () => undefined })
        body.push(gzipSync(json).subarray(0, 4))
        const reading = read(body, { codings })
        body.destroy(error)
        expect(await reading).toMatchObject({ code: 'body_incomplete', hint: undefined })
      }
    }
  })

  test('is refused with the fix if it was read before, or decoded', async () => {
    const ended = stream(json)
    for await (const chunk of ended) expect(chunk).toBeDefined()
    const decoded = stream(json).setEncoding('utf8')
    for (const body of [ended, decoded])
      expect(await read(body)).toMatchObject({
        code: 'body_incomplete',
        hint: expect.stringContaining('before the code that reads the request') as string,
      })
  })

  test('is no JSON if its encoding is damaged, and incomplete if it is cut off', async () => {
    expect(await read(stream('no archive'), { codings: ['gzip'] })).toMatchObject({ code: 'malformed_json' })
    expect(await read(stream(gzipSync(json).subarray(0, -4)), { codings: ['gzip'] })).toMatchObject({
      code: 'body_incomplete',
    })
    expect(await read(stream(brotliCompressSync(json).subarray(0, -2)), { codings: ['br'] })).toMatchObject({
      code: 'body_incomplete',
    })
  })

  test('that takes too long is let go: what still comes is not read', async () => {
    const body = new Readable({ read: () => undefined })
    body.push('{')
    expect(await read(body, { timeoutMs: 20 })).toMatchObject({ code: 'body_timeout' })
    expect(body.isPaused()).toBe(true)
    body.destroy(new Error('nobody’s crash'))
  })

  test('takes of the budget what it is after inflating, and leaves it once it does not fit', async () => {
    const budget = new BodyBudget(bytes + 1)
    const [share, other] = [budget.open(), budget.open()]
    expect(await read(stream(gzipSync(json)), { codings: ['gzip'], share })).toMatchObject({ bytes })
    expect(budget.taken).toBe(bytes)
    const late = stream('12', json)
    expect(await read(late, { share: other })).toMatchObject({ code: 'too_many_bodies' })
    expect(late.isPaused()).toBe(true)
    expect(budget.taken).toBe(bytes)
    share.release()
    expect(budget.taken).toBe(0)
  })
})

test('the budget takes what fits to the byte, and bodies that are done count no more', () => {
  const budget = new BodyBudget(10)
  const [one, other] = [budget.open(), budget.open()]
  expect([one.take(6), other.take(4), other.take(1), one.take(1)]).toEqual([true, true, false, false])
  one.release()
  expect([budget.taken, other.take(6), other.take(100)]).toEqual([4, true, true])
})

test('only one byte order mark, and only at the front, is left out', () => {
  const textOfBytes = (text: string) => decodeBody(Buffer.from(text))
  const parse = (text: string) => parseBody({ source: 'bytes', raw: Buffer.from(text) }, { isFull: false })
  expect(['\ufeff{}', '{}\ufeff', '', '\ufeff\ufeff'].map(textOfBytes)).toEqual(['{}', '{}\ufeff', '', '\ufeff'])
  expect(parse('\ufeff{"a":1}')).toEqual({ value: { a: 1 } })
  expect(parse('\ufeff\ufeff{}')).toMatchObject({ code: 'malformed_json' })
})

describe('a header', () => {
  const header = (headers: DeliveryHeaders, name: string) => headerReader(headers)(name)

  test('is found in any case, and repeated ones are joined', () => {
    expect(header({ 'job-id': 'a' }, 'job-id')).toBe('a')
    expect(header({ 'JOB-ID': 'a' }, 'job-id')).toBe('a')
    expect(header(new Headers({ 'Job-Id': 'a' }), 'job-id')).toBe('a')
    expect(header({ 'job-id': ['a', 'b'] }, 'job-id')).toBe('a, b')
    expect(header({ 'Job-ID': 'a', 'JOB-ID': ['b'], 'job-id': 'c' }, 'job-id')).toBe('a, b, c')
  })

  test('is undefined if it is not there, or has no value', () => {
    for (const headers of [
      {},
      { 'job-id': undefined },
      { 'job-id': [] },
      { 'Job-ID': undefined },
      { 'JOB-ID': [] },
      { 'job-idx': 'a', 'user-i': 'b', 'xob-id': 'c' },
      new Headers(),
    ])
      expect(header(headers, 'job-id')).toBeUndefined()
  })

  test('may have any name', () => {
    expect(header({ get: 'a', 'Job-ID': 'b' }, 'job-id')).toBe('b')
    expect(
      header(JSON.parse('{"__proto__":"a","__PROTO__":"x","Job-ID":"b"}') as Record<string, string>, 'job-id'),
    ).toBe('b')
  })
})
