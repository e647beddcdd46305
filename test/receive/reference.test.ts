import { describe, expect, test, vi } from 'vitest'
import { memoryStore, smileIdCallbacks, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

describe('referenceOf', () => {
  const callbackSecret = 'a secret of sixteen or more'
  const jobs: Record<string, string> = { 'job-1': 'alice' }
  const posted = async (options: Partial<SmileIdCallbacksOptions>, reference: string, jobId = 'job-1') => {
    const { callbacks, events, post } = receiver({ callbackSecret, ...options })
    const url = callbacks.urlFor('https://api.example.com/smile-id', reference)
    const payload = { ...v3Payload, partner_params: { account_id: reference } }
    return { report: await post(v3Delivery({ payload, jobId }), { url }), events }
  }

  test.each<[string, SmileIdCallbacksOptions['referenceOf']]>([
    ['at once', ({ jobId }) => jobs[jobId]],
    ['by a promise', async ({ jobId }) => Promise.resolve(jobs[jobId])],
  ])('lets an event through at its own URL alone, though it is confirmed: %s', async (_, referenceOf) => {
    const confirm = { ask: () => Promise.resolve('confirmed' as const) }
    expect((await posted({ referenceOf, confirm }, 'alice')).report.code).toBe('accepted')
    // The job of somebody else, posted to one's own URL, with partner params to match.
    const { report, events } = await posted({ referenceOf, confirm }, 'mallory')
    expect(report).toMatchObject({ code: 'callback_url_mismatch', status: 401, cause: 'other_reference' })
    expect(report).not.toHaveProperty('claim')
    expect(events).toEqual([])
    expect(JSON.stringify(report)).not.toMatch(/alice|mallory/)
    expect((await posted({ referenceOf }, 'alice', 'job-2')).report.cause).toBe('other_reference')
    expect((await posted({}, 'mallory')).report.code).toBe('accepted')
  })

  test.each([
    () => {
      throw new Error('alice')
    },
    () => Promise.reject(new Error('alice')),
  ])('that fails is 503, and onError hears of it %#', async (referenceOf) => {
    const onError = vi.fn()
    const { report } = await posted({ referenceOf, onError }, 'alice')
    expect(report).toMatchObject({ code: 'internal_error', status: 503 })
    expect(JSON.stringify(report)).not.toContain('alice')
    expect(onError).toHaveBeenCalledOnce()
  })

  test('needs callbackSecret', () => {
    const referenceOf = () => 'alice'
    expect(() => smileIdCallbacks({ ...testOptions, referenceOf })).toThrow(
      expect.objectContaining({ code: 'callback_secret_missing' }),
    )
  })
})

describe('onReuse', () => {
  const first = v1Delivery()
  const other = { ...first, body: v1Delivery({ payload: { ...v1Payload, ResultCode: '0811' } }).body }

  test('refuses another event under one signature, and takes the same once more', async () => {
    const { post, events } = receiver({ onReuse: 'refuse', store: memoryStore() })
    expect((await post(first)).code).toBe('accepted')
    expect(await post(other)).toMatchObject({
      code: 'signature_mismatch',
      status: 401,
      cause: 'signature_reused',
      signatureReused: true,
    })
    expect((await post(first)).code).toBe('duplicate')
    expect(events).toHaveLength(1)
  })

  test('flags it by default', async () => {
    const { post } = receiver()
    await post(first)
    expect(await post(other)).toMatchObject({ code: 'accepted', signatureReused: true })
  })
})

test('handlers of one job run one after the other, and the wait is counted; other jobs do not wait', async () => {
  const { callbacks, post } = receiver({ handlerTimeout: 1_000 })
  const order: string[] = []
  let release!: () => void
  const gate = new Promise<void>((resolve) => (release = resolve))
  callbacks.onAny(async (event) => {
    order.push(`${event.jobId} ${event.result.code} begins`)
    if (event.result.code === '0810' && event.jobId === 'job-1') await gate
    order.push(`${event.jobId} ${event.result.code} ends`)
  })
  const of = (job: string, ResultCode: string) =>
    post(
      v1Delivery({ payload: { ...v1Payload, ResultCode, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
    )
  const slow = of('job-1', '0810')
  await vi.waitFor(() => expect(order).toHaveLength(1))
  const next = of('job-1', '0811')
  expect((await of('job-2', '0810')).handlers).not.toHaveProperty('waitedMs')
  release()
  await slow
  expect((await next).handlers).toMatchObject({ matched: 2, failed: 0, waitedMs: expect.any(Number) as number })
  expect(order.filter((line) => line.startsWith('job-1'))).toEqual([
    'job-1 0810 begins',
    'job-1 0810 ends',
    'job-1 0811 begins',
    'job-1 0811 ends',
  ])
})

test('who waits longer than handlerTimeout is out of time, without having run', async () => {
  const { callbacks, post } = receiver({ handlerTimeout: 50 })
  const ran: unknown[] = []
  callbacks.onAny((event) => {
    ran.push(event.result.code)
    return new Promise(() => undefined)
  })
  const hanging = post(v1Delivery())
  await vi.waitFor(() => expect(ran).toHaveLength(1))
  const [first, second] = await Promise.all([
    hanging,
    post(v1Delivery({ payload: { ...v1Payload, ResultCode: '0811' } })),
  ])
  expect(first.code).toBe('handler_timeout')
  expect(second.code).toBe('handler_timeout')
})
