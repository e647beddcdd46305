import { afterEach, describe, expect, test, vi } from 'vitest'
import { codeTable, confirmWithSmileId, type SmileIdEvent } from '../../src/index.ts'
import { askSmileId } from '../../src/confirm/confirm.ts'
import { createTokens } from '../../src/confirm/http.ts'
import { indexCodes } from '../../src/payload/v1/subject.ts'
import { sign, signingKey } from '../../src/signature/sign.ts'
import { credential, now, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { jobStatus, token } from '../support/smile-id.ts'
import { receiver } from '../support/receiver.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const key = signingKey(credential.partnerId, credential.apiKey)
const base = 'https://smile-id.test'

/** Smile ID's answers by the end of the path; what is asked is kept. */
function answering(answers: Record<string, (asked: number) => Response>) {
  const asked: { url: string; init: RequestInit }[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    asked.push({ url: url as string, init: init! })
    const [, answer] = Object.entries(answers).find(([path]) => (url as string).includes(path)) ?? []
    return Promise.resolve(answer ? answer(asked.length) : new Response('', { status: 404 }))
  })
  return asked
}

async function eventOf(delivery: ReturnType<typeof v1Delivery>): Promise<SmileIdEvent<unknown>> {
  const { post, events } = receiver()
  await post(delivery)
  return events[0]!
}

const asking = { key, codes: indexCodes(codeTable), now, signal: new AbortController().signal }
const askFor = (event: SmileIdEvent<unknown>, environment: 'production' | 'sandbox' = 'production') =>
  confirmWithSmileId({ environment, baseUrl: base })[askSmileId](event, asking)
const ask = async (event: SmileIdEvent<unknown>) => (await askFor(event)).word
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })

describe('v1', () => {
  const genuine = jobStatus()['result'] as Record<string, unknown>
  const params = v1Payload.PartnerParams
  const v1 = async (answer: Record<string, unknown>, payload: Record<string, unknown> = {}) => {
    const asked = answering({ '/v1/job_status': () => json(answer) })
    return { verdict: await ask(await eventOf(v1Delivery({ payload: { ...v1Payload, ...payload } }))), asked }
  }
  const verdict = async (answer: Record<string, unknown>, payload?: Record<string, unknown>) =>
    (await v1(answer, payload)).verdict
  const result = (change: object, more: object = {}) => jobStatus({ result: { ...genuine, ...change }, ...more })
  const both = (change: object, theirs: object = change) =>
    verdict(result({ PartnerParams: { ...params, ...theirs } }), { PartnerParams: { ...params, ...change } })

  test('signs of fraud that only one of the two has are no contradiction', async () => {
    const fraud = { Antifraud: { summary: { fraud_detected: true } } }
    expect(await verdict(result({}), fraud)).toBe('confirmed')
    expect(await verdict(result(fraud), fraud)).toBe('confirmed')
    expect(await verdict(result(fraud))).toBe('confirmed')
    expect(await verdict(result({ ResultCode: '0811', ...fraud }), fraud)).toBe('contradicted')
  })

  test('it is asked by POST as JSON, and no redirect is followed', async () => {
    const { asked } = await v1(jobStatus())
    expect(asked[0]).toMatchObject({
      url: `${base}/v1/job_status`,
      init: { method: 'POST', headers: { 'Content-Type': 'application/json' }, redirect: 'error' },
    })
  })

  test.each([
    { user_id: 'user-1' },
    { job_id: 'job-1' },
    { job_id: 'job-1', user_id: '' },
    { job_id: 'job-1', user_id: {} },
  ])('without both ids nothing is asked: %j', async (PartnerParams) => {
    const { verdict, asked } = await v1(jobStatus(), { PartnerParams: { job_type: 1, ...PartnerParams } })
    expect([verdict, asked.length]).toEqual(['unavailable', 0])
  })

  test('an answer counts for five minutes either way, under each form of its time', async () => {
    const at = (offset: number) => verdict(jobStatus({}, { timestamp: new Date(now + offset).toISOString() }))
    expect([await at(300_000), await at(-300_000)]).toEqual(['confirmed', 'confirmed'])
    expect([await at(300_001), await at(-300_001)]).toEqual(['unavailable', 'unavailable'])
    expect(await verdict({ ...jobStatus(), timestamp: now + 1 })).toBe('confirmed')
    expect(await verdict({ ...jobStatus(), timestamp: 'then', signature: sign('then', key) })).toBe('unavailable')
    for (const change of [{ timestamp: undefined }, { timestamp: [now] }, { signature: 7 }, { signature: '' }])
      expect(await verdict({ ...jobStatus(), ...change })).toBe('unavailable')
  })

  test('an answer that is not one JSON object of a bearable size says nothing', async () => {
    const event = await eventOf(v1Delivery())
    const bodies = [
      '',
      'no JSON',
      '[]',
      'null',
      '"text"',
      JSON.stringify({ ...jobStatus(), pad: 'x'.repeat(1_572_864) }),
    ]
    for (const body of bodies) {
      answering({ '/v1/job_status': () => new Response(body) })
      expect(await ask(event)).toBe('unavailable')
    }
    answering({ '/v1/job_status': () => json({ ...jobStatus(), pad: 'x'.repeat(1_500_000) }) })
    expect(await ask(event)).toBe('confirmed')
    answering({ '/v1/job_status': () => new Response(null) })
    expect(await ask(event)).toBe('unavailable')
  })

  test('another verdict contradicts once the job is complete, in either spelling', async () => {
    for (const job_complete of [true, 'true'])
      expect(await verdict(result({ ResultCode: '0811' }, { job_complete }))).toBe('contradicted')
    for (const job_complete of [false, 'false', 1, undefined])
      expect(await verdict(result({ ResultCode: '0811' }, { job_complete }))).toBe('unavailable')
    expect(await verdict(jobStatus({ result: [genuine] }))).toBe('unavailable')
    expect(await verdict(jobStatus({ result: { ...genuine, ResultCode: undefined, result_code: '0810' } }))).toBe(
      'confirmed',
    )
  })

  test('no verdict holds while the job is not complete, a step and a stage do', async () => {
    for (const job_complete of [false, 'false', 0]) {
      expect(await verdict(jobStatus({ job_complete }))).toBe('unavailable')
      expect(await verdict(result({ ResultCode: '0811' }, { job_complete }), { ResultCode: '0811' })).toBe(
        'unavailable',
      )
      for (const ResultCode of ['0814', '1012'])
        expect(await verdict(result({ ResultCode }, { job_complete }), { ResultCode })).toBe('confirmed')
    }
    expect(await verdict(jobStatus({ job_complete: undefined }))).toBe('confirmed')
  })

  test('the past confirms a stage, and a verdict only where the same one holds now', async () => {
    const past = (code: string, history: unknown, current = '1211') =>
      verdict(result({ ResultCode: current }, { history }), { ResultCode: code })
    const entry = (code: string, change: object = {}) => ({ ...genuine, ResultCode: code, ...change })
    expect(await past('0814', ['x', null, entry('0811'), entry('0814')])).toBe('confirmed')
    expect(await past('0811', [entry('0811')])).toBe('confirmed')
    expect(await past('0810', [entry('0810')])).toBe('contradicted')
    expect(await past('0811', [entry('0811')], '1210')).toBe('contradicted')
    expect(await past('0811', [entry('0811'), entry('1210')], '0810')).toBe('contradicted')
    expect(await past('0810', [entry('0810')], '1210')).toBe('confirmed')
    expect(await past('0810', [], '1210')).toBe('unavailable')
    expect(await past('0810', [entry('0810', { PartnerParams: { ...params, account_id: 'acc-2' } })], '1210')).toBe(
      'unavailable',
    )
    for (const history of [
      [],
      [entry('0811')],
      [entry('0814', { SmileJobID: '9' })],
      [entry('0814', { PartnerParams: {} })],
      [{ ResultCode: '0814' }],
      'none',
      undefined,
    ])
      expect(await past('0814', history)).toBe('contradicted')
  })

  test('a look-up step is confirmed by the past, and silence about it contradicts nothing', async () => {
    const step = { ResultCode: '1012' }
    expect(await verdict(jobStatus({ history: [{ ...genuine, ...step }] }), step)).toBe('confirmed')
    expect(await verdict(jobStatus({ result: { ...genuine, ...step } }), step)).toBe('confirmed')
    expect(await verdict(jobStatus({ history: [] }), step)).toBe('unavailable')
  })

  test('the job of Smile ID counts where both name it', async () => {
    expect(await verdict(result({ SmileJobID: undefined }))).toBe('confirmed')
    expect(await verdict(jobStatus(), { SmileJobID: undefined })).toBe('confirmed')
    expect(await verdict(result({ SmileJobID: 'other' }))).toBe('contradicted')
  })

  test('where the answer gives no result, a complete job has the verdict that all of its past agrees on', async () => {
    const entry = (ResultCode: string) => ({ ...genuine, ResultCode })
    const told = (history: unknown[], job_complete: unknown = true) =>
      verdict(jobStatus({ result: { ...genuine, ResultCode: undefined }, history, job_complete }))
    expect(await told([entry('0810'), entry('0814'), entry('1012')])).toBe('confirmed')
    expect(await told([entry('1210'), entry('0810')])).toBe('confirmed')
    expect([
      await told([entry('1211'), entry('0810')]),
      await told([entry('0810')], false),
      await told([entry('1210')]),
      await told([]),
    ]).toEqual(Array(4).fill('unavailable'))
    expect(await told([entry('1211')])).toBe('contradicted')
  })

  test('what cannot be told is no contradiction', async () => {
    const untyped = { PartnerParams: { ...params, job_type: undefined } }
    expect(await verdict(result({ ResultCode: '9999' }))).toBe('unavailable')
    expect(await verdict(result({ PartnerParams: 'none' }))).toBe('unavailable')
    expect(await verdict(result({ PartnerParams: { ...params, job_id: 'another' } }))).toBe('unavailable')
    expect(await verdict(result({ ...untyped, ResultCode: '0811' }))).toBe('unavailable')
    expect(await verdict(result({ ResultCode: '1012' }))).toBe('unavailable')
  })

  const added = ['link_id', 'libraryVersion', 'user_created_at', 'ExpirationDate']
  const inSandbox = ['FirstName', 'MiddleName', 'LastName']
  const confirmation = async (
    answer: Record<string, unknown>,
    payload: Record<string, unknown>,
    environment: 'production' | 'sandbox' = 'production',
  ) => {
    answering({ '/v1/job_status': () => json(answer) })
    return askFor(await eventOf(v1Delivery({ payload: { ...v1Payload, ...payload } })), environment)
  }

  test.each([...added, ...inSandbox])('%s is added by Smile ID: named, so that nobody relies on it', async (name) => {
    const payload = { PartnerParams: { ...params, [name]: 'x' } }
    expect(await confirmation(jobStatus({ result: v1Payload }), payload, 'sandbox')).toEqual({
      word: 'confirmed',
      unconfirmed: [`partnerParams.${name}`],
      notes: [`PartnerParams.${name}`],
    })
    expect((await confirmation(jobStatus({ result: v1Payload }), payload)).word).toBe(
      inSandbox.includes(name) ? 'contradicted' : 'confirmed',
    )
    expect(await confirmation(jobStatus({ result: { ...v1Payload, ...payload } }), payload, 'sandbox')).toEqual({
      word: 'confirmed',
      unconfirmed: [],
      notes: [],
    })
    const other = { PartnerParams: { ...params, [name]: 'y' } }
    expect([
      (await confirmation(jobStatus({ result: { ...v1Payload, ...other } }), payload, 'sandbox')).word,
      (await confirmation(jobStatus({ result: { ...v1Payload, ...other } }), {}, 'sandbox')).word,
    ]).toEqual(['contradicted', 'confirmed'])
  })

  test('what differs from the signed answer is named', async () => {
    const whole = { ...v1Payload, FullName: 'Ada Example', Actions: { Liveness_Check: 'Passed' } }
    const unconfirmed = async (
      theirs: Record<string, unknown>,
      ours: Record<string, unknown> = {},
      history: unknown[] = [],
    ) =>
      (await confirmation(jobStatus({ result: { ...whole, ...theirs }, history }), { ...whole, ...ours })).unconfirmed
    expect(await unconfirmed({})).toEqual([])
    expect(await unconfirmed({ ResultText: 'other' })).toEqual(['result.message'])
    expect(await unconfirmed({ ConfidenceValue: '51' })).toEqual(['result.confidence'])
    expect(await unconfirmed({ ConfidenceValue: 99 })).toEqual([])
    expect(await unconfirmed({ Actions: { Liveness_Check: 'Failed' } })).toEqual(['result.actions'])
    expect(await unconfirmed({ Actions: undefined, SmileJobID: undefined, FullName: undefined })).toEqual([
      'smileJobId',
      'result.actions',
      'payload.FullName',
    ])
    expect(await unconfirmed({}, { FullName: 'Eve Example', IDNumber: '1', IsFinalResult: 'true' })).toEqual([
      'result.isFinalResult',
      'payload.FullName',
      'payload.IDNumber',
    ])
    expect(
      await unconfirmed({}, Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, 1]))),
    ).toEqual(['payload'])
    // The code came twice, before and after a review: what the past says word for word is confirmed by it.
    expect(
      await unconfirmed({ ResultText: 'After Human Review' }, {}, [{ ...whole, ResultText: 'other' }, whole]),
    ).toEqual([])
    expect(
      (await confirmation(jobStatus({ result: whole }), { ResultCode: undefined, result: whole, job_success: true }))
        .unconfirmed,
    ).toEqual(['payload'])
  })

  test.each(added)('%s may be on one side, but not differ', async (name) => {
    expect([await both({ [name]: 'x' }, {}), await both({}, { [name]: 'x' }), await both({ [name]: 'x' })]).toEqual([
      'confirmed',
      'confirmed',
      'confirmed',
    ])
    expect(await both({ [name]: 'x' }, { [name]: 'y' })).toBe('contradicted')
  })

  test('sandbox_result is yours, and has to be the same', async () => {
    expect([await both({ sandbox_result: '0' }), await both({ sandbox_result: '0' }, {})]).toEqual([
      'confirmed',
      'contradicted',
    ])
  })

  test('partner params are the same by value, whatever their form', async () => {
    expect([await both({ n: 7 }, { n: '7' }), await both({ n: { a: [1] } }), await both({ n: null })]).toEqual([
      'confirmed',
      'confirmed',
      'confirmed',
    ])
    expect([
      await both({ n: { a: 1 } }, { n: { a: 2 } }),
      await both({ n: '' }, {}),
      await both({}, { n: '' }),
      await both({ toString: 'x' }, {}),
      await both({}, { constructor: 'x' }),
    ]).toEqual(Array(5).fill('contradicted'))
    expect(await verdict(jobStatus({ result: { ...genuine, PartnerParams: undefined, partner_params: params } }))).toBe(
      'confirmed',
    )
  })
})

describe('v3', () => {
  const statusOf = (change: object = {}) => ({ status: 'clear', job_id: 'job_v3', user_id: 'user_v3', ...change })
  const verdict = async (answer: unknown, status = 200, change: Parameters<typeof v3Delivery>[0] = {}) => {
    answering({ '/v3/token': () => json({ token: token(900) }), '/v3/status/': () => json(answer, status) })
    return ask(await eventOf(v3Delivery(change)))
  }
  const provisional = { payload: { ...v3Payload, status: 'processing' } }

  test('"processing" was true once the job is known', async () => {
    expect([
      await verdict(statusOf({ status: 'processing' }), 202, provisional),
      await verdict(statusOf({ status: 'block' }), 200, provisional),
    ]).toEqual(['confirmed', 'confirmed'])
    expect([
      await verdict(statusOf({ status: 'processing' }), 200, provisional),
      await verdict(statusOf({ status: 7 }), 200, provisional),
      await verdict(statusOf(), 202),
    ]).toEqual(Array(3).fill('unavailable'))
    expect(await verdict(statusOf({ user_id: 'other' }), 202, provisional)).toBe('contradicted')
  })

  test('a user that the delivery does not name is not compared', async () => {
    expect(await verdict(statusOf({ user_id: 'other' }), 200, { userId: undefined })).toBe('confirmed')
    expect(await verdict(statusOf({ user_id: undefined }))).toBe('unavailable')
  })

  test('what is not found, or said in a word that is not known, contradicts nothing', async () => {
    for (const word of ['complete', 'Clear', 'not_found', 'approved', '', null])
      expect(await verdict(statusOf({ status: word }))).toBe('unavailable')
    for (const word of ['block', 'attention', 'error'])
      expect(await verdict(statusOf({ status: word }))).toBe('contradicted')
    expect(await verdict(statusOf(), 200, { payload: { ...v3Payload, status: 'on_hold' } })).toBe('unavailable')
    for (const [answer, status] of [
      [statusOf({ status: 'not_found' }), 404],
      [statusOf(), 404],
      [statusOf({ status: 'not_found' }), 500],
      [statusOf(), 201],
      [[statusOf()], 200],
    ] as const)
      expect(await verdict(answer, status)).toBe('unavailable')
  })

  test.each([
    ['a'.repeat(128), 'confirmed'],
    ['a'.repeat(129), 'unavailable'],
    ['a-B_9', 'confirmed'],
    ['a/b', 'unavailable'],
    ['a b', 'unavailable'],
    ['a?b', 'unavailable'],
    ['..', 'unavailable'],
  ])('the job id %s: %s', async (jobId, expected) => {
    expect(await verdict(statusOf({ job_id: jobId }), 200, { jobId })).toBe(expected)
  })

  test('what the status does not say is named', async () => {
    answering({ '/v3/token': () => json({ token: token(900) }), '/v3/status/': () => json(statusOf()) })
    expect(await askFor(await eventOf(v3Delivery()))).toEqual({
      word: 'confirmed',
      unconfirmed: ['product', 'partnerParams', 'result.reason', 'result.message', 'payload'],
    })
  })

  test('it is asked by GET with the token, and the key is sent for the token alone', async () => {
    const asked = answering({ '/v3/token': () => json({ token: 'T' }), '/v3/status/': () => json(statusOf()) })
    expect(await ask(await eventOf(v3Delivery()))).toBe('confirmed')
    expect(asked.map(({ url, init }) => [url, init.method, init.headers, init.redirect])).toEqual([
      [`${base}/v3/token`, 'POST', { 'smileid-partner-id': '85', 'smileid-api-key': credential.apiKey }, 'error'],
      [`${base}/v3/status/job_v3`, 'GET', { 'SmileID-Token': 'T', 'SmileID-Partner-ID': '085' }, 'error'],
    ])
  })
})

test('what cannot be asked about is not asked', async () => {
  const asked = answering({})
  const events = [
    v3Delivery({ payload: { ...v3Payload, product: 'aml_monitoring_update' } }),
    v1Delivery({ payload: { ...v1Payload, ResultCode: '5211' } }),
  ]
  for (const delivery of events) expect(await ask(await eventOf(delivery))).toBe('unaskable')
  expect(asked).toEqual([])
})

describe('tokens', () => {
  const { signal } = new AbortController()
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  /** A token that is kept, another one for each number. */
  const lasting = (count: number) => `x.${part({ iat: 5, exp: 3_605 })}.${count}`
  const mintingAt = (make: (asked: number) => unknown, status = 200) => ({
    asked: answering({ '/v3/token': (asked) => json({ token: make(asked) }, status) }),
    tokens: createTokens(base),
  })

  test.each<[string, string, number]>([
    ['its own clock', `x.${part({ iat: 5, exp: 605 })}.x`, 540_000],
    ['ours where it does not tell', `x.${part({ exp: now / 1000 + 600 })}.x`, 540_000],
    ['its own end, however far', `x.${part({ iat: 5, exp: 28_805 })}.x`, 28_740_000],
  ])('are kept until a minute before their end, by %s', async (_, minted, ms) => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'], now })
    const { asked, tokens } = mintingAt((count) => (count === 1 ? minted : lasting(2)))
    expect(await tokens.get(key, signal)).toBe(minted)
    vi.advanceTimersByTime(ms - 1)
    expect(await tokens.get(key, signal)).toBe(minted)
    vi.advanceTimersByTime(1)
    expect(await tokens.get(key, signal)).toBe(lasting(2))
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['cannot be read', 'opaque'],
    ['does not end', `x.${part({ iat: 5, exp: 'late' })}.x`],
    ['is no object', `x.${part(null)}.x`],
  ])('one that %s is not kept: only exp is believed', async (_, minted) => {
    const { asked, tokens } = mintingAt(() => minted)
    for (const wanted of [1, 2]) {
      expect(await tokens.get(key, signal)).toBe(minted)
      expect(asked).toHaveLength(wanted)
    }
  })

  test('one request serves all that wait, for each key', async () => {
    const { asked, tokens } = mintingAt(lasting)
    const other = signingKey('86', credential.apiKey)
    const minted = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        tokens.get(index % 2 === 0 ? key : other, new AbortController().signal),
      ),
    )
    expect([new Set(minted).size, asked.length]).toEqual([2, 2])
    expect(
      await Promise.all([
        tokens.renew(key, minted[0]!, signal),
        tokens.renew(key, minted[0]!, signal),
        tokens.get(key, signal),
      ]),
    ).toEqual(Array(3).fill(lasting(3)))
  })

  test('a failure is for those who waited, and not for those who come later', async () => {
    let status = 500
    const asked = answering({ '/v3/token': (count) => json({ token: lasting(count) }, status) })
    const tokens = createTokens(base)
    expect(
      (await Promise.allSettled(Array.from({ length: 10 }, () => tokens.get(key, signal)))).map(
        ({ status: end }) => end,
      ),
    ).toEqual(Array(10).fill('rejected'))
    status = 200
    expect(await tokens.get(key, signal)).toBe(lasting(2))
    expect(asked).toHaveLength(2)
  })

  /** Requests for a token that are answered when the test says so. */
  function open() {
    const signals: AbortSignal[] = []
    const answers: ((response: Response) => void)[] = []
    vi.spyOn(globalThis, 'fetch').mockImplementation(
      (_, init) =>
        new Promise((resolve, reject) => {
          signals.push(init!.signal!)
          init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason as Error))
          answers.push(resolve)
        }),
    )
    return { signals, answers, tokens: createTokens(base) }
  }

  test('whoever gives up goes alone; what comes is for the next', async () => {
    const { signals, answers, tokens } = open()
    const [impatient, patient] = [new AbortController(), new AbortController()]
    const first = tokens.get(key, impatient.signal)
    const second = tokens.get(key, patient.signal)
    impatient.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    expect(signals[0]?.aborted).toBe(false)
    answers[0]?.(json({ token: lasting(1) }))
    expect(await second).toBe(lasting(1))

    const { signals: again, answers: later, tokens: others } = open()
    const alone = new AbortController()
    const left = others.get(key, alone.signal)
    alone.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    const next = others.get(key, signal)
    later[0]?.(json({ token: lasting(2) }))
    expect(await next).toBe(lasting(2))
    await expect(others.get(signingKey('9', 'k'), AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    expect(again).toHaveLength(1)
  })

  test('one that hangs is given up, so that later ones ask anew', async () => {
    const { signals } = open()
    const tokens = createTokens(base, 50)
    await expect(tokens.get(key, signal)).rejects.toMatchObject({ name: 'TimeoutError' })
    void tokens.get(key, AbortSignal.timeout(50)).catch(() => undefined)
    expect(signals).toHaveLength(2)
  })

  test('are those of one partner and one key', async () => {
    const { tokens } = mintingAt(lasting)
    const keys = [key, signingKey(credential.partnerId, 'another'), signingKey('86', credential.apiKey)]
    const minted = []
    for (const one of [...keys, ...keys]) minted.push(await tokens.get(one, signal))
    expect(minted).toEqual([1, 2, 3, 1, 2, 3].map(lasting))
  })

  test('are renewed if they are the one that was refused', async () => {
    const { tokens } = mintingAt(lasting)
    expect(await tokens.get(key, signal)).toBe(lasting(1))
    expect([
      await tokens.renew(key, lasting(1), signal),
      await tokens.renew(key, lasting(1), signal),
      await tokens.get(key, signal),
    ]).toEqual([lasting(2), lasting(2), lasting(2)])
  })

  test('are asked for where none is kept, whatever was refused', async () => {
    const { tokens } = mintingAt(lasting)
    expect(await tokens.renew(key, 'of another process', signal)).toBe(lasting(1))
  })

  test('are kept for a thousand keys, and the oldest makes room', async () => {
    const { asked, tokens } = mintingAt(lasting)
    const keyOf = (index: number) => signingKey('7', `key ${index}`)
    for (let i = 0; i < 1_000; i += 1) await tokens.get(keyOf(i), signal)
    expect([await tokens.get(keyOf(0), signal), asked.length]).toEqual([lasting(1), 1_000])
    await tokens.get(keyOf(1_000), signal)
    expect([await tokens.get(keyOf(1), signal), await tokens.get(keyOf(0), signal), asked.length]).toEqual([
      lasting(2),
      lasting(1002),
      1_002,
    ])
  })

  test.each([
    ['another status', 'T', 201],
    ['no text', 7, 200],
    ['nothing', undefined, 200],
    ['an empty text', '', 200],
  ])('are none: %s', async (_, made, status) => {
    const { tokens } = mintingAt(() => made, status)
    await expect(tokens.get(key, signal)).rejects.toThrow('Smile ID gave no token.')
  })

  test.each([
    ['002', '2'],
    ['000', '0'],
    ['100', '100'],
    ['0', '0'],
  ])('are asked for without leading zeros: %s as %s', async (partnerId, sent) => {
    const { asked, tokens } = mintingAt(() => 'T')
    await tokens.get(signingKey(partnerId, 'k'), signal)
    expect(asked[0]?.init.headers).toMatchObject({ 'smileid-partner-id': sent })
  })
})

describe('servers', () => {
  const urlFor = async (options: object) => {
    const asked = answering({ '/v1/job_status': () => json(jobStatus()) })
    const confirmation = confirmWithSmileId({ environment: 'sandbox', ...options })
    await confirmation[askSmileId](await eventOf(v1Delivery()), {
      key,
      codes: indexCodes(codeTable),
      now,
      signal: AbortSignal.timeout(5_000),
    })
    return asked[0]?.url
  }

  test.each([
    [{}, 'https://testapi.smileidentity.com/v1/job_status'],
    [{ environment: 'production' }, 'https://api.smileidentity.com/v1/job_status'],
    [{ baseUrl: 'https://proxy.test/smile/' }, 'https://proxy.test/smile/v1/job_status'],
    [{ baseUrl: 'http://127.0.0.1:9' }, 'http://127.0.0.1:9/v1/job_status'],
    [{ baseUrl: 'http://localhost:9' }, 'http://localhost:9/v1/job_status'],
    [{ baseUrl: 'http://[::1]:9' }, 'http://[::1]:9/v1/job_status'],
  ])('%j: %s', async (options, url) => {
    expect(await urlFor(options)).toBe(url)
  })

  test.each([
    'http://proxy.test',
    'http://127.0.0.1.test',
    'ftp://localhost',
    'https://proxy.test/#a',
    'https://proxy.test/?a',
    'https://user@proxy.test',
    'https://:pass@proxy.test',
    'proxy.test',
    '',
    7,
    {},
  ])('no key is sent to %j', (baseUrl) => {
    expect(() => confirmWithSmileId({ environment: 'sandbox', baseUrl: baseUrl as string })).toThrow(
      expect.objectContaining({
        code: 'confirm_invalid',
        message: expect.stringContaining('The base URL must be https, without') as string,
      }),
    )
  })

  test('the environment is one of two', () => {
    expect(() => confirmWithSmileId({ environment: 'Sandbox' as 'sandbox' })).toThrow(
      expect.objectContaining({
        code: 'confirm_invalid',
        message: expect.stringContaining("'production' or 'sandbox'") as string,
      }),
    )
  })
})
