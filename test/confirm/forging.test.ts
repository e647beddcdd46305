import fc from 'fast-check'
import { expect, test } from 'vitest'
import { confirmWithSmileId, memoryStore, smileIdCallbacks, type SmileIdEvent } from '../../src/index.ts'
import { sample, signDelivery } from '../../src/testing/index.ts'
import { credential, senderIp } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { StandIn } from '../support/stand-in.ts'

// The forger has an account of their own, approved jobs in it, a minted URL of each, and signatures that were captured
// a moment ago.
const own = { v1: 'own-v1', v3: 'job_own' } as const
const victims = { v1: 'victim-v1', v3: 'job_victim', review: 'review-v1', unknown: 'nobody' } as const
const approvedAtSmileId: ReadonlySet<string> = new Set<string>([own.v1, own.v3])
const jobId = fc.constantFrom(...Object.values(own), ...Object.values(victims))
const userOf = (id: string) => `user of ${id}`

const products = [
  'biometric_kyc',
  'document_verification',
  'enhanced_document_verification',
  'smart_selfie_registration',
] as const

/** Whatever a forger changes of what a genuine callback holds. */
const forgery = fc.record({
  base: fc.constantFrom<['v1' | 'v3', (typeof products)[number]]>(
    ...products.flatMap((product) =>
      (['v1', 'v3'] as const).map((generation): ['v1' | 'v3', typeof product] => [generation, product]),
    ),
  ),
  signedIn: fc.constantFrom<'v1' | 'v3'>('v1', 'v3'),
  bodyJob: jobId,
  header: fc.option(jobId, { nil: undefined }),
  user: fc.option(jobId.map(userOf), { nil: undefined }),
  change: fc.dictionary(
    fc.constantFrom(
      'ResultCode',
      'result_code',
      'status',
      'job_id',
      'SmileJobID',
      'smile_job_id',
      'IsFinalResult',
      'ResultType',
      'product',
      'user_id',
      'result',
    ),
    fc.oneof(
      fc.constantFrom(
        '0810',
        '1210',
        '0840',
        '1012',
        '1020',
        810,
        'clear',
        'processing',
        'true',
        'ID Verification',
        'basic_kyc',
      ),
      jobId,
    ),
    { maxKeys: 4 },
  ),
  params: fc.dictionary(
    fc.constantFrom('job_id', 'user_id', 'job_type', 'account_id', 'link_id'),
    fc.oneof(fc.constantFrom('1', 1, '6', '5', 'acc-victim'), jobId, jobId.map(userOf)),
    { maxKeys: 4 },
  ),
  actions: fc.option(
    fc.constantFrom(
      { Names: 'Exact Match', ID_Verification: 'Verified', DOB: 'Exact Match' },
      { Listed: 'Not Listed' },
    ),
    { nil: undefined },
  ),
})

type Forgery = typeof forgery extends fc.Arbitrary<infer F> ? F : never

function forged({ base: [generation, product], signedIn, bodyJob, header, user, change, params, actions }: Forgery) {
  const payload: Record<string, unknown> = {
    ...(sample(product, 'approved', { generation, jobId: bodyJob, userId: userOf(bodyJob) }) as Record<
      string,
      unknown
    >),
    ...change,
    ...(actions && { Actions: actions }),
  }
  for (const key of ['PartnerParams', 'partner_params'])
    if (key in payload) payload[key] = { ...(payload[key] as object), ...params }
  return signDelivery({ generation: signedIn, credential, payload, jobId: header, userId: user })
}

test('with confirm and callbackSecret no forgery is seen as an approval of a job that Smile ID does not call approved', async () => {
  const smileId = new StandIn(credential)
  smileId.add('biometric_kyc', { generation: 'v1', jobId: own.v1, userId: userOf(own.v1) })
  smileId.add('document_verification', { generation: 'v3', jobId: own.v3, userId: userOf(own.v3) })
  smileId.add('biometric_kyc', {
    generation: 'v1',
    jobId: victims.v1,
    userId: userOf(victims.v1),
    outcome: 'rejected',
    review: true,
  })
  smileId.add('document_verification', {
    generation: 'v3',
    jobId: victims.v3,
    userId: userOf(victims.v3),
    outcome: 'rejected',
  })
  smileId
    .add('biometric_kyc', { generation: 'v1', jobId: victims.review, userId: userOf(victims.review), review: true })
    .steps.pop()
  const codes = new Map<string, number>()

  await serving(smileId.app, async (baseUrl) => {
    await fc.assert(
      fc.asyncProperty(fc.array(forgery, { minLength: 1, maxLength: 4 }), async (forgeries) => {
        const callbacks = smileIdCallbacks({
          credentials: credential,
          store: memoryStore(),
          logger: false,
          callbackSecret: 'secret of the callback URLs',
          confirm: confirmWithSmileId({ environment: 'sandbox', baseUrl }),
        })
        const approved: SmileIdEvent[] = []
        const settled: string[] = []
        callbacks.onAny(() => undefined)
        callbacks.on('approved', (event) => void approved.push(event))
        for (const id of Object.values(victims))
          callbacks.onJob(
            id,
            (event) => event.kind === 'result' && event.outcome === 'approved' && void settled.push(id),
          )
        const url = callbacks.urlFor('https://own.test/smile-id', 'account of the forger')
        for (const one of forgeries) {
          const { code } = await callbacks.receive({ method: 'POST', ...forged(one), clientIp: senderIp, url })
          codes.set(code, (codes.get(code) ?? 0) + 1)
        }
        expect(approved.filter(({ jobId: id }) => !approvedAtSmileId.has(id))).toEqual([])
        expect(settled).toEqual([])
        // What no answer vouches for is named, and the URL is the forger's own.
        for (const { delivery, result } of approved) {
          expect(delivery).toMatchObject({ confirmed: true, reference: 'account of the forger' })
          if (result.status !== undefined) expect(delivery.unconfirmed).toContain('partnerParams')
        }
      }),
      {
        numRuns: 150,
        examples: [
          [
            [
              {
                base: ['v3', 'document_verification'],
                signedIn: 'v3',
                bodyJob: own.v3,
                header: own.v3,
                user: undefined,
                change: {},
                params: { job_id: victims.v3 },
                actions: undefined,
              },
            ],
          ],
        ],
      },
    )
  })
  // The forger's own approvals get through, others are contradicted or cannot be told: the test sees both sides.
  expect([...codes.keys()]).toEqual(expect.arrayContaining(['accepted', 'contradicted', 'not_confirmed']))
}, 120_000)
