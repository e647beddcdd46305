import { channel } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { deliver, sample, signDelivery, type DeliverTarget } from '../../src/testing/index.ts'
import { serving } from '../support/doors.ts'
import { credential, v1Payload, v3Payload } from '../support/deliveries.ts'

const delivery = (apiKey = credential.apiKey) =>
  signDelivery({
    generation: 'v3',
    credential: { ...credential, apiKey },
    payload: sample('document_verification', 'rejected', { jobId: 'job-1' }),
  })

// The options are the defaults: what is delivered has to pass every check that real deliveries have to pass.
function receiver(options: Partial<SmileIdCallbacksOptions> = {}) {
  const callbacks = smileIdCallbacks({ credentials: credential, logger: false, ...options })
  const jobs: string[] = []
  callbacks.on('document_verification.rejected', ({ jobId }) => jobs.push(jobId))
  return { callbacks, jobs, app: express().use('/smile-id', callbacks.router) }
}

const targets: [string, (made: ReturnType<typeof receiver>) => DeliverTarget][] = [
  ['an Express app', ({ app }) => app],
  ['an http.Server', ({ app }) => createServer(app)],
  ['a callbacks object', ({ callbacks }) => callbacks],
  ['its fetch handler', ({ callbacks }) => callbacks.fetch],
  [
    'a route handler around it',
    ({ callbacks }) =>
      (request: Request) =>
        callbacks.fetch(request, { clientIp: request.headers.get('x-forwarded-for') ?? undefined }),
  ],
  [
    'an object with fetch',
    ({ callbacks }) => ({ fetch: (request: Request) => callbacks.fetch(request, { clientIp: '34.240.137.52' }) }),
  ],
]

describe.each(targets)('deliver to %s', (_name, targetOf) => {
  test('gives status, body and report', async () => {
    const made = receiver()
    const answer = await deliver(targetOf(made), delivery())
    expect(answer).toMatchObject({
      status: 200,
      body: { received: true },
      report: { code: 'accepted', event: { product: 'document_verification', outcome: 'rejected' } },
    })
    expect(answer.headers['content-type'] ?? answer.headers['Content-Type']).toBe('application/json; charset=utf-8')
    expect(made.jobs).toEqual(['job-1'])
  })

  test('bypasses nothing: a forger is refused', async () => {
    const made = receiver()
    expect(await deliver(targetOf(made), delivery('forged'))).toMatchObject({
      status: 401,
      body: { error: { code: 'signature_mismatch' } },
      report: { code: 'signature_mismatch' },
    })
    expect(made.jobs).toEqual([])
  })
})

describe('the sender', () => {
  const places = [
    ['app', (made: ReturnType<typeof receiver>) => made.app],
    ['callbacks', (made: ReturnType<typeof receiver>) => made.callbacks],
  ] as const

  test.each(places)('another address is refused by the %s', async (_name, targetOf) => {
    expect(await deliver(targetOf(receiver()), delivery(), { clientIp: '203.0.113.9' })).toMatchObject({
      status: 403,
      report: { code: 'ip_not_allowed' },
    })
  })

  test.each([0, 1, 'loopback'])("its address is found under 'trust proxy' %s", async (trust) => {
    const { app } = receiver()
    app.set('trust proxy', trust)
    expect(await deliver(app, delivery())).toMatchObject({ status: 200, report: { clientIp: '34.240.137.52' } })
  })
})

describe('where to', () => {
  test('a URL: the answer, without a report of a process that may be another', async () => {
    const made = receiver({ allowedIps: '127.0.0.1' })
    await serving(made.app, async (url) => {
      const answer = await deliver(`${url}/smile-id`, delivery())
      expect(answer).toMatchObject({ status: 200, body: { received: true } })
      expect(answer.report).toBeUndefined()
    })
  })

  test('a path, with its params', async () => {
    const { callbacks } = receiver()
    const tenants: unknown[] = []
    callbacks.onAny(({ delivery: { params } }) => tenants.push(params))
    const app = express().use('/:tenant/smile-id', callbacks.router)
    expect(await deliver(app, delivery(), { path: '/acme/smile-id' })).toMatchObject({ status: 200 })
    expect(await deliver(callbacks, delivery(), { params: { tenant: 'other' } })).toMatchObject({ status: 200 })
    expect(tenants).toEqual([{ tenant: 'acme' }, { tenant: 'other' }])
  })

  test('a path that is none: the answer of the app, and no report', async () => {
    const answer = await deliver(receiver().app, delivery(), { path: '/elsewhere' })
    expect(answer.status).toBe(404)
    expect(answer.report).toBeUndefined()
  })

  test('an app that answers 413 and hangs up before the body is in', async () => {
    const big = signDelivery({
      generation: 'v3',
      credential,
      payload: { ...sample('document_verification', 'approved'), padding: 'x'.repeat(1_600_000) },
    })
    expect(await deliver(receiver().app, big)).toMatchObject({ status: 413, report: { code: 'body_too_large' } })
  })

  test('nothing sensible', async () => {
    await expect(deliver({} as never, delivery())).rejects.toMatchObject({
      name: 'SmileIdConfigError',
      code: 'target_invalid',
    })
    await expect(deliver('http://127.0.0.1:9', delivery())).rejects.toThrow(/ECONNREFUSED/)
  })

  test('reports of deliveries at the same time are not mixed up', async () => {
    const { app } = receiver()
    const keys = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? credential.apiKey : 'forged'))
    const answers = await Promise.all(keys.map((key) => deliver(app, delivery(key))))
    expect(answers.map(({ report }) => report!.code)).toEqual(
      keys.map((key) => (key === 'forged' ? 'signature_mismatch' : 'accepted')),
    )
  })
})

test('leaves no subscriber behind: the channel outlives a test file', async () => {
  const reports = channel('express-smile-id:report')
  const { callbacks } = receiver()
  const both = Promise.all([deliver(callbacks, delivery()), deliver(callbacks.fetch, delivery())])
  expect(reports.hasSubscribers).toBe(true)
  expect((await both).map(({ report }) => report?.generation)).toEqual(['v3', 'v3'])
  expect(reports.hasSubscribers).toBe(false)
  await expect(deliver('http://127.0.0.1:1', delivery())).rejects.toThrow()
  expect(reports.hasSubscribers).toBe(false)
})

test('signDelivery takes the generation from the payload, and asks where it does not tell', () => {
  expect(signDelivery({ credential, payload: v3Payload }).headers).toHaveProperty('Response-Signature')
  expect(JSON.parse(signDelivery({ credential, payload: v1Payload }).body)).toHaveProperty('signature')
  expect(() => signDelivery({ credential, payload: { hello: 1 } })).toThrow(/needs generation, 'v1' or 'v3'/)
  expect(signDelivery({ generation: 'v1', credential, payload: v3Payload }).headers).not.toHaveProperty(
    'Response-Signature',
  )
})
