import { spawn, spawnSync } from 'node:child_process'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import express from 'express'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { smileIdCallbacks, type DeliveryReport, type SmileIdCallbacksOptions, type UnrecognizedDelivery } from '../../src/index.ts'
import { BodyBudget } from '../../src/receive/body/budget.ts'
import { parseBody } from '../../src/receive/body/parse.ts'
import { checkJsonBytes, checkJsonValue, jsonBounds } from '../../src/receive/body/json-bounds.ts'
import { credential, senderIp, testOptions, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'
import { doors, serving } from '../support/doors.ts'

const { depth, members } = jsonBounds
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
const wrapped = (levels: number, wrap: (inner: unknown, level: number) => unknown) => Array.from({ length: levels }).reduce<unknown>((inner, _, level) => wrap(inner, level), 0)
const nestedObjects = (levels: number) => wrapped(levels, (a) => ({ a }))
const mixed = (levels: number) => wrapped(levels, (a, level) => (level % 2 === 0 ? { a } : [a]))
const list = (length: number) => Array.from({ length }, () => 0)
const checkJsonText = (text: string) => checkJsonBytes(Buffer.from(text))

describe('nesting and members', () => {
  test.each<[string, unknown, string | undefined]>([
    ['as deep as allowed', nested(depth), undefined],
    ['one level deeper', nested(depth + 1), 'body_too_complex'],
    ['one level deeper in objects', nestedObjects(depth + 1), 'body_too_complex'],
    ['one level deeper in lists and objects by turns', [nestedObjects(depth / 2), { a: nested(depth / 2) }, mixed(depth + 1)], 'body_too_complex'],
    ['as many items as allowed', list(members), undefined],
    ['one item more', list(members + 1), 'body_too_complex'],
    ['one key more', Object.fromEntries(list(members + 1).map((_, i) => [i, 0])), 'body_too_complex'],
    ['as many keys as allowed', Object.fromEntries(list(members).map((_, i) => [i, 0])), undefined],
    ['lists beside one another', list(members / 2).map(() => []), undefined],
    ['objects beside one another', list(members / 2).map(() => ({})), undefined],
    ['brackets and commas in a text', '[{,"'.repeat(members), undefined],
  ])('%s', (_, value, code) => {
    expect(checkJsonText(JSON.stringify(value))?.code).toBe(code)
    expect(checkJsonValue(value)?.code).toBe(code)
    // The quick look at size and brackets lets nothing through that the close one refuses.
    const parsed = parseBody({ source: 'bytes', raw: Buffer.from(JSON.stringify(value)) })
    expect('code' in parsed ? parsed.code : undefined).toBe(code)
  })

  test.each<[string, string, string | undefined]>([
    ['after a text that ends in backslashes', `["\\\\",${'['.repeat(depth)}`, 'body_too_complex'],
    ['after one that ends in more of them', `["\\\\\\\\",${'['.repeat(depth)}`, 'body_too_complex'],
    ['after a text with an escaped quote', `["\\"",${'['.repeat(depth)}`, 'body_too_complex'],
    ['in a text, behind an escaped quote', `["\\"${'['.repeat(depth)}`, undefined],
    ['in a text, behind an escaped backslash and an escaped quote', `["\\\\\\"${'['.repeat(depth)}`, undefined],
    ['in a text that does not end', `"${'['.repeat(depth + 1)}`, undefined],
    ['before a text that does not end', `${'['.repeat(depth + 1)}"`, 'body_too_complex'],
    ['of nothing', '', undefined],
  ])('brackets %s', (_, text, code) => {
    expect(checkJsonText(text)?.code).toBe(code)
  })

  test('no text that JSON.parse takes hides its depth in strings and escapes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 1, max: 4 }), (value, spaces) => {
        let wrapped: unknown = { '\\"': value, '"[': '\\\\"' }
        for (let i = 0; i < depth; i += 1) wrapped = [wrapped]
        expect(checkJsonText(JSON.stringify(value, null, spaces))).toBeUndefined()
        expect(checkJsonText(JSON.stringify(wrapped, null, spaces))?.code).toBe('body_too_complex')
      }),
    )
  })

  test('a string of any length ends at its own quote', () => {
    const units = fc.constantFrom('a', 'é', '\\', '"', '\n', '[', '{', ',')
    fc.assert(
      fc.property(fc.string({ unit: units, minLength: 50, maxLength: 150 }), (text) => {
        let wrapped: unknown = text
        for (let i = 0; i < depth; i += 1) wrapped = [wrapped]
        expect(checkJsonText(JSON.stringify(wrapped))).toBeUndefined()
        expect(checkJsonText(JSON.stringify([text, wrapped]))?.code).toBe('body_too_complex')
      }),
    )
  })

  test.each(doors)('400 through .%s, before v1 is verified and after v3 is', async (_, door) => {
    const deep = `{"ResultCode":"0810","a":${'['.repeat(100)}${']'.repeat(100)}}`
    for (const delivery of [v1Delivery(), v3Delivery()]) {
      const { status, report } = await door({ ...delivery, body: deep })
      expect([status, report.code]).toEqual([400, 'body_too_complex'])
    }
  })

  test('a body that a parser before has made, deeper than any stack', async () => {
    const unrecognized: UnrecognizedDelivery[] = []
    const callbacks = smileIdCallbacks(testOptions)
    callbacks.onUnrecognized((delivery) => void unrecognized.push(delivery))
    let body: object = {}
    for (let i = 0; i < 200_000; i += 1) body = { a: body }
    expect(await callbacks.receive({ ...v3Delivery(), body, clientIp: senderIp })).toMatchObject({ code: 'body_too_complex', status: 400 })
    expect(unrecognized).toEqual([])
  })
})

test.each(['Response-Signature', 'Response-Timestamp', 'Job-ID', 'User-ID', 'Content-Type', 'Content-Encoding'])('a %s of more than 1 024 characters: 431', async (name) => {
  const callbacks = smileIdCallbacks(testOptions)
  const delivery = v3Delivery()
  const post = (length: number) => callbacks.receive({ ...delivery, headers: { ...delivery.headers, [name]: 'x'.repeat(length) }, clientIp: senderIp })
  expect(await post(1_025)).toMatchObject({ code: 'headers_too_large', status: 431 })
  expect((await post(1_024)).code).not.toBe('headers_too_large')
})

test('a v1 signature or timestamp of a megabyte is refused without an HMAC', async () => {
  const callbacks = smileIdCallbacks(testOptions)
  const post = (change: object) => callbacks.receive({ ...v1Delivery(), body: JSON.stringify({ ...JSON.parse(v1Delivery().body), ...change }), clientIp: senderIp })
  expect((await post({ signature: 'x'.repeat(1_000_000) })).code).toBe('signature_mismatch')
  expect((await post({ timestamp: 'x'.repeat(1_000_000) })).code).toBe('timestamp_invalid')
})

test('at most a hundred schema issues are kept, each path at most 256 characters', async () => {
  const issues: UnrecognizedDelivery['issues'][] = []
  const callbacks = smileIdCallbacks({ ...testOptions, partnerParams: z.record(z.string(), z.boolean()) })
  callbacks.onUnrecognized((delivery) => void issues.push(delivery.issues))
  const PartnerParams = { job_id: 'x', ...Object.fromEntries(list(15_000).map((_, i) => [`${'k'.repeat(i === 0 ? 1_000 : 1)}${i}`, 'x'])) }
  const report = await callbacks.receive({ ...v1Delivery({ payload: { ...v1Payload, PartnerParams } }), clientIp: senderIp })
  expect(report.code).toBe('invalid_partner_params')
  expect(issues[0]).toHaveLength(100)
  expect(Math.max(...issues[0]!.map(({ path }) => path.length))).toBe(256)
})

describe('slow and many bodies', () => {
  const dripping = () => new Readable({ read: () => undefined })

  test('a body that does not end in time: 408', async () => {
    const callbacks = smileIdCallbacks({ ...testOptions, bodyTimeout: 30 })
    for (const delivery of [v1Delivery(), v3Delivery()]) {
      const body = dripping()
      body.push('{"a":')
      const report = await callbacks.receive({ ...delivery, body, clientIp: senderIp })
      expect(report).toMatchObject({ code: 'body_timeout', status: 408 })
      body.destroy(new Error('what comes after is nobody’s crash'))
    }
  })

  test('bodies of strangers beyond the budget: 503, and what they held is free again', async () => {
    const callbacks = smileIdCallbacks({ ...testOptions, maxUnverifiedBytes: 10_000 })
    callbacks.onAny(() => undefined)
    const waiting = dripping()
    waiting.push(Buffer.alloc(9_000, ' '))
    const first = callbacks.receive({ ...v1Delivery(), body: waiting, clientIp: senderIp })
    await new Promise((resolve) => setImmediate(resolve))
    const padded = Buffer.from(' '.repeat(1_000) + v1Delivery().body)
    const post = (delivery: ReturnType<typeof v1Delivery>, bytes: Uint8Array) => callbacks.receive({ ...delivery, headers: { ...delivery.headers }, body: Readable.from([bytes]), clientIp: senderIp })
    expect(await post(v1Delivery(), padded)).toMatchObject({ code: 'too_many_bodies', status: 503 })
    // One that proved itself by its headers does not count.
    expect((await post(v3Delivery(), Buffer.from(' '.repeat(1_000) + v3Delivery().body))).code).toBe('accepted')
    waiting.push(null)
    expect((await first).code).toBe('malformed_json')
    expect((await post(v1Delivery(), padded)).code).toBe('accepted')
  })

  test('a lone body fits whatever the budget is', () => {
    const budget = new BodyBudget(10)
    const [one, other] = [budget.open(), budget.open()]
    expect([one.take(8), one.take(8), other.take(1)]).toEqual([true, true, false])
    one.release()
    one.release()
    expect(budget.taken).toBe(0)
    expect(other.take(10)).toBe(true)
    expect(one.take(1)).toBe(false)
  })

  test('a v1 sender that drips gets its 408 over HTTP', async () => {
    await onPort({ allowedIps: false, bodyTimeout: 100 }, async (url) => {
      const { port } = new URL(url)
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'))
        socket.once('data', (data) => resolve(data.toString().split('\r\n')[0]!)).once('error', reject)
      })
      expect(answer).toBe('HTTP/1.1 408 Request Timeout')
    })
  })
})

async function onPort<T>(options: Partial<SmileIdCallbacksOptions>, use: (url: string, reports: DeliveryReport[]) => Promise<T>): Promise<T> {
  const reports: DeliveryReport[] = []
  const callbacks = smileIdCallbacks({ ...testOptions, ...options, onDelivery: (report) => void reports.push(report) })
  callbacks.onAny(() => undefined)
  return serving(express().use(callbacks.router), (url) => use(url, reports))
}

describe('a sender of 1.5 MB that is refused before its body is read sees why', () => {
  const big = Buffer.alloc(1_500_000, ' ')
  const forged = v3Delivery({ credential: { ...credential, apiKey: 'another' } }).headers
  const cases: [string, number, Partial<SmileIdCallbacksOptions>, Record<string, string>][] = [
    ['a wrong v3 signature', 401, { allowedIps: false }, forged],
    ['a wrong address', 403, {}, {}],
    ['a declared length over the limit', 413, { allowedIps: false, maxBodySize: 1_000 }, {}],
    ['a wrong content type', 415, { allowedIps: false }, { 'Content-Type': 'text/plain' }],
  ]
  const clients: [string, (url: string, headers: Record<string, string>) => Promise<number>][] = [
    ['fetch', async (url, headers) => (await fetch(url, { method: 'POST', headers, body: big })).status],
    ['http', (url, headers) =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST', headers: { ...headers, 'Content-Length': big.length } }, (response) => resolve(response.resume().statusCode!))
        sent.on('error', reject).end(big)
      })],
    ['curl', (url, headers) =>
      new Promise((resolve, reject) => {
        const options = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
        const curl = spawn('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST', ...options, '--data-binary', '@-', url])
        let status = ''
        curl.stdout.on('data', (data) => (status += String(data)))
        curl.on('error', reject).on('close', () => resolve(Number(status)))
        curl.stdin.on('error', () => undefined).end(big)
      })],
  ]
  for (const [client, send] of clients) {
    test.skipIf(client === 'curl' && spawnSync('curl', ['--version']).error).each(cases)(`${client}: %s is %i`, async (_, status, options, headers) => {
      await onPort(options, async (url, reports) => {
        for (let i = 0; i < 5; i += 1) expect(await send(url, { 'Content-Type': 'application/json', ...headers })).toBe(status)
        expect(reports.every(({ body }) => body === undefined)).toBe(true)
      })
    })
  }
})
