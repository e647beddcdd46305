import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import {
  confirmWithSmileId,
  smileIdCallbacks,
  SmileIdConfigError,
  type ConfirmOptions,
  type HandlerContext,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { sign, signingKey } from '../../src/signature/sign.ts'
import {
  credential,
  now,
  senderIp,
  signedAt,
  testOptions,
  v1Delivery,
  v1Payload,
  v3Delivery,
  v3Payload,
} from '../support/deliveries.ts'
import { jobStatus, smileIdServers, token, type Asked } from '../support/smile-id.ts'
import { receiver } from '../support/receiver.ts'

type Delivery = ReturnType<typeof v1Delivery>

async function receiving(delivery: Delivery, options: Partial<SmileIdCallbacksOptions>) {
  const { post, events } = receiver(options)
  return { report: await post(delivery), events }
}

const v1Result = (change: object) => jobStatus({ result: { ...(jobStatus()['result'] as object), ...change } })
const withParams = (change: Record<string, unknown>) =>
  v1Result({ PartnerParams: { ...v1Payload.PartnerParams, ...change } })
const v1 = (
  answer: Record<string, unknown>,
  status = 200,
  delivery: Delivery = v1Delivery(),
  options: ConfirmOptions = {},
  others: Partial<SmileIdCallbacksOptions> = {},
) =>
  smileIdServers({ '/v1/job_status': (_, res) => void res.status(status).json(answer) }, async (baseUrl, asked) => ({
    ...(await receiving(delivery, {
      confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl, ...options }),
      ...others,
    })),
    asked,
  }))

describe('v1, POST /v1/job_status', () => {
  test('agreeing: the event is confirmed, and the request is signed', async () => {
    const { report, events, asked } = await v1(jobStatus())
    expect(report).toMatchObject({ code: 'accepted', confirmation: 'confirmed' })
    expect(report.stages.map(({ name }) => name)).toEqual([
      'admitted',
      'read',
      'verified',
      'decoded',
      'claimed',
      'confirmed',
    ])
    expect(events[0]).toMatchObject({ outcome: 'approved', delivery: { confirmed: true } })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.body).toEqual({
      timestamp: signedAt,
      signature: sign(signedAt, signingKey(credential.partnerId, credential.apiKey)),
      partner_id: '085',
      job_id: 'job-1',
      user_id: 'user-1',
      history: true,
      image_links: false,
    })
  })

  const far = { timestamp: new Date(now - 300_001).toISOString() }
  test.each<[string, Record<string, unknown>, number, string]>([
    ['job_type as a number', withParams({ job_type: 1 }), 200, 'confirmed'],
    ['a key that Smile ID adds', withParams({ libraryVersion: '2' }), 200, 'confirmed'],
    ['the timestamp as digits', jobStatus({}, { timestamp: String(now) }), 200, 'confirmed'],
    ['another verdict', v1Result({ ResultCode: '0811' }), 200, 'contradicted'],
    ['another account', withParams({ account_id: 'acc-2' }), 200, 'contradicted'],
    [
      'no such partner param',
      v1Result({ PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: '1' } }),
      200,
      'contradicted',
    ],
    ['a partner param more', withParams({ branch: '7' }), 200, 'contradicted'],
    ['another job type', withParams({ job_type: '6' }), 200, 'contradicted'],
    ['another job of Smile ID', v1Result({ SmileJobID: '0000056575' }), 200, 'contradicted'],
    ['not final yet', v1Result({ IsFinalResult: 'false' }), 200, 'contradicted'],
    [
      'rejected now, approved in the past',
      { ...v1Result({ ResultCode: '1211' }), history: [jobStatus()['result']] },
      200,
      'contradicted',
    ],
    [
      'not complete',
      jobStatus({ job_complete: false, result: 'No zip file received', code: '2314' }),
      200,
      'unavailable',
    ],
    ['a result without a code', v1Result({ ResultCode: undefined }), 200, 'unavailable'],
    ['signed with another key', jobStatus({}, { key: 'another' }), 200, 'unavailable'],
    ['without a signature', jobStatus({ signature: undefined }), 200, 'unavailable'],
    ['stale', jobStatus({}, far), 200, 'unavailable'],
    ['an error', { error: 'nope', code: '2203' }, 400, 'unavailable'],
    ['an error page with a good body', jobStatus(), 500, 'unavailable'],
  ])('%s', async (_, answer, status, verdict) => {
    const { report, events } = await v1(answer, status)
    expect(report.confirmation).toBe(verdict)
    expect(report).toMatchObject(
      {
        confirmed: { code: 'accepted', status: 200 },
        contradicted: { code: 'contradicted', status: 401 },
        unavailable: { code: 'not_confirmed', status: 503 },
      }[verdict]!,
    )
    expect(events).toHaveLength(verdict === 'confirmed' ? 1 : 0)
  })

  test('what was true of an earlier stage is confirmed by the history', async () => {
    const provisional = v1Delivery({ payload: { ...v1Payload, ResultCode: '0814' } })
    const past = { ...(jobStatus()['result'] as object), ResultCode: '0814' }
    const { report } = await v1({ ...jobStatus(), history: [past] }, 200, provisional, { events: ['result'] })
    expect(report).toMatchObject({ code: 'accepted', confirmation: 'confirmed', event: { outcome: 'provisional' } })
  })

  test('only what was asked for is confirmed', async () => {
    const { report, events, asked } = await v1({}, 500, v1Delivery({ payload: { ...v1Payload, ResultCode: '0811' } }))
    expect(report).toMatchObject({ code: 'accepted' })
    expect(report.confirmation).toBeUndefined()
    expect(events[0]?.delivery.confirmed).toBe(false)
    expect(asked).toEqual([])
  })

  test('a contradiction is logged each time, as an error', async () => {
    const logger = { warn: vi.fn(), error: vi.fn() }
    await v1(v1Result({ ResultCode: '0811' }), 200, v1Delivery(), {}, { logger })
    expect(
      logger.error.mock.calls.map(([facts, line]) => [
        (facts as { code: string }).code,
        (line as string).replace(/ ms=\d+/, ''),
      ]),
    ).toEqual([
      [
        'contradicted',
        'express-smile-id: contradicted status=401 clientIp=52.36.32.43 generation=v1 signatureIn=body passed=admitted,read,verified,decoded,claimed partner=085 event=biometric_kyc.approved bytes=323 confirmation=contradicted Smile ID says otherwise. express-smile-id explain contradicted',
      ],
    ])
  })

  test('a job of Smile ID that the answer does not name settles nobody who waits for it', async () => {
    await smileIdServers(
      { '/v1/job_status': (_, res) => void res.json(v1Result({ SmileJobID: undefined })) },
      async (baseUrl) => {
        const callbacks = smileIdCallbacks({
          ...testOptions,
          confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl }),
        })
        const seen = vi.fn()
        callbacks.onJob('0000056574', seen)
        callbacks.onAny(() => undefined)
        expect(await callbacks.receive({ ...v1Delivery(), clientIp: senderIp })).toMatchObject({
          code: 'accepted',
          handlers: { matched: 1 },
        })
        expect(seen).not.toHaveBeenCalled()
      },
    )
  })

  test('redirects are not followed', async () => {
    await smileIdServers(
      {
        '/v1/job_status': (_, res) => res.redirect(307, '/elsewhere'),
        '/elsewhere': (_, res) => void res.json(jobStatus()),
      },
      async (baseUrl, asked) => {
        const { report } = await receiving(v1Delivery(), {
          confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl }),
        })
        expect(report.code).toBe('not_confirmed')
        expect(asked.map(({ path }) => path)).toEqual(['/v1/job_status'])
      },
    )
  })
})

const statusOf = (change: object = {}) => ({
  status: 'clear',
  job_id: 'job_v3',
  user_id: 'user_v3',
  message: 'Job completed',
  created_at: signedAt,
  ...change,
})
const mints = (lifetimeS = 900) => ({
  '/v3/token': (_: unknown, res: { json(body: object): unknown }, asked: Asked[]) =>
    void res.json({ token: `${token(lifetimeS)}${asked.length}` }),
})
const v3 = (answer: object, status = 200, delivery: Delivery = v3Delivery(), options: ConfirmOptions = {}) =>
  smileIdServers(
    { ...mints(), '/v3/status': (_, res) => void res.status(status).json(answer) },
    async (baseUrl, asked) => ({
      ...(await receiving(delivery, {
        confirm: confirmWithSmileId({ environment: 'production', baseUrl, ...options }),
      })),
      asked,
    }),
  )

describe('v3, POST /v3/token and GET /v3/status/{job_id}', () => {
  test('agreeing: the event is confirmed', async () => {
    const { report, events, asked } = await v3(statusOf())
    expect(report).toMatchObject({ code: 'accepted', confirmation: 'confirmed' })
    expect(events[0]?.delivery.confirmed).toBe(true)
    expect(asked.map(({ path }) => path)).toEqual(['/v3/token', '/v3/status/job_v3'])
    expect(asked[0]?.headers).toMatchObject({ 'smileid-partner-id': '85', 'smileid-api-key': credential.apiKey })
    expect(asked[1]?.headers).toMatchObject({
      'smileid-token': expect.stringContaining('.') as string,
      'smileid-partner-id': '085',
    })
    expect(asked[1]?.headers['smileid-api-key']).toBeUndefined()
  })

  test.each<[string, object, number, string]>([
    ['another status', statusOf({ status: 'block' }), 200, 'contradicted'],
    ['another user', statusOf({ user_id: 'user_other' }), 200, 'contradicted'],
    [
      'unknown to this partner, or not known yet',
      statusOf({ status: 'not_found', user_id: 'unknown' }),
      404,
      'unavailable',
    ],
    ['the old word for done', statusOf({ status: 'complete', message: 'Job completed: clear' }), 200, 'unavailable'],
    ['another job', statusOf({ job_id: 'job_other' }), 200, 'unavailable'],
    ['a 404 of some proxy', { error: 'nope' }, 404, 'unavailable'],
    ['still processing', statusOf({ status: 'processing' }), 202, 'unavailable'],
    ['our address is not allowed', { status: 'Forbidden', message: 'no' }, 403, 'unavailable'],
    ['out of order', { status: 'Internal Server Error', message: 'no' }, 500, 'unavailable'],
  ])('%s', async (_, answer, status, verdict) => {
    const { report, events } = await v3(answer, status)
    expect(report.confirmation).toBe(verdict)
    expect(events).toEqual([])
  })

  test('a job id that would change the path is never sent', async () => {
    const { report, asked } = await v3(statusOf(), 200, v3Delivery({ jobId: '../../v3/replay/job_v3' }))
    expect(report.code).toBe('not_confirmed')
    expect(asked).toEqual([])
  })

  test('a token is used again until a minute before its end', async () => {
    for (const [lifetimeS, minted] of [
      [900, 1],
      [60, 2],
    ]) {
      await smileIdServers(
        {
          ...mints(lifetimeS),
          '/v3/status': (req, res) => void res.json(statusOf({ job_id: req.path.split('/').at(-1) })),
        },
        async (baseUrl, asked) => {
          const confirm = confirmWithSmileId({ environment: 'sandbox', baseUrl })
          for (let i = 0; i < 2; i += 1)
            expect((await receiving(v3Delivery({ jobId: `job_${i}` }), { confirm })).report.code).toBe('accepted')
          expect(asked.filter(({ path }) => path === '/v3/token')).toHaveLength(minted!)
        },
      )
    }
  })

  test('a token that is refused is renewed once', async () => {
    await smileIdServers(
      {
        ...mints(),
        '/v3/status': (req, res) => {
          if (String(req.headers['smileid-token']).endsWith('1')) res.status(401)
          res.json(statusOf())
        },
      },
      async (baseUrl, asked) => {
        const { report } = await receiving(v3Delivery(), {
          confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl }),
        })
        expect(report.code).toBe('accepted')
        expect(asked).toHaveLength(4)
      },
    )
    const { report, asked } = await v3({}, 401)
    expect(report.code).toBe('not_confirmed')
    expect(asked).toHaveLength(4)
  })

  test('there is no question to ask about monitoring', async () => {
    const { report, events, asked } = await v3(
      statusOf(),
      200,
      v3Delivery({ payload: { ...v3Payload, product: 'aml_monitoring_update' } }),
      { events: ['monitoring'] },
    )
    expect(report).toMatchObject({ code: 'accepted' })
    expect(report).not.toHaveProperty('confirmation')
    expect(report.stages.map(({ name }) => name)).not.toContain('confirmed')
    expect(events[0]?.delivery.confirmed).toBe(false)
    expect(asked).toEqual([])
  })
})

describe('time and trouble', () => {
  test('servers that never answer cost no more than the timeout', async () => {
    await smileIdServers({ '/v1/job_status': () => undefined }, async (baseUrl) => {
      const { report } = await receiving(v1Delivery(), {
        confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl, timeout: 50 }),
      })
      expect(report).toMatchObject({ code: 'not_confirmed', status: 503 })
    })
  })

  test('servers that cannot be reached', async () => {
    const { report } = await receiving(v1Delivery(), {
      confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl: 'http://127.0.0.1:1' }),
    })
    expect(report.code).toBe('not_confirmed')
  })

  test.each<[string, unknown, string]>([
    ['confirmed', () => 'confirmed', 'accepted'],
    ['contradicted', () => Promise.resolve('contradicted'), 'contradicted'],
    ['unavailable', () => 'unavailable', 'not_confirmed'],
    ['another word', () => 'unaskable', 'not_confirmed'],
    ['true', () => true, 'not_confirmed'],
    [
      'a throw',
      () => {
        throw new Error('x')
      },
      'not_confirmed',
    ],
    ['a rejection', () => Promise.reject(new Error('x')), 'not_confirmed'],
    ['never', () => new Promise(() => undefined), 'not_confirmed'],
  ])('a function of the user: %s', async (_, ask, code) => {
    const { report } = await receiving(v1Delivery(), { confirm: { ask: ask as never, timeout: 50 } })
    expect(report.code).toBe(code)
  })

  test("a function's signal is aborted when its time is up", async () => {
    const seen: AbortSignal[] = []
    const ask = (_: unknown, { signal }: HandlerContext) =>
      new Promise<never>(() => {
        seen.push(signal)
      })
    await receiving(v1Delivery(), { confirm: { ask, timeout: 20 } })
    expect(seen[0]?.aborted).toBe(true)
    expect(seen[0]?.reason).toMatchObject({ name: 'TimeoutError', message: "confirm's timeout has passed" })
  })
})

test('the key is in nothing that can be looked at', () => {
  const callbacks = smileIdCallbacks({ ...testOptions, confirm: confirmWithSmileId({ environment: 'sandbox' }) })
  expect(inspect(callbacks, { depth: 20, showHidden: true, getters: true })).not.toContain(credential.apiKey)
})

test.each<[string, unknown]>([
  ['another environment', { environment: 'staging' }],
  ['a name of the prototype', { environment: 'constructor' }],
  ['http', { environment: 'sandbox', baseUrl: 'http://example.test' }],
  ['a query', { environment: 'sandbox', baseUrl: 'https://example.test/?a=b' }],
  ['an unknown key', { environment: 'sandbox', retries: 3 }],
])('confirmWithSmileId throws for %s', (_, options) => {
  expect(() => confirmWithSmileId(options as never)).toThrow(SmileIdConfigError)
  expect(() => confirmWithSmileId(options as never)).toThrow(expect.objectContaining({ code: 'confirm_invalid' }))
})

test.each<[string, object, string]>([
  ['confirm', { confirm: 'yes' }, 'confirm_invalid'],
  ['confirm', { confirm: {} }, 'confirm_invalid'],
  ['confirm', { confirm: () => 'confirmed' }, 'confirm_invalid'],
  ['confirm.events', { confirm: { ask: () => 'confirmed', events: ['aproved'] } }, 'confirm_events_invalid'],
  ['confirm.timeout', { confirm: { ask: () => 'confirmed', timeout: 0 } }, 'duration_invalid'],
  ['bodyTimeout', { bodyTimeout: -1 }, 'duration_invalid'],
  ['callbackSecret', { callbackSecret: 'too short' }, 'callback_secret_invalid'],
  ['callbackSecret', { callbackSecret: [] }, 'callback_secret_invalid'],
])('the option %s is checked', (_, options, code) => {
  expect(() => smileIdCallbacks({ ...testOptions, ...options })).toThrow(expect.objectContaining({ code }))
})
