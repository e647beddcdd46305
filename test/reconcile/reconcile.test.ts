import { describe, expect, test, vi } from 'vitest'
import { type Inbox, memoryStore, type OnceStore, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { credential } from '../support/deliveries.ts'
import type { ReconcileProgress } from '../../src/reconcile/reconcile.ts'
import { said, scene } from './support.ts'

const v1 = { generation: 'v1', jobId: 'a', userId: 'u' } as const
const v3 = { generation: 'v3', jobId: 'job_c' } as const

describe('v1: what no callback brought is handled as a delivery would be', () => {
  test('steps and stages in the order they came, then the verdict; the second run knows them', () =>
    scene(async ({ smileId, events, run }) => {
      smileId.add('biometric_kyc', { ...v1, review: true, partnerParams: { account_id: 'acc-1' } })
      expect(await run([v1])).toEqual({
        asked: 1,
        handled: 1,
        known: 0,
        dead: 0,
        processing: 0,
        replayed: 0,
        notFound: 0,
        failed: [],
      })
      expect(said(events)).toEqual(['a id_info', 'a provisional', 'a approved'])
      expect(events[2]).toMatchObject({
        partnerParams: { account_id: 'acc-1' },
        userId: 'u',
        delivery: {
          origin: 'asked',
          confirmed: true,
          unconfirmed: [],
          generation: 'v1',
          credential: { partnerId: '085' },
        },
      })
      expect(await run([v1])).toMatchObject({ handled: 0, known: 1 })
      expect(events).toHaveLength(3)
    }))

  test('what callbacks brought is known, and the callback of what was asked for is a duplicate', () =>
    scene(async ({ smileId, events, deliver, run }) => {
      const { steps } = smileId.add('biometric_kyc', { ...v1, review: true })
      const [step, stage, verdict] = steps.map((one) => smileId.callback(one))
      expect([await deliver(step!), await deliver(verdict!)]).toEqual(['accepted', 'accepted'])
      expect(await run([v1])).toMatchObject({ handled: 1, known: 0 })
      expect(said(events)).toEqual(['a id_info', 'a approved', 'a provisional'])
      expect([await deliver(step!), await deliver(stage!), await deliver(verdict!)]).toEqual([
        'duplicate',
        'duplicate',
        'duplicate',
      ])
      expect(await run([v1])).toMatchObject({ handled: 0, known: 1 })
      expect(events).toHaveLength(3)
    }))

  test('a verdict is handed over again when its event and it are forgotten, and not before', () =>
    scene(async ({ smileId, callbacks, events, deliver, run }) => {
      const job = smileId.add('document_verification', v1)
      await deliver(smileId.callback(job.steps[0]!))
      const { id, verdictId } = events[0]!
      expect(await callbacks.forget(id)).toBe(true)
      expect(await run([v1])).toMatchObject({ handled: 0, known: 1 })
      expect([await callbacks.forget(verdictId), await callbacks.forget(verdictId)]).toEqual([true, false])
      expect(await run([v1])).toMatchObject({ handled: 1, known: 0 })
      expect(events.map((event) => event.id)).toEqual([id, id])
    }))

  test('what is new in an answer is drift as in a callback, told once', () => {
    const told: unknown[] = []
    return scene(
      async ({ smileId, deliver, run }) => {
        const job = smileId.add('document_verification', v1)
        smileId.reword = (payload) => ({ ...payload, New_Field: 'secret' })
        await run([v1])
        await run([v1])
        expect(told).toHaveLength(1)
        await deliver(
          smileId.callback({ ...job.steps[0]!, payload: { ...job.steps[0]!.payload, New_Field: 'secret' } }),
        )
        expect(told).toEqual([{ kind: 'key', path: 'New_Field', product: 'document_verification', generation: 'v1' }])
      },
      { onDrift: (drift) => void told.push(drift) },
    )
  })

  test('what answers have by themselves is no drift', () => {
    const told: unknown[] = []
    return scene(
      async ({ smileId, run }) => {
        smileId.add('biometric_kyc', { ...v1, review: true })
        await run([v1])
        expect(told).toEqual([])
      },
      { onDrift: (drift) => void told.push(drift) },
    )
  })

  test('a step or stage in other words is the same step', () =>
    scene(async ({ smileId, events, deliver, run }) => {
      const { steps } = smileId.add('biometric_kyc', { ...v1, review: true })
      for (const step of steps) await deliver(smileId.callback(step))
      smileId.reword = (payload) => ({ ...payload, Actions: undefined, ResultText: 'in other words' })
      expect(await run([v1])).toMatchObject({ handled: 0, known: 1 })
      expect(events).toHaveLength(3)
    }))

  test('one verdict in other words is the same verdict', () =>
    scene(async ({ smileId, events, deliver, run }) => {
      const job = smileId.add('document_verification', v1)
      await deliver(smileId.callback(job.steps[0]!))
      job.steps = [
        {
          ...job.steps[0]!,
          payload: { ...job.steps[0]!.payload, ResultText: 'Document Verified After Human Review', Actions: undefined },
        },
      ]
      expect(await run([v1])).toMatchObject({ handled: 0, known: 1 })
      expect(events).toHaveLength(1)
    }))

  test('a verdict that returned after another one is handled again, and known after that', () =>
    scene(async ({ smileId, events, deliver, run }) => {
      const approved = smileId.add('document_verification', v1).steps[0]!
      const rejected = smileId.add('document_verification', { ...v1, outcome: 'rejected' }).steps[0]!
      const again = { ...approved, payload: { ...approved.payload, ResultText: 'Document Verified, once more' } }
      smileId.jobs.get('a')!.steps = [approved, rejected, again]
      for (const step of [approved, rejected]) await deliver(smileId.callback(step))
      expect(await run([v1])).toMatchObject({ handled: 1, known: 0 })
      expect(said(events)).toEqual(['a approved', 'a rejected', 'a approved'])
      expect(await run([v1])).toMatchObject({ handled: 0, known: 1 })
      expect(await deliver(smileId.callback(again))).toBe('duplicate')
      expect(events).toHaveLength(3)
    }))

  test('a verdict that returned, and whose callback came, is known', () =>
    scene(async ({ smileId, events, deliver, run }) => {
      const approved = smileId.add('document_verification', v1).steps[0]!
      const rejected = smileId.add('document_verification', { ...v1, outcome: 'rejected' }).steps[0]!
      const again = { ...approved, payload: { ...approved.payload, ResultText: 'Document Verified, once more' } }
      smileId.jobs.get('a')!.steps = [approved, rejected, again]
      for (const step of [approved, rejected, again]) await deliver(smileId.callback(step))
      expect(await run([v1])).toMatchObject({ handled: 0, known: 1 })
      expect(said(events)).toEqual(['a approved', 'a rejected', 'a approved'])
    }))

  test('a verdict that does not hold any more is not handed over, nor one that nobody can tell', () =>
    scene(async ({ smileId, events, run }) => {
      const job = smileId.add('document_verification', { ...v1, outcome: 'rejected' })
      const [rejected] = job.steps
      const [approved] = smileId.add('document_verification', { ...v1, outcome: 'approved' }).steps
      smileId.jobs.get('a')!.steps = [rejected!, approved!]
      expect(await run([v1])).toMatchObject({ handled: 1 })
      expect(said(events)).toEqual(['a approved'])
    }))

  test('a job under review is handled as far as it is, and then is under way', () =>
    scene(async ({ smileId, events, run }) => {
      const job = smileId.add('biometric_kyc', { ...v1, review: true })
      const last = job.steps.pop()!
      expect(await run([v1])).toMatchObject({ handled: 1, processing: 0 })
      expect(await run([v1])).toMatchObject({ handled: 0, processing: 1 })
      job.steps.push(last)
      expect(await run([v1])).toMatchObject({ handled: 1 })
      expect(said(events)).toEqual(['a id_info', 'a provisional', 'a approved'])
      job.steps = []
      expect(await run([v1])).toMatchObject({ processing: 1 })
    }))

  test('a job that is under review for a day is overdue, and the report says from when on', () =>
    scene(async ({ smileId, run }) => {
      const job = smileId.add('biometric_kyc', { ...v1, review: true })
      job.steps.pop()
      await run([v1])
      expect(await run([v1])).not.toHaveProperty('overdue')
      const hour = 3_600_000
      const submittedAt = new Date(Date.now() - 25 * hour)
      const dayLater = new Date(submittedAt.getTime() + 24 * hour)
      const late = { ...v1, submittedAt }
      expect(await run([late])).toMatchObject({ processing: 1, overdue: [{ jobId: 'a', since: dayLater }] })
      expect(await run([late], { overdueAfter: 26 * hour })).not.toHaveProperty('overdue')
      // Without it, the time in the provisional callback counts.
      const timestamp = submittedAt.toISOString()
      smileId.reword = (payload, { steps }) =>
        payload === steps.at(-1)?.payload
          ? { ...payload, timestamp }
          : { ...payload, timestamp: '2020-01-01T00:00:00Z' }
      expect(await run([v1])).toMatchObject({ processing: 1, overdue: [{ jobId: 'a', since: dayLater }] })
    }))

  test('the reference and the path params of its callback give it the id of its callback', () => {
    const callbackSecret = 'a secret of the callback URLs'
    return scene(
      async ({ smileId, events, callbacks, run }) => {
        const { steps } = smileId.add('document_verification', v1)
        const url = callbacks.urlFor('https://own.test/smile-id', 'account-7')
        const params = { tenant: 'acme' }
        expect(await run([{ ...v1, reference: 'account-7', params }])).toMatchObject({ handled: 1 })
        expect(events[0]?.delivery).toMatchObject({ reference: 'account-7', params })
        expect(
          (
            await callbacks.receive({
              method: 'POST',
              ...smileId.callback(steps[0]!),
              url,
              params,
              clientIp: '52.36.32.43',
            })
          ).code,
        ).toBe('duplicate')
      },
      { callbackSecret },
    )
  })

  test('with an inbox it is stored there', () => {
    const add = vi.fn<(message: unknown) => Promise<undefined>>(() => Promise.resolve(undefined))
    return scene(
      async ({ smileId, events, run }) => {
        smileId.add('document_verification', v1)
        expect(await run([v1])).toMatchObject({ handled: 1 })
        expect(add).toHaveBeenCalledTimes(1)
        expect(add.mock.calls[0]?.[0]).toMatchObject({
          event: { jobId: 'a', outcome: 'approved', delivery: { origin: 'asked' } },
        })
        expect(events).toEqual([])
      },
      { inbox: { add } },
    )
  })

  test('a handler that fails makes it failed, and the next run tries again', () =>
    scene(async ({ smileId, callbacks, run }) => {
      smileId.add('document_verification', v1)
      let isDown = true
      const off = callbacks.onAny(() => (isDown ? Promise.reject(new Error('down')) : undefined))
      expect(await run([v1])).toMatchObject({ handled: 0, failed: [{ jobId: 'a', reason: 'handler_failed' }] })
      isDown = false
      expect(await run([v1])).toMatchObject({ handled: 1 })
      off()
    }))

  test('what nobody wants is nothing to do', () =>
    scene(async ({ smileId, callbacks, baseUrl }) => {
      const { reconcile } = await import('../../src/reconcile/reconcile.ts')
      const { smileIdCallbacks } = await import('../../src/index.ts')
      const other = smileIdCallbacks({
        credentials: { partnerId: '085', apiKey: 'test-key-not-a-secret' },
        logger: false,
      })
      smileId.add('document_verification', v1)
      const options = { environment: 'production', baseUrl, jobs: [v1] } as const
      expect(await reconcile(other, options)).toMatchObject({ failed: [{ reason: 'no_handlers' }] })
      other.on('monitoring', () => undefined)
      expect(await reconcile(other, options)).toMatchObject({ known: 1 })
      await callbacks.close()
      expect(await reconcile(callbacks, options)).toMatchObject({ failed: [{ reason: 'shutting_down' }] })
    }))
})

describe('v3: what no callback brought is delivered again', () => {
  test('one replay, whose delivery makes the verdict known', () =>
    scene(async ({ smileId, events, deliver, run }) => {
      smileId.add('document_verification', { ...v3, userId: 'u' })
      const codes: Promise<string>[] = []
      smileId.deliver = (delivery) => void codes.push(deliver(delivery))
      expect(await run([v3])).toEqual({
        asked: 1,
        handled: 0,
        known: 0,
        dead: 0,
        processing: 0,
        replayed: 1,
        notFound: 0,
        failed: [],
      })
      await vi.waitFor(async () => expect(await Promise.all(codes)).toEqual(['accepted']), { timeout: 30_000 })
      expect(events[0]?.delivery).toMatchObject({ origin: 'callback', generation: 'v3' })
      expect(await run([v3])).toMatchObject({ known: 1, replayed: 0 })
      expect(smileId.replays).toEqual(['job_c'])
    }))

  test('what a callback brought is known, and no replay is asked for', () =>
    scene(async ({ smileId, deliver, run }) => {
      const { steps } = smileId.add('document_verification', { ...v3, userId: 'u', outcome: 'rejected' })
      await deliver(smileId.callback(steps[0]!))
      expect(await run([v3])).toMatchObject({ known: 1, replayed: 0 })
      expect(smileId.replays).toEqual([])
    }))

  test('a verdict that was forgotten, and its event, is replayed and handled again', () =>
    scene(async ({ smileId, callbacks, events, deliver, run }) => {
      const { steps } = smileId.add('document_verification', { ...v3, userId: 'u' })
      const codes: Promise<string>[] = []
      smileId.deliver = (delivery) => void codes.push(deliver(delivery))
      await deliver(smileId.callback(steps[0]!))
      await callbacks.forget(events[0]!.id)
      expect(await run([v3])).toMatchObject({ known: 1, replayed: 0 })
      await callbacks.forget(events[0]!.verdictId)
      expect(await run([v3])).toMatchObject({ known: 0, replayed: 1 })
      await vi.waitFor(async () => expect(await Promise.all(codes)).toEqual(['accepted']), { timeout: 30_000 })
      expect(events).toHaveLength(2)
    }))

  test('a replay that does not come is asked for again only after a while', () =>
    scene(async ({ smileId, run }) => {
      smileId.add('document_verification', { ...v3, userId: 'u' })
      expect(await run([v3], { replayAgain: 300 })).toMatchObject({ replayed: 1 })
      expect(await run([v3])).toMatchObject({ replayed: 0, processing: 1 })
      await vi.waitFor(async () => expect(await run([v3])).toMatchObject({ replayed: 1 }), { timeout: 30_000 })
      expect(smileId.replays).toHaveLength(2)
    }))

  test('two runs at once ask once', () =>
    scene(async ({ smileId, run }) => {
      const jobs = Array.from({ length: 20 }, (_, index) => ({ generation: 'v3', jobId: `job_${index}` }) as const)
      for (const job of jobs) smileId.add('document_verification', { ...job, userId: 'u' })
      const reports = await Promise.all([run(jobs), run(jobs)])
      expect(reports.map(({ replayed }) => replayed).reduce((sum, one) => sum + one)).toBe(20)
      expect(reports.flatMap(({ failed }) => failed)).toEqual([])
      expect(smileId.replays.sort()).toEqual(jobs.map(({ jobId }) => jobId).sort())
    }))

  test('under way for a day, it is overdue', () =>
    scene(async ({ smileId, run }) => {
      smileId.add('document_verification', { ...v3, userId: 'u', review: true }).steps.pop()
      const submittedAt = new Date(Date.now() - 25 * 3_600_000)
      const since = new Date(submittedAt.getTime() + 24 * 3_600_000)
      expect(await run([{ ...v3, submittedAt }])).toMatchObject({
        processing: 1,
        overdue: [{ jobId: v3.jobId, since }],
      })
      expect(await run([v3])).not.toHaveProperty('overdue')
      expect(await run([{ ...v3, submittedAt: 'yesterday' }])).toMatchObject({ failed: [{ reason: 'invalid_job' }] })
    }))

  test('under way, it is left alone', () =>
    scene(async ({ smileId, run }) => {
      smileId.add('document_verification', { ...v3, userId: 'u', review: true }).steps.pop()
      expect(await run([v3])).toMatchObject({ processing: 1 })
      expect(smileId.counts.get('/v3/replay')).toBeUndefined()
    }))
})

describe('a run', () => {
  test('takes jobs one by one from anything that gives them, at most so many at once', () =>
    scene(async ({ smileId, callbacks, run }) => {
      let [open, most, taken] = [0, 0, 0]
      callbacks.onAny(async () => {
        open += 1
        most = Math.max(most, open)
        await new Promise((resolve) => setTimeout(resolve, 10))
        open -= 1
      })
      async function* jobs() {
        for (let index = 0; index < 30; index += 1) {
          taken += 1
          yield await Promise.resolve({ generation: 'v1', jobId: `a${index}`, userId: 'u' })
        }
      }
      for (let index = 0; index < 30; index += 1)
        smileId.add('document_verification', { generation: 'v1', jobId: `a${index}`, userId: 'u' })
      expect(await run(jobs(), { concurrency: 3 })).toMatchObject({ asked: 30, handled: 30 })
      expect([most <= 3, most > 1, taken]).toEqual([true, true, 30])
    }))

  test('tells each step; what the listener throws is its own', () =>
    scene(async ({ smileId, run }) => {
      smileId.add('document_verification', v1)
      const steps: ReconcileProgress[] = []
      const onProgress = (step: ReconcileProgress) => {
        steps.push(step)
        throw new Error('no')
      }
      await run([v1, { generation: 'v3', jobId: 'job_gone' }, { generation: 'v1', jobId: 'no user' }, 7], {
        onProgress,
        concurrency: 1,
      })
      expect(steps.map(({ asked, job }) => ({ asked, ...job }))).toEqual([
        { asked: 1, generation: 'v1', jobId: 'a', end: 'handled' },
        { asked: 2, generation: 'v3', jobId: 'job_gone', end: 'notFound' },
        { asked: 3, generation: undefined, jobId: 'no user', end: 'failed', reason: 'invalid_job' },
        { asked: 4, generation: undefined, jobId: '', end: 'failed', reason: 'invalid_job' },
      ])
      expect(steps.at(-1)).toMatchObject({ handled: 1, notFound: 1, failed: 2 })
    }))

  test('a list that fails ends it, after what is under way', () =>
    scene(async ({ smileId, events, run }) => {
      smileId.add('document_verification', v1)
      const closed = vi.fn()
      function* jobs() {
        try {
          yield v1
          throw new Error('the database is down')
        } finally {
          closed()
        }
      }
      await expect(run(jobs())).rejects.toThrow('the database is down')
      expect([events.length, closed.mock.calls.length]).toEqual([1, 1])
    }))

  test('its signal ends it, also while a server hangs, with its reason', () =>
    scene(async ({ smileId, run }) => {
      smileId.add('document_verification', v1)
      const abort = new AbortController()
      smileId.trouble = () => {
        abort.abort(new Error('enough'))
        return true
      }
      await expect(run([v1, v3], { signal: abort.signal, timeout: 60_000 })).rejects.toThrow('enough')
      await expect(run([v1], { signal: abort.signal })).rejects.toThrow('enough')
      expect(smileId.counts.get('/v1/job_status')).toBe(1)
    }))

  test('another run that is at work is waited for', () => {
    const store = memoryStore()
    return scene(
      async ({ smileId, callbacks, run, events }) => {
        smileId.add('document_verification', v1)
        let finish = () => undefined as unknown
        const off = callbacks.onAny(() => new Promise((resolve) => (finish = () => resolve(undefined))))
        const first = run([v1])
        await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 30_000 })
        const second = run([v1])
        await vi.waitFor(() => expect(smileId.counts.get('/v1/job_status')).toBeGreaterThan(1), { timeout: 30_000 })
        off()
        finish()
        expect([await first, await second]).toMatchObject([{ handled: 1 }, { known: 1, failed: [] }])
        expect(events).toHaveLength(1)
      },
      { store },
    )
  })

  test.each<[string, object]>([
    ['no environment', { environment: undefined }],
    ['another environment', { environment: 'staging' }],
    ['no jobs', { jobs: undefined }],
    ['one job', { jobs: v1 }],
    ['concurrency', { concurrency: 0 }],
    ['http', { baseUrl: 'http://smile-id.test' }],
  ])('%s is refused', (_, change) =>
    scene(({ run }) =>
      expect(run([], change)).rejects.toMatchObject({ name: 'SmileIdConfigError', code: 'reconcile_invalid' }),
    ),
  )

  test.each<[string, object]>([
    ['timeout', { timeout: 0 }],
    ['an unknown one', { retries: 1 }],
    ['a signal that is none', { signal: {} }],
  ])('%s is refused', (_, change) =>
    scene(({ run }) => expect(run([], change)).rejects.toMatchObject({ name: 'SmileIdConfigError' })),
  )

  test('only a receiver of this package can be reconciled', async () => {
    const { reconcile } = await import('../../src/reconcile/reconcile.ts')
    for (const other of [{}, undefined, { receive: () => undefined }])
      await expect(reconcile(other as never, { environment: 'sandbox', jobs: [] })).rejects.toMatchObject({
        code: 'reconcile_invalid',
      })
  })
})

describe('a job is its own', () => {
  const two = [v1, { ...v1, jobId: 'b' }] as const

  test('a step whose handler always throws does not keep the verdict back', () =>
    scene(async ({ smileId, callbacks, events, run }) => {
      smileId.add('biometric_kyc', { ...v1, review: true })
      callbacks.on('id_info', () => Promise.reject(new Error('no')))
      expect(await run([v1])).toMatchObject({ failed: [{ jobId: 'a', reason: 'handler_failed' }] })
      expect(said(events)).toEqual(['a id_info', 'a provisional', 'a approved'])
      await run([v1])
      // The verdict is known by then; the step comes again.
      expect(said(events).slice(3)).toEqual(['a id_info'])
    }))

  test.each<[string, Partial<SmileIdCallbacksOptions>, string]>([
    [
      'an eventId that throws for one job',
      {
        eventId: ({ id, jobId }) => {
          if (jobId === 'a') throw new Error('no')
          return id
        },
      },
      'internal_error',
    ],
    [
      'credentials that fail for one job',
      { credentials: ({ params }) => (params['tenant'] ? Promise.reject(new Error('no')) : credential) },
      'credentials_unavailable',
    ],
  ])('%s: that job fails, the others do not', (_, options, reason) =>
    scene(async ({ smileId, run }) => {
      for (const { jobId } of two) smileId.add('document_verification', { ...v1, jobId })
      const jobs = [{ ...two[0], params: { tenant: 'x' } }, two[1]]
      expect(await run(jobs)).toMatchObject({ handled: 1, failed: [{ jobId: 'a', reason }] })
    }, options),
  )

  test('a store that answers nothing: each job says so, and onError is told', () => {
    const errors: unknown[] = []
    const store: OnceStore = { ...memoryStore(), reserve: () => undefined as never }
    return scene(
      async ({ smileId, run }) => {
        for (const { jobId } of two) smileId.add('document_verification', { ...v1, jobId })
        expect((await run(two)).failed).toEqual(two.map(({ jobId }) => ({ jobId, reason: 'store_unavailable' })))
        expect(errors).toMatchObject([
          { message: 'reserve gave an unknown answer' },
          { message: 'reserve gave an unknown answer' },
        ])
      },
      { store, onError: (error) => errors.push(error) },
    )
  })

  test('whatever else throws is that job\u2019s line', () => {
    const told: unknown[] = []
    return scene(
      async ({ smileId, run }) => {
        for (const { jobId } of two) smileId.add('document_verification', { ...v1, jobId })
        const odd = {
          ...two[0],
          get params(): never {
            throw new RangeError('Maximum call stack size exceeded')
          },
        }
        expect(await run([odd, two[1]])).toMatchObject({
          handled: 1,
          failed: [{ jobId: 'a', reason: 'internal_error' }],
        })
        expect(told).toMatchObject([{ where: 'reconcile' }])
      },
      { onError: (_error, context) => told.push(context) },
    )
  })

  test('a dead event is neither handled nor known', () => {
    let dead = false
    const stored: object[] = []
    const inbox: Inbox = {
      add: ({ event }) => {
        stored.push(event)
        return Promise.resolve(dead ? 'dead' : 'stored')
      },
      revisit: () => Promise.resolve(dead ? 'dead' : 'known'),
    }
    return scene(
      async ({ smileId, callbacks, run }) => {
        smileId.add('document_verification', v1)
        expect(await run([v1])).toMatchObject({ handled: 1, dead: 0 })
        expect(await run([v1])).toMatchObject({ known: 1, dead: 0 })
        dead = true
        expect(await run([v1])).toMatchObject({ known: 0, handled: 0, dead: 1 })
        const [{ id, verdictId }] = stored as [{ id: string; verdictId: string }]
        await callbacks.forget(id)
        // A process whose store forgot.
        await callbacks.forget(verdictId)
        expect(await run([v1])).toMatchObject({ known: 0, handled: 0, dead: 1 })
      },
      { inbox },
    )
  })
})
