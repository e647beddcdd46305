import { describe, expect, test, vi } from 'vitest'
import {
  type DispatchError,
  memoryStore,
  type ErrorContext,
  type Inbox,
  type InboxMessage,
  type OnceStore,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { lambdaHandler } from '../../src/doors/lambda.ts'
import { bullmqInbox, bullmqProcessor } from '../../src/engines/bullmq/inbox.ts'
import { forgetful, senderIp, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// What a test throws holds something that no log may hold.
const boom = (): never => {
  throw new TypeError('Jane Canary')
}
const rejects = () => Promise.reject(new TypeError('Jane Canary'))

function heard(options: Partial<SmileIdCallbacksOptions>) {
  const told: { error: unknown; context: ErrorContext }[] = []
  const lines: { level: string; facts: object; message: string }[] = []
  const at = (level: string) => (facts: object, message: string) => void lines.push({ level, facts, message })
  const made = receiver({
    logger: { warn: at('warn'), error: at('error') },
    onError: (error, context) => void told.push({ error, context }),
    ...options,
  })
  return { ...made, told, lines, messages: () => lines.map(({ message }) => message) }
}

// Where Node loads the file itself, as for mutants, vitest adds a query to its name.
const here = /TypeError at .*on-error\.test\.ts(?:\?vitest=\d+)?:\d+/
const store = (change: Partial<OnceStore>): OnceStore => ({ ...forgetful, ...change })
const inbox = (change: Partial<Inbox>): Inbox => ({ add: () => Promise.resolve('stored'), ...change })
const schema = (validate: () => unknown) => ({ '~standard': { version: 1, vendor: 'own', validate } }) as never

type Case = [
  what: string,
  where: ErrorContext['where'],
  code: string,
  (fails: () => never) => Partial<SmileIdCallbacksOptions>,
]

const cases: Case[] = [
  ['credentials', 'credentials', 'credentials_unavailable', (credentials) => ({ credentials })],
  ['a schema', 'partnerParams', 'internal_error', (validate) => ({ partnerParams: schema(validate) })],
  ['confirm.ask', 'confirm', 'not_confirmed', (ask) => ({ confirm: { ask } })],
  ['store.reserve', 'store', 'store_unavailable', (reserve) => ({ store: store({ reserve }) })],
  ['store.complete', 'store', 'accepted', (complete) => ({ store: store({ complete }), once: { timeout: 50 } })],
  ['inbox.add', 'inbox', 'inbox_unavailable', (add) => ({ inbox: inbox({ add }) })],
]

describe.each(cases)('%s that fails', (_what, where, code, options) => {
  test.each([
    ['throws', boom],
    ['rejects', rejects as () => never],
  ])('%s: onError gets the error itself, the line its class and place', async (_how, fails) => {
    const { post, told, messages } = heard(options(fails))
    const report = await post(v1Delivery())
    expect(report.code).toBe(code)
    expect(told).toEqual([
      {
        error: expect.objectContaining({ name: 'TypeError', message: 'Jane Canary' }) as object,
        context: expect.objectContaining({ where, report: expect.objectContaining({ code }) as object }) as object,
      },
    ])
    expect(messages()).toEqual([expect.stringMatching(here)])
    expect(JSON.stringify([report, messages()])).not.toContain('Canary')
  })
})

test.each([
  ['eventId', 'eventId', 'internal_error', { eventId: boom }],
  ['serialize', 'inbox', 'inbox_unavailable', { inbox: bullmqInbox(queue(), { serialize: boom }) }],
] as const)('%s that throws: onError gets the error itself', async (where, _stage, code, options) => {
  const { post, told, messages } = heard(options)
  expect((await post(v1Delivery())).code).toBe(code)
  expect(told).toEqual([
    {
      error: expect.objectContaining({ message: 'Jane Canary' }) as object,
      context: expect.objectContaining({
        where,
        event: expect.objectContaining({ jobId: 'job-1' }) as object,
      }) as object,
    },
  ])
  expect(messages()).toEqual([expect.stringMatching(here)])
})

describe('clientIp that throws', () => {
  test('is 403 for its own sake: nothing suggests to turn the address check off', async () => {
    const { post, told, messages } = heard({})
    const report = await post(v1Delivery(), { clientIp: boom })
    expect(report).toMatchObject({ code: 'ip_not_allowed', cause: 'client_ip_failed' })
    expect(report.hint).toMatch(/^The option clientIp failed: TypeError at /)
    expect(messages().join()).not.toMatch(/allowedIps|pass clientIp/)
    expect(told).toMatchObject([{ error: { message: 'Jane Canary' }, context: { where: 'clientIp' } }])
  })

  test('is told where the check is off, too, and refuses nothing', async () => {
    const { post, told, messages } = heard({ allowedIps: false })
    expect((await post(v1Delivery(), { clientIp: boom })).code).toBe('accepted')
    expect(told).toMatchObject([{ context: { where: 'clientIp', report: { code: 'accepted' } } }])
    expect(messages()).toEqual([expect.stringMatching(/clientIp failed: TypeError at /)])
  })

  test('by the doors of Node and of Lambda', async () => {
    const { callbacks, told } = heard({})
    const { body, headers } = v1Delivery()
    await lambdaHandler(callbacks, { clientIp: boom })({ httpMethod: 'POST', body, headers })
    expect(told).toMatchObject([{ context: { where: 'clientIp' } }])
  })
})

describe('rubbish', () => {
  test.each([
    ['credentials', { credentials: () => ({ partnerId: 85, apiKey: 'x' }) as never }, /partnerId is a number/],
    ['partnerParams', { partnerParams: schema(() => undefined) }, /the schema gave neither a value nor issues/],
    ['eventId', { eventId: () => 7 as never }, /eventId must return a string of 1 to 255 characters/],
    ['confirm', { confirm: { ask: () => 'yes' as never } }, /ask of confirm gave a string, not one of its words/],
    ['store', { store: store({ reserve: () => 'mine' as never }) }, /reserve gave an unknown answer/],
    ['store', { store: memoryStore({ maxBytes: 1 }) }, /the memory store is full of claims in progress/],
    [
      'serialize',
      { inbox: bullmqInbox(queue(), { serialize: () => undefined }) },
      /serialize returned nothing to store/,
    ],
  ] as const)('from %s: our own sentence in full', async (where, options, says) => {
    const { post, told, messages } = heard(options)
    await post(v1Delivery())
    expect(told).toEqual([
      {
        error: expect.objectContaining({ message: expect.stringMatching(says) as string }) as object,
        context: expect.objectContaining({ where }) as object,
      },
    ])
    expect(messages().join()).toMatch(says)
  })
})

test('hanging is an error, too', async () => {
  const { post, told } = heard({ store: store({ reserve: () => new Promise(() => undefined) }), once: { timeout: 20 } })
  expect((await post(v1Delivery())).hint).toBe('The store failed: no answer in time.')
  expect(told).toMatchObject([{ error: { message: 'no answer in time' }, context: { where: 'store' } }])
})

test.each([
  ['onDelivery', { onDelivery: boom }],
  ['onDelivery, later', { onDelivery: rejects }],
  ['onDrift', { onDrift: boom }],
  ['a logger', { logger: { warn: boom, error: boom, debug: boom } }],
])('a listener: %s', async (_, options) => {
  const { post, told } = heard(options)
  await post(v1Delivery({ payload: { ...JSON.parse(v1Delivery().body), NewKey: 1 } as never }))
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), { timeout: 30_000 })
  expect(new Set(told.map(({ context }) => context.where))).toEqual(new Set(['listener']))
})

test('onError that fails is said once, and never told to itself', async () => {
  const onError = vi.fn(boom)
  const { callbacks, post, lines } = heard({ onError })
  callbacks.onAny(boom)
  for (let i = 0; i < 3; i += 1) expect((await post(v1Delivery())).code).toBe('handler_failed')
  expect(onError).toHaveBeenCalledTimes(3)
  expect(lines.filter(({ facts }) => 'topic' in facts)).toMatchObject([
    { facts: { topic: 'on_error_failed' }, message: expect.stringMatching(/onError failed: TypeError at /) as string },
  ])
})

test('each of several handlers is told; the first is in the line of the delivery, the others have their own', async () => {
  const { callbacks, post, told, messages } = heard({})
  for (const name of ['first', 'second'])
    callbacks.onAny(() => {
      throw new RangeError(name)
    })
  await post(v1Delivery())
  expect(told.map(({ error }) => (error as Error).message)).toEqual(['first', 'second'])
  expect(messages()).toEqual([
    expect.stringContaining('A handler failed: RangeError at '),
    expect.stringContaining('a handler failed: RangeError at '),
  ])
})

test('a line of its own says to use onError where it is not used, and only there', async () => {
  for (const onError of [undefined, () => undefined]) {
    const { callbacks, post, messages } = heard({ onError })
    callbacks.onAny(boom)
    callbacks.onAny(boom)
    await post(v1Delivery())
    expect(messages().some((line) => line.includes('Use onError'))).toBe(onError === undefined)
  }
})

test('a store or an inbox that cannot be attached is told', () => {
  const { told } = heard({ store: store({ attach: boom }), inbox: inbox({ attach: boom }) })
  expect(told.map(({ context }) => context.where)).toEqual(['store', 'inbox'])
})

test('a verdict that could not be noted down is told, and the answer stays', async () => {
  const { post, told } = heard({ store: store({ note: rejects }) })
  expect((await post(v1Delivery())).code).toBe('accepted')
  await vi.waitFor(() => expect(told).toMatchObject([{ context: { where: 'store', report: { code: 'accepted' } } }]), {
    timeout: 30_000,
  })
})

describe('dispatch', () => {
  const stored = async () => {
    const messages: InboxMessage[] = []
    const { post } = receiver({ inbox: inbox({ add: (message) => Promise.resolve(messages.push(message)) }) })
    await post(v1Delivery())
    return JSON.parse(JSON.stringify(messages[0])) as unknown
  }
  const failure = (run: Promise<unknown>) =>
    run.then(
      () => undefined,
      (error: unknown) => error as DispatchError,
    )

  test('deserialize that throws is told as such, with its cause', async () => {
    const { callbacks, told, messages } = heard({})
    const processor = bullmqProcessor(callbacks, { deserialize: boom })
    const error = await failure(processor({ data: await stored() }))
    expect(error).toMatchObject({ code: 'deserialize_failed', cause: { message: 'Jane Canary' } })
    expect(error?.message).not.toContain('do serialize and deserialize match')
    expect(told).toMatchObject([{ error: { message: 'Jane Canary' }, context: { where: 'deserialize' } }])
    expect(messages()).toEqual([expect.stringMatching(/deserialize failed: TypeError at /)])
  })

  test('a schema that throws, and a handler, are causes', async () => {
    const failing = heard({ partnerParams: schema(boom) })
    const message = await stored()
    expect(await failure(failing.callbacks.dispatch(message))).toMatchObject({
      code: 'invalid_partner_params',
      cause: { message: 'Jane Canary' },
    })
    expect(failing.told).toMatchObject([{ context: { where: 'partnerParams' } }])
  })

  test('what an engine keeps of it holds nothing of the cause', async () => {
    const { callbacks } = heard({})
    callbacks.onAny(boom)
    const error = await failure(callbacks.dispatch(await stored()))
    expect(error?.cause).toMatchObject({ message: 'Jane Canary' })
    expect(JSON.stringify(error) + String(error?.stack) + String(error)).not.toContain('Canary')
  })
})

test('forget keeps what the store threw', async () => {
  const { callbacks } = heard({ store: store({ forget: rejects }) })
  const error = await callbacks.forget('event-1').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'SmileIdError', cause: { message: 'Jane Canary' } })
})

test('the first frame of the app is named, not that of a library', async () => {
  const thrown = Object.assign(new Error('x'), {
    stack:
      'Error: x\n    at node:internal/process:1:1\n    at q (/app/node_modules/pg/lib/client.js:1:2)\n    at load (/app/src/tenants.js:7:3)',
  })
  const { post } = heard({ credentials: () => Promise.reject(thrown) })
  expect((await post(v3Delivery(), { clientIp: senderIp })).hint).toBe(
    'The credentials function failed: Error at load (/app/src/tenants.js:7:3).',
  )
})

function queue() {
  return {
    add: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    removeDeduplicationKey: () => Promise.resolve(),
    getJobState: () => Promise.resolve('unknown'),
    getJob: () => Promise.resolve(undefined),
    getFailedCount: () => Promise.resolve(0),
    getJobs: () => Promise.resolve([]),
  }
}
