import { expect, test } from 'vitest'
import * as z from 'zod'
import { smileIdCallbacks, type StandardSchema } from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'

const withParams = (PartnerParams: unknown) => ({
  ...v1Delivery({ payload: { ...v1Payload, PartnerParams } }),
  clientIp: senderIp,
})

test('without a schema they are texts; nested values and nulls are left to the payload', async () => {
  const callbacks = smileIdCallbacks(testOptions)
  const seen: unknown[] = []
  callbacks.onAny(({ partnerParams, payload }) => seen.push(partnerParams, payload['PartnerParams']))
  const sent = { job_id: 'job-1', job_type: 1, vip: true, note: null, list: [1] }
  await callbacks.receive(withParams(sent))
  expect(seen).toEqual([{ job_id: 'job-1', job_type: '1', vip: 'true' }, sent])
})

test("a number that a parser may have rounded is left to the payload: it may be another account's", async () => {
  const callbacks = smileIdCallbacks(testOptions)
  const seen: unknown[] = []
  callbacks.onAny(({ partnerParams }) => seen.push(partnerParams))
  const { headers, clientIp, body } = withParams({ job_id: 'job-1', least: 0, most: 1 })
  const parsed = JSON.parse(body) as { PartnerParams: object }
  Object.assign(parsed.PartnerParams, { least: -Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER })
  Object.assign(parsed.PartnerParams, { above: Number.MAX_SAFE_INTEGER + 1, below: -Number.MAX_SAFE_INTEGER - 1 })
  await callbacks.receive({ method: 'POST', headers, clientIp, body: parsed })
  expect(seen).toEqual([{ job_id: 'job-1', least: '-9007199254740991', most: '9007199254740991' }])
})

test('none at all are an empty object', async () => {
  const callbacks = smileIdCallbacks(testOptions)
  const seen: unknown[] = []
  callbacks.onAny(({ partnerParams }) => seen.push(partnerParams))
  await callbacks.receive({
    ...v3Delivery({ payload: { status: 'clear', product: 'one_time_aml', partner_params: null } }),
    clientIp: senderIp,
  })
  await callbacks.receive(withParams('not an object'))
  expect(seen).toEqual([{}, {}])
})

test("a schema's output is what handlers get", async () => {
  const partnerParams = z.object({ account_id: z.string(), job_type: z.coerce.number() })
  const callbacks = smileIdCallbacks({ ...testOptions, partnerParams })
  const seen: { account_id: string; job_type: number }[] = []
  callbacks.onAny((event) => seen.push(event.partnerParams))
  await callbacks.receive({ ...v1Delivery(), clientIp: senderIp })
  expect(seen).toEqual([{ account_id: 'acc-1', job_type: 1 }])
})

test('a schema that refuses is 422 with paths, never values', async () => {
  const partnerParams = z.object({ account_id: z.number(), nested: z.object({ key: z.string() }) })
  const callbacks = smileIdCallbacks({ ...testOptions, partnerParams })
  const seen: unknown[] = []
  callbacks.onAny(() => expect.unreachable())
  callbacks.onUnrecognized(({ code, issues }) => seen.push({ code, issues }))
  const { code, status } = await callbacks.receive(withParams({ job_id: 'job-1', account_id: 'acc-1', nested: {} }))
  expect({ code, status }).toEqual({ code: 'invalid_partner_params', status: 422 })
  expect(seen).toEqual([{ code: 'invalid_partner_params', issues: [{ path: 'account_id' }, { path: 'nested.key' }] }])
})

test('any Standard Schema will do, also an asynchronous one', async () => {
  const partnerParams: StandardSchema<{ id: string }> = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: (value) => Promise.resolve({ value: { id: (value as { account_id: string }).account_id } }),
    },
  }
  const callbacks = smileIdCallbacks({ ...testOptions, partnerParams })
  const seen: unknown[] = []
  callbacks.onAny((event) => seen.push(event.partnerParams.id))
  await callbacks.receive({ ...v1Delivery(), clientIp: senderIp })
  expect(seen).toEqual(['acc-1'])
})

test('a schema that throws loses nothing: 503, so that it comes again', async () => {
  const partnerParams = z.object({
    account_id: z.string().refine(() => {
      throw new Error('the database is down')
    }),
  })
  const callbacks = smileIdCallbacks({ ...testOptions, partnerParams })
  callbacks.onAny(() => expect.unreachable())
  expect(await callbacks.receive({ ...v1Delivery(), clientIp: senderIp })).toMatchObject({
    code: 'internal_error',
    status: 503,
  })
})
