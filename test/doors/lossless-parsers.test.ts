import express from 'express'
import bigJson from 'json-bigint'
import { isLosslessNumber, parse as parseLossless, parseNumberAndBigInt } from 'lossless-json'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type DeliveryReport, type SmileIdEvent } from '../../src/index.ts'
import { sample, signDelivery } from '../../src/testing/index.ts'
import { credential } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'

// Parsers that keep every digit make objects or BigInts of numbers; the library reads them as the JSON that came.

type Parse = (text: string) => unknown
const numbersToBigInt = (_key: string, value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value
const datesRevived = (_key: string, value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : value

const parsers: Record<string, Parse> = {
  'json-bigint': (text) => bigJson.parse(text) as unknown,
  'json-bigint, every number big': (text) => bigJson({ alwaysParseAsBig: true }).parse(text) as unknown,
  'json-bigint, every number a BigInt': (text) =>
    bigJson({ alwaysParseAsBig: true, useNativeBigInt: true }).parse(text) as unknown,
  'lossless-json': (text) => parseLossless(text),
  'lossless-json, whole numbers as BigInt': (text) => parseLossless(text, undefined, parseNumberAndBigInt),
  'a reviver that makes Dates': (text) => JSON.parse(text, datesRevived) as unknown,
}

/** Serves a receiver behind a parser, posts a body, and tells what came of it. */
function posted(parse: Parse | undefined, headers: Record<string, string>, body: string) {
  const events: SmileIdEvent[] = []
  let report: DeliveryReport | undefined
  const callbacks = smileIdCallbacks({
    credentials: credential,
    allowedIps: false,
    logger: false,
    onDelivery: (told) => void (report = told),
  })
  callbacks.onAny((event) => void events.push(event))
  const app = express()
  if (parse)
    app.use(express.text({ type: '*/*', limit: '2mb' }), (req, _res, next) => {
      req.body = parse(req.body as string)
      next()
    })
  app.use('/smile-id', callbacks.router)
  return serving(app, async (url) => {
    const { status } = await fetch(`${url}/smile-id`, { method: 'POST', headers, body })
    return { status, code: report?.code, cause: report?.cause, event: events[0] }
  })
}

/** An event without what differs from one delivery to the next. */
const stable = (event: SmileIdEvent | undefined) => event && { ...event, delivery: undefined }

const numbers = { account_id: 12_345, order: 'BIG', job_type: 1 }
const withBig = (body: string) => body.replace('"BIG"', '12345678901234567890')
const v1 = sample('biometric_kyc', 'approved', {
  generation: 'v1',
  jobId: 'job-1',
  ConfidenceValue: 99,
  ResultCode: 810,
} as never)
const deliveries = {
  v1: signDelivery({
    credential,
    payload: { ...v1, PartnerParams: { ...(v1 as { PartnerParams: object }).PartnerParams, ...numbers } },
  }),
  v3: signDelivery({
    credential,
    payload: { ...sample('one_time_aml', 'rejected', { jobId: 'job-1', generation: 'v3' }), partner_params: numbers },
    jobId: 'job-1',
  }),
}

describe.each(Object.entries(deliveries))('%s', (_generation, { headers, body }) => {
  test.each(Object.entries(parsers))('%s gives the event that no parser gives', async (name, parse) => {
    const text = name.includes('Dates') ? body : withBig(body)
    const plain = await posted(undefined, headers, text)
    const { status, code, event } = await posted(parse, headers, text)
    expect([status, code]).toEqual([200, 'accepted'])
    expect(event?.partnerParams).toMatchObject({
      account_id: '12345',
      order: name.includes('Dates') ? 'BIG' : '12345678901234567890',
    })
    expect(stable(event)).toEqual(stable(plain.event))
  })
})

test('body-parser with a reviver that makes BigInts is read as well', async () => {
  const { headers, body } = deliveries.v1
  const { status, event } = await posted((text) => JSON.parse(text, numbersToBigInt), headers, body)
  expect([status, event]).toMatchObject([200, { outcome: 'approved', partnerParams: { account_id: '12345' } }])
})

test('a timestamp that a Date cannot hold is refused by its cause', async () => {
  const timestamp = `${new Date().toISOString().slice(0, -1)}879`
  const { headers, body } = signDelivery({ credential, payload: v1, timestamp })
  expect(await posted(undefined, headers, body)).toMatchObject({ status: 200 })
  expect(await posted((text) => JSON.parse(text, datesRevived), headers, body)).toEqual({
    status: 401,
    code: 'signature_mismatch',
    cause: 'timestamp_reformatted',
    event: undefined,
  })
})

test('values that no JSON has keep nothing else from being read', async () => {
  const { headers, body } = deliveries.v1
  const odd: Parse = (text) => {
    const parsed = JSON.parse(text) as Record<string, unknown>
    return { ...parsed, Photo: new Date(Number.NaN), FullData: new Map([['a', 1]]) }
  }
  const { status, event } = await posted(odd, headers, body)
  expect([status, event]).toMatchObject([200, { outcome: 'approved', payload: { Photo: null } }])
})

test('the parsers do what the table says', () => {
  expect(isLosslessNumber((parseLossless('{"a":1}') as { a: unknown }).a)).toBe(true)
  expect(typeof (bigJson({ alwaysParseAsBig: true }).parse('{"a":1}') as { a: unknown }).a).toBe('object')
  expect(typeof (parsers['lossless-json, whole numbers as BigInt']?.('{"a":1}') as { a: unknown }).a).toBe('bigint')
})
