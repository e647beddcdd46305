import { describe, expect, test } from 'vitest'
import { sign, signingKey } from '../../src/signature/sign.ts'
import { credential } from '../support/deliveries.ts'
import type { Trouble } from '../support/stand-in.ts'
import { said, scene, type Scene } from './support.ts'

const v1 = { generation: 'v1', jobId: 'a', userId: 'u' } as const
const v3 = { generation: 'v3', jobId: 'job_c' } as const
const key = signingKey(credential.partnerId, credential.apiKey)

/** Runs against servers in trouble: what both jobs came to, and how often was asked. */
const troubled = (trouble: Trouble, change: Parameters<Scene['run']>[1] = {}) =>
  scene(async ({ smileId, run, events }) => {
    smileId.add('document_verification', v1)
    smileId.add('document_verification', { ...v3, userId: 'u' })
    smileId.trouble = trouble
    const report = await run([v1, v3], { attempts: 3, ...change })
    return { report, events: said(events), counts: Object.fromEntries(smileId.counts), replays: smileId.replays }
  })

/** The first answers by path are these. */
const at =
  (path: string, answer: Trouble): Trouble =>
  (req, res, count) =>
    req.path.startsWith(path) ? answer(req, res, count) : false
const answering =
  (status: number, body: object = { status: 'x', message: 'no' }, headers: Record<string, string> = {}): Trouble =>
  (_, res) => {
    res.status(status).set(headers).json(body)
    return true
  }
const first =
  (times: number, answer: Trouble): Trouble =>
  (req, res, count) =>
    count <= times && answer(req, res, count)

describe('servers that pass', () => {
  test.each([408, 429, 500, 502, 503, 504])('%i is asked again', async (status) => {
    const { report, events, counts } = await troubled(
      (req, res, count) => /status/.test(req.path) && first(2, answering(status))(req, res, count),
    )
    expect(report).toMatchObject({ handled: 1, replayed: 1, failed: [] })
    expect(events).toEqual(['a approved'])
    expect(counts).toMatchObject({ '/v1/job_status': 3, '/v3/status': 3, '/v3/token': 1 })
  })

  test.each([
    [429, 'rate_limited'],
    [500, 'server_error'],
    [503, 'server_error'],
  ])('%i for ever: %s', async (status, reason) => {
    const { report, events, counts } = await troubled(answering(status))
    expect(report).toMatchObject({ asked: 2, handled: 0, failed: [{ reason }, { reason }] })
    expect([events, counts]).toEqual([[], { '/v1/job_status': 3, '/v3/token': 3 }])
  })

  test('Retry-After is waited for, by all', async () => {
    const times: number[] = []
    const started = performance.now()
    const { report } = await troubled((_, res, count) => {
      times.push(performance.now() - started)
      return count <= 1 && answering(429, {}, { 'Retry-After': '1' })(_, res, count)
    })
    expect(report.failed).toEqual([])
    expect(times.filter((time) => time > 200 && time < 900)).toEqual([])
    expect(Math.max(...times)).toBeGreaterThanOrEqual(1_000)
  })

  test('a server that hangs is left after the timeout', async () => {
    const { report, counts } = await troubled(() => true, { timeout: 100, attempts: 2 })
    expect(report).toMatchObject({ failed: [{ reason: 'timeout' }, { reason: 'timeout' }] })
    expect(counts['/v1/job_status']).toBe(2)
  })

  test('a server that hangs up, or is not there', async () => {
    const { report } = await troubled(
      (req) => {
        req.socket.destroy()
        return true
      },
      { attempts: 2 },
    )
    expect(report).toMatchObject({ failed: [{ reason: 'unreachable' }, { reason: 'unreachable' }] })
    expect((await troubled(() => false, { baseUrl: 'http://127.0.0.1:1', attempts: 1 })).report.failed).toHaveLength(2)
  })
})

describe('a replay', () => {
  test.each<[number, object]>([
    [404, { failed: [{ jobId: 'job_c', reason: 'refused' }] }],
    [409, { processing: 1 }],
    [403, { failed: [{ jobId: 'job_c', reason: 'forbidden' }] }],
    [401, { failed: [{ jobId: 'job_c', reason: 'unauthorized' }] }],
    [400, { failed: [{ jobId: 'job_c', reason: 'refused' }] }],
    [500, { failed: [{ jobId: 'job_c', reason: 'server_error' }] }],
  ])('%i: %o', async (status, expected) => {
    const { report, counts } = await troubled(at('/v3/replay', answering(status)))
    expect(report).toMatchObject({ handled: 1, replayed: 0, ...expected })
    // It may have been queued: only what was told to wait, or had an old token, is asked twice.
    expect(counts['/v3/replay']).toBe(status === 401 ? 2 : 1)
  })

  test.each<[string, object, object]>([
    ['of Smile ID', { status: 'not_found', job_id: 'job_c', user_id: 'unknown' }, { notFound: 1, failed: [] }],
    ['of a gateway', { status: 404, message: 'no route' }, { notFound: 0, failed: [{ reason: 'refused' }] }],
  ])('a 404 %s', async (_, body, expected) => {
    const { report } = await troubled(at('/v3/replay', answering(404, body)))
    expect(report).toMatchObject(expected)
  })

  test('told to wait, it is asked for again', async () => {
    const { report, replays } = await troubled(at('/v3/replay', first(1, answering(429, {}, { 'Retry-After': '0' }))))
    expect([report.replayed, replays]).toEqual([1, ['job_c']])
  })

  test('what failed is asked for by the next run at once', () =>
    scene(async ({ smileId, run }) => {
      smileId.add('document_verification', { ...v3, userId: 'u' })
      smileId.trouble = at('/v3/replay', first(1, answering(500)))
      expect(await run([v3])).toMatchObject({ failed: [{ reason: 'server_error' }] })
      expect(await run([v3])).toMatchObject({ replayed: 1 })
    }))
})

describe('answers that are not believed', () => {
  const answer = (
    change: object,
    { apiKey = credential.apiKey, timestamp = new Date().toISOString() } = {},
  ): Trouble => {
    const result = {
      ResultCode: '0810',
      ResultText: 'ok',
      SmileJobID: '1',
      PartnerParams: { job_id: 'a', user_id: 'u', job_type: '6' },
    }
    return at(
      '/v1',
      answering(200, {
        timestamp,
        signature: sign(timestamp, signingKey(credential.partnerId, apiKey)),
        job_complete: true,
        result,
        history: [],
        ...change,
      }),
    )
  }
  const other = (params: object) => ({
    ResultCode: '0810',
    PartnerParams: { job_id: 'a', user_id: 'u', job_type: '6', ...params },
  })

  test.each<[string, Trouble, string]>([
    ['forged', answer({}, { apiKey: 'another' }), 'answer_forged'],
    ['stale', answer({}, { timestamp: new Date(Date.now() - 400_000).toISOString() }), 'answer_stale'],
    ['of tomorrow', answer({}, { timestamp: new Date(Date.now() + 400_000).toISOString() }), 'answer_stale'],
    ['without a signature', answer({ signature: undefined }), 'answer_unsigned'],
    ['without a time', answer({ timestamp: undefined }), 'answer_unsigned'],
    ['about another job', answer({ result: other({ job_id: 'b' }) }), 'other_job'],
    ['about another user', answer({ result: other({ user_id: 'v' }) }), 'other_job'],
    ['with another job in its history', answer({ history: [other({}), other({ job_id: 'b' })] }), 'other_job'],
    ['complete, and without a result', answer({ result: 'No zip file received' }), 'answer_unreadable'],
    [
      'no object',
      at('/v1', (_, res) => {
        res.send('[]')
        return true
      }),
      'answer_unreadable',
    ],
    [
      'a page',
      at('/v1', (_, res) => {
        res.status(404).send('<html>')
        return true
      }),
      'refused',
    ],
    ['a refusal', at('/v1', answering(400, { error: 'no', code: '2205' })), 'refused'],
  ])('%s', async (_, trouble, reason) => {
    const { report, events } = await troubled(trouble)
    expect(report).toMatchObject({ handled: 0, replayed: 1, failed: [{ jobId: 'a', reason }] })
    expect(events).toEqual([])
  })

  test('a verdict of a job that is not complete is none yet', async () => {
    for (const job_complete of [false, 'false']) {
      const { report, events } = await troubled(answer({ job_complete }))
      expect(report).toMatchObject({ handled: 0, known: 0, processing: 1, replayed: 1, failed: [] })
      expect(events).toEqual([])
    }
  })

  test.each<[string, object, number, object]>([
    [
      'about another job',
      { status: 'clear', job_id: 'job_d', user_id: 'u' },
      200,
      { failed: [{ jobId: 'job_c', reason: 'other_job' }] },
    ],
    [
      'about another user',
      { status: 'clear', job_id: 'job_c', user_id: 'v' },
      200,
      { failed: [{ jobId: 'job_c', reason: 'other_job' }] },
    ],
    [
      'in a word that is not known',
      { status: 'complete', job_id: 'job_c', user_id: 'u' },
      200,
      { failed: [{ jobId: 'job_c', reason: 'unknown_status' }] },
    ],
    ['still processing', { status: 'processing', job_id: 'job_c', user_id: 'u' }, 202, { processing: 1 }],
    ['not found', { status: 'not_found', job_id: 'job_c', user_id: 'unknown' }, 404, { notFound: 1 }],
    [
      'a 404 of a gateway',
      { status: 'Not Found', message: 'no route' },
      404,
      { notFound: 0, failed: [{ jobId: 'job_c', reason: 'refused' }] },
    ],
    ['our address is not allowed', { status: 'Forbidden' }, 403, { failed: [{ jobId: 'job_c', reason: 'forbidden' }] }],
  ])('v3: %s', (_, body, status, expected) =>
    scene(async ({ smileId, run }) => {
      smileId.add('document_verification', { ...v3, userId: 'u' })
      smileId.trouble = at('/v3/status', answering(status, body))
      expect(await run([{ ...v3, userId: 'u' }])).toMatchObject({ replayed: 0, ...expected })
      expect(smileId.replays).toEqual([])
    }),
  )

  test("another partner's job is not found, and a key that is not known is said to be that", async () => {
    await scene(async ({ smileId, run }) => {
      smileId.add('document_verification', v1)
      expect(await run([{ ...v1, userId: 'v' }, { ...v1, jobId: 'theirs' }, v3])).toMatchObject({
        handled: 0,
        replayed: 0,
        notFound: 3,
      })
    })
    await scene(
      async ({ smileId, run, events }) => {
        smileId.add('document_verification', v1)
        smileId.add('document_verification', { ...v3, userId: 'u' })
        const { failed } = await run([v1, v3])
        expect(failed.map(({ reason }) => reason).sort()).toEqual(['refused', 'unauthorized'])
        expect([events, smileId.replays]).toEqual([[], []])
      },
      {},
      { partnerId: '99', apiKey: 'of another partner' },
    )
  })

  test('an id that would change the path is never sent', () =>
    scene(async ({ smileId, run }) => {
      expect(await run([{ generation: 'v3', jobId: '../token' }])).toMatchObject({ notFound: 1 })
      expect(smileId.counts.size).toBe(0)
    }))
})

describe('credentials', () => {
  test('are tried in order, and the one that knows the job is that of the event', () =>
    scene(
      async ({ smileId, run, events }) => {
        smileId.add('document_verification', v1)
        smileId.add('document_verification', { ...v3, userId: 'u' })
        expect(await run([v1, v3])).toMatchObject({ handled: 1, replayed: 1, failed: [] })
        expect(events[0]?.delivery.credential).toEqual({ partnerId: '085', label: 'new' })
        expect(smileId.counts.get('/v3/token')).toBe(2)
      },
      {
        credentials: [
          { partnerId: '085', apiKey: 'old' },
          { ...credential, label: 'new' },
          { partnerId: '85', apiKey: 'other', environment: 'sandbox' },
        ],
      },
    ))

  test('those of the other environment are not asked with', () =>
    scene(
      async ({ smileId, run }) => {
        smileId.add('document_verification', v1)
        expect(await run([v1])).toMatchObject({ failed: [{ reason: 'unauthorized' }] })
        expect(smileId.counts.size).toBe(0)
        expect(await run([v1], { environment: 'sandbox' })).toMatchObject({ handled: 1 })
      },
      { credentials: { ...credential, environment: 'sandbox' } },
    ))

  test('of a function, by the path params of the job', () =>
    scene(
      async ({ smileId, run }) => {
        smileId.add('document_verification', v1)
        expect(await run([{ ...v1, params: { tenant: 'acme' } }])).toMatchObject({ handled: 1 })
        expect(await run([v1])).toMatchObject({ failed: [{ reason: 'credentials_unavailable' }] })
      },
      {
        credentials: ({ params }) =>
          params['tenant'] === 'acme' ? credential : Promise.reject(new Error('no tenant')),
      },
    ))
})

test('a store that is down: nothing is handled, and nothing is asked for twice', () => {
  const down = () => Promise.reject(new Error('down'))
  return scene(
    async ({ smileId, run, events }) => {
      smileId.add('document_verification', v1)
      smileId.add('document_verification', { ...v3, userId: 'u' })
      expect(await run([v1, v3])).toMatchObject({
        handled: 0,
        replayed: 0,
        failed: [{ reason: 'store_unavailable' }, { reason: 'store_unavailable' }],
      })
      expect([events, smileId.replays]).toEqual([[], []])
    },
    { store: { reserve: down, complete: down, release: down, forget: down } },
  )
})

test('the key never goes anywhere but for a token', () =>
  scene(async ({ smileId, run }) => {
    const seen: string[] = []
    smileId.trouble = (req) => {
      seen.push(`${req.path} ${JSON.stringify([req.headers, req.body]).includes(credential.apiKey)}`)
      return false
    }
    smileId.add('document_verification', v1)
    smileId.add('document_verification', { ...v3, userId: 'u' })
    await run([v1, v3], { concurrency: 1 })
    expect(seen).toEqual(['/v1/job_status false', '/v3/token true', '/v3/status/job_c false', '/v3/replay/job_c false'])
    expect(sign('x', key)).not.toContain(credential.apiKey)
  }))
