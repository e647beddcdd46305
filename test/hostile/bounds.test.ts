import { spawn, spawnSync } from 'node:child_process'
import { request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Readable } from 'node:stream'
import express from 'express'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import {
  smileIdCallbacks,
  type DeliveryReport,
  type SmileIdCallbacksOptions,
  type UnrecognizedDelivery,
} from '../../src/index.ts'
import { BodyBudget } from '../../src/receive/body/budget.ts'
import { isRefusal } from '../../src/report/refusal.ts'
import { checkJsonBytes, checkJsonValue, jsonBounds, mostMembers } from '../../src/receive/body/json-bounds.ts'
import { sign, signingKey } from '../../src/signature/sign.ts'
import {
  credential,
  senderIp,
  testOptions,
  v1Delivery,
  v1Payload,
  v3Delivery,
  v3Payload,
} from '../support/deliveries.ts'
import { doors, serving } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

const limit = 1_572_864
const { depth, keys } = jsonBounds
const members = mostMembers(limit)
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
const wrapped = (levels: number, wrap: (inner: unknown, level: number) => unknown) =>
  Array.from({ length: levels }).reduce<unknown>((inner, _, level) => wrap(inner, level), 0)
const nestedObjects = (levels: number) => wrapped(levels, (a) => ({ a }))
const mixed = (levels: number) => wrapped(levels, (a, level) => (level % 2 === 0 ? { a } : [a]))
const list = (length: number) => Array.from({ length }, () => 0)
const codeOf = (checked: ReturnType<typeof checkJsonBytes>) => (isRefusal(checked) ? checked.code : undefined)
const codeOfText = (text: string, most = limit) => codeOf(checkJsonBytes(Buffer.from(text), most))
const codeOfValue = (value: unknown, most = limit) => codeOf(checkJsonValue(value, most))

describe('nesting and members', () => {
  test.each<[string, unknown, string | undefined]>([
    ['as deep as allowed', nested(depth), undefined],
    ['one level deeper', nested(depth + 1), 'body_too_complex'],
    ['one level deeper in objects', nestedObjects(depth + 1), 'body_too_complex'],
    [
      'one level deeper in lists and objects by turns',
      [nestedObjects(depth / 2), { a: nested(depth / 2) }, mixed(depth + 1)],
      'body_too_complex',
    ],
    ['as many items as allowed', list(members), undefined],
    ['one item more', list(members + 1), 'body_too_complex'],
    ['as many in two lists', [list(members / 2 - 1), list(members / 2 - 1)], undefined],
    ['one more in two lists', [list(members / 2 - 1), list(members / 2)], 'body_too_complex'],
    ['as many distinct keys as allowed', Object.fromEntries(list(keys).map((_, i) => [i, 0])), undefined],
    ['one key more', Object.fromEntries(list(keys + 1).map((_, i) => [i, 0])), 'body_too_complex'],
    ['the same keys over and over', list(5_000).map(() => ({ a: 1, b: 2, é: 3, '"': 4, '\\': 5 })), undefined],
    ['one key more in many objects', list(keys + 1).map((_, i) => ({ [`é${i}`]: 0 })), 'body_too_complex'],
    ['empty lists beside one another', list(members).map(() => []), undefined],
    ['one empty list more', list(members + 1).map(() => []), 'body_too_complex'],
    ['objects beside one another', list(members).map(() => ({})), undefined],
    ['lists of one', list(members / 2).map(() => [0]), undefined],
    ['one list of one more', list(members / 2 + 1).map(() => [0]), 'body_too_complex'],
    ['brackets and commas in a text', '[{,"'.repeat(200_000), undefined],
  ])('%s', (_, value, code) => {
    expect(codeOfText(JSON.stringify(value))).toBe(code)
    expect(codeOfText(JSON.stringify(value, null, 1))).toBe(code)
    expect(codeOfValue(value)).toBe(code)
  })

  test('no two keys count as one', () => {
    const codes = list(40).map((_, body) =>
      codeOfText(JSON.stringify(Object.fromEntries(list(keys + 1).map((_, i) => [`${body} ${i * i}`, 0])))),
    )
    expect(new Set(codes)).toEqual(new Set(['body_too_complex']))
  })

  test('a member is the same in a text and in a value, whatever it is in', () => {
    const shape = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthIdentifier: 'shape' },
        fc.constantFrom(0, null, '', 'a,b', '{"', true),
        fc.array(tie('value'), { depthIdentifier: 'shape', maxLength: 4 }),
        fc.dictionary(fc.string(), tie('value'), { depthIdentifier: 'shape', maxKeys: 4 }),
      ),
    })).value
    fc.assert(
      fc.property(shape, fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 2 }), (value, off, spaces) => {
        const text = JSON.stringify(value, null, spaces)
        const count = countMembers(value)
        // So many that the value stands at the edge of what is allowed.
        const padded = [value, list(jsonBounds.full + off - count - 2)]
        const body = JSON.stringify(padded, null, spaces)
        const expected = off > 0 ? 'body_too_complex' : undefined
        expect([codeOfText(body, 100_000), codeOfValue(padded, 100_000)]).toEqual([expected, expected])
        expect([codeOfText(text), codeOfValue(value)]).toEqual([undefined, undefined])
      }),
    )
  })

  test('a value that a parser has made is refused as soon as no text of it is short enough', () => {
    const text = fc.jsonValue()
    fc.assert(
      fc.property(text, (value) => {
        expect(codeOfValue(value, Buffer.byteLength(JSON.stringify(value)))).toBeUndefined()
      }),
    )
    expect(codeOfValue({ a: 'é'.repeat(50) }, 108)).toBeUndefined()
    expect(codeOfValue({ a: 'é'.repeat(50) }, 107)).toBe('body_too_large')
    expect(codeOfValue({ ['é'.repeat(50)]: [] }, 106)).toBe('body_too_large')
    // The same part at every place: as a text it would have no end.
    let shared: unknown = 0
    for (let i = 0; i < 60; i += 1) shared = { a: shared, b: shared }
    expect(codeOfValue(shared)).toMatch(/^body_too_(?:large|complex)$/)
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
    expect(codeOfText(text)).toBe(code)
  })

  test('no text that JSON.parse takes hides its depth in strings and escapes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 1, max: 4 }), (value, spaces) => {
        let wrapped: unknown = { '\\"': value, '"[': '\\\\"' }
        for (let i = 0; i < depth; i += 1) wrapped = [wrapped]
        expect(codeOfText(JSON.stringify(value, null, spaces))).toBeUndefined()
        expect(codeOfText(JSON.stringify(wrapped, null, spaces))).toBe('body_too_complex')
      }),
    )
  })

  test('a string of any length ends at its own quote', () => {
    const units = fc.constantFrom('a', 'é', '\\', '"', '\n', '[', '{', ',')
    fc.assert(
      fc.property(fc.string({ unit: units, minLength: 50, maxLength: 150 }), (text) => {
        let wrapped: unknown = text
        for (let i = 0; i < depth; i += 1) wrapped = [wrapped]
        expect(codeOfText(JSON.stringify(wrapped))).toBeUndefined()
        expect(codeOfText(JSON.stringify([text, wrapped]))).toBe('body_too_complex')
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
    expect(await callbacks.receive({ ...v3Delivery(), body, clientIp: senderIp })).toMatchObject({
      code: 'body_too_complex',
      status: 400,
    })
    expect(unrecognized).toEqual([])
  })
})

test.each(['Response-Signature', 'Response-Timestamp', 'Job-ID', 'User-ID', 'Content-Type', 'Content-Encoding'])(
  'a %s of more than 1 024 characters: 431',
  async (name) => {
    const callbacks = smileIdCallbacks(testOptions)
    const delivery = v3Delivery()
    const post = (length: number) =>
      callbacks.receive({
        ...delivery,
        headers: { ...delivery.headers, [name]: 'x'.repeat(length) },
        clientIp: senderIp,
      })
    expect(await post(1_025)).toMatchObject({ code: 'headers_too_large', status: 431 })
    expect((await post(1_024)).code).not.toBe('headers_too_large')
  },
)

test('a v1 signature or timestamp of a megabyte is refused without an HMAC', async () => {
  const callbacks = smileIdCallbacks(testOptions)
  const post = (change: object) =>
    callbacks.receive({
      ...v1Delivery(),
      body: JSON.stringify({ ...JSON.parse(v1Delivery().body), ...change }),
      clientIp: senderIp,
    })
  expect((await post({ signature: 'x'.repeat(1_000_000) })).code).toBe('signature_mismatch')
  expect((await post({ timestamp: 'x'.repeat(1_000_000) })).code).toBe('timestamp_invalid')
})

test('at most a hundred schema issues are kept, each path at most 256 characters', async () => {
  const issues: UnrecognizedDelivery['issues'][] = []
  const callbacks = smileIdCallbacks({ ...testOptions, partnerParams: z.record(z.string(), z.boolean()) })
  callbacks.onUnrecognized((delivery) => void issues.push(delivery.issues))
  const PartnerParams = {
    job_id: 'x',
    ...Object.fromEntries(list(15_000).map((_, i) => [`${'k'.repeat(i === 0 ? 1_000 : 1)}${i}`, 'x'])),
  }
  const report = await callbacks.receive({
    ...v1Delivery({ payload: { ...v1Payload, PartnerParams } }),
    clientIp: senderIp,
  })
  expect(report.code).toBe('invalid_partner_params')
  expect(issues[0]).toHaveLength(100)
  expect(Math.max(...issues[0]!.map(({ path }) => path.length))).toBe(256)
})

describe('what is no bomb is read', () => {
  const person = (i: number) =>
    Object.fromEntries(
      Array.from({ length: 50 }, (_, field) => [
        `f${field}`,
        field % 3 === 0 ? [`v${i}`, `w${field}`] : `v${i}.${field}`,
      ]),
    )
  const people = (count: number) => Array.from({ length: count }, (_, i) => person(i))
  const aml = (count: number) => ({
    ...v1Payload,
    ResultCode: '1030',
    PartnerParams: { ...v1Payload.PartnerParams, job_type: 10 },
    people: people(count),
  })

  test.each(doors)('an AML list of 150 and of 1 300 people of 50 fields through .%s, v1 and v3', async (_, door) => {
    for (const count of [150, 1_300]) {
      for (const delivery of [
        v1Delivery({ payload: aml(count) }),
        v3Delivery({ payload: { ...v3Payload, product: 'aml', people: people(count) } }),
      ]) {
        expect(delivery.body.length).toBeLessThan(limit)
        const { status, report } = await door(delivery)
        expect([status, report.code]).toEqual([200, 'accepted'])
      }
    }
  })

  test('a full body is not built before its sender has proved itself, and what proves it is what the body says', async () => {
    const { callbacks } = receiver()
    const parse = vi.spyOn(JSON, 'parse')
    const { body } = v1Delivery({ payload: aml(600) })
    const post = async (text: string) => {
      parse.mockClear()
      const { code } = await callbacks.receive({
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from(text),
        clientIp: senderIp,
      })
      return [code, Math.max(0, ...parse.mock.calls.map(([parsed]) => parsed.length)) > 1_000]
    }
    const { signature, timestamp } = JSON.parse(body) as { signature: string; timestamp: string }
    const forged = signature.replace(/^../, 'AA')
    expect(await post(body)).toEqual(['accepted', true])
    expect(await post(body.replace(signature, forged))).toEqual(['signature_mismatch', false])
    expect(await post(body.replace('"signature"', '"signatura"'))).toEqual(['signature_missing', false])
    expect(await post(body.replace(JSON.stringify(timestamp), '{}'))).toEqual(['signature_missing', false])
    expect(await post(`{"x":${body}}`)).toEqual(['signature_missing', false])
    expect(await post(body.slice(0, -1))).toEqual(['malformed_json', true])
    // The last one counts, as JSON.parse has it; one that hides behind escapes is found out afterwards.
    expect(await post(body.replace(/}$/, `,"signature":"${forged}"}`))).toEqual(['signature_mismatch', false])
    expect(await post(body.replace(/^{/, `{"signature":"${forged}",`))).toEqual(['accepted', true])
    expect(await post(body.replace(/}$/, `,"\\u0073ignature":"${forged}"}`))).toEqual(['signature_mismatch', true])
    expect(await post(body.replace('"signature"', '"\\u0073ignature"'))).toEqual(['signature_missing', false])
    parse.mockRestore()
  })

  test.each([
    ['1697000000000', 'timestamp_expired'],
    ['-1', 'timestamp_invalid'],
    ['"x"', 'timestamp_invalid'],
    ['1e', 'signature_missing'],
  ])('a full body with the timestamp %s', async (timestamp, code) => {
    const callbacks = smileIdCallbacks(testOptions)
    const text = JSON.stringify({
      signature: sign(timestamp.replaceAll('"', ''), signingKey(credential.partnerId, credential.apiKey)),
      list: list(30_000),
    })
    const body = text.replace(/}$/, `,"timestamp": ${timestamp} }`)
    expect((await callbacks.receive({ ...v1Delivery(), body, clientIp: senderIp })).code).toBe(code)
  })

  test('maxBodySize holds for what a parser before has read: declared, sent, or as a value', async () => {
    const payload = { ...v1Payload, photo: 'x'.repeat(1_600_000) }
    const { body, headers } = v1Delivery({ payload })
    const { callbacks, reports } = receiver({ allowedIps: false })
    await serving(express().use(express.json({ limit: '5mb' }), callbacks.router), async (url) => {
      const chunked = new Blob([body]).stream()
      const bodies = [body, chunked, gzipSync(body)]
      for (const [i, sent] of bodies.entries()) {
        const encoding: Record<string, string> = i === 2 ? { 'Content-Encoding': 'gzip' } : {}
        expect(
          (
            await fetch(url, {
              method: 'POST',
              headers: { ...headers, ...encoding },
              body: sent,
              ...(i === 1 && { duplex: 'half' }),
            })
          ).status,
        ).toBe(413)
      }
    })
    expect(reports.map(({ code, body: read }) => [code, read?.source])).toEqual([
      ['body_too_large', undefined],
      ['body_too_large', 'parsed'],
      ['body_too_large', 'parsed'],
    ])
  })
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
    const { callbacks } = receiver({ maxUnverifiedBytes: 10_000 })
    const waiting = dripping()
    const first = callbacks.receive({ ...v1Delivery(), body: waiting, clientIp: senderIp })
    const padded = Buffer.from(' '.repeat(1_000) + v1Delivery().body)
    const post = (delivery: ReturnType<typeof v1Delivery>, bytes: Uint8Array) =>
      callbacks.receive({
        ...delivery,
        headers: { ...delivery.headers },
        body: Readable.from([bytes]),
        clientIp: senderIp,
      })
    waiting.push(Buffer.alloc(9_000, ' '))
    await new Promise((resolve) => setImmediate(resolve))
    // Both move: the one that came first goes on.
    expect(await post(v1Delivery(), padded)).toMatchObject({ code: 'too_many_bodies', status: 503 })
    // One that proved itself by its headers has room of its own.
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
        const socket = connect(Number(port), '127.0.0.1', () =>
          socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'),
        )
        socket.once('data', (data) => resolve(data.toString().split('\r\n')[0]!)).once('error', reject)
      })
      expect(answer).toBe('HTTP/1.1 408 Request Timeout')
    })
  })
})

async function onPort<T>(
  options: Partial<SmileIdCallbacksOptions>,
  use: (url: string, reports: DeliveryReport[]) => Promise<T>,
): Promise<T> {
  const { callbacks, reports } = receiver(options)
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
    [
      'http',
      (url, headers) =>
        new Promise((resolve, reject) => {
          const sent = request(
            url,
            { method: 'POST', headers: { ...headers, 'Content-Length': big.length } },
            (response) => resolve(response.resume().statusCode!),
          )
          sent.on('error', reject).end(big)
        }),
    ],
    [
      'curl',
      (url, headers) =>
        new Promise((resolve, reject) => {
          const options = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
          const curl = spawn('curl', [
            '-s',
            '-o',
            '/dev/null',
            '-w',
            '%{http_code}',
            '-X',
            'POST',
            ...options,
            '--data-binary',
            '@-',
            url,
          ])
          let status = ''
          curl.stdout.on('data', (data) => (status += String(data)))
          curl.on('error', reject).on('close', () => resolve(Number(status)))
          curl.stdin.on('error', () => undefined).end(big)
        }),
    ],
  ]
  for (const [client, send] of clients) {
    test.skipIf(client === 'curl' && spawnSync('curl', ['--version']).error).each(cases)(
      `${client}: %s is %i`,
      async (_, status, options, headers) => {
        await onPort(options, async (url, reports) => {
          for (let i = 0; i < 5; i += 1)
            expect(await send(url, { 'Content-Type': 'application/json', ...headers })).toBe(status)
          expect(reports.every(({ body }) => body === undefined)).toBe(true)
        })
      },
    )
  }
})

/** Items of lists and values of keys, at every level. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce<number>((sum, child) => sum + 1 + countMembers(child), 0)
}
