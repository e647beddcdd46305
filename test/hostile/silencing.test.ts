import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore, smileIdCallbacks, type SmileIdCallbacksOptions, type SmileIdEvent } from '../../src/index.ts'
import { testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// Whoever has captured a signature can put any body under it, and may be first. Whatever they send, the genuine
// delivery
// that comes after is handled; and with confirm and callbackSecret nobody hears of an approval that Smile ID does not
// know.

type Payload = Record<string, unknown>
type Signed = ReturnType<typeof v1Delivery>

const callbackSecret = 'a secret of some length'
const minting = smileIdCallbacks({ ...testOptions, callbackSecret })
const urlOf = (reference: string, tenant = 'acme') => minting.urlFor(`https://receiver.test/in/${tenant}`, reference)

const genuine: Record<'v1' | 'v3', Payload> = {
  v1: {
    ...v1Payload,
    ResultCode: '0811',
    ResultText: 'Failed Enroll',
    FullName: 'Ada Example',
    IDNumber: '00000000001',
    DOB: '1990-01-01',
  },
  v3: {
    ...v3Payload,
    status: 'block',
    reason: 'high_risk',
    id_fields: { full_name: 'Ada Example', id_number: '1', date_of_birth: '1990-01-01' },
  },
}
const sign = (generation: 'v1' | 'v3', payload: Payload): Signed =>
  generation === 'v1' ? v1Delivery({ payload }) : v3Delivery({ payload })

/** What an attacker makes of a genuine body: any value at any documented place, or another body altogether. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    '0810',
    '810',
    810,
    'clear',
    'block',
    '',
    null,
    true,
    'Ada Example',
    'acc-of-the-victim',
    '1',
    1,
  ),
  fc.jsonValue({ maxDepth: 2 }),
)
const changed = (generation: 'v1' | 'v3') => {
  const body = genuine[generation]
  const keys = [
    ...Object.keys(body),
    'ResultCode',
    'result_code',
    'status',
    'product',
    'Antifraud',
    'people',
    'job_id',
    'extra',
  ]
  const nested = generation === 'v1' ? ['PartnerParams', 'Actions'] : ['partner_params', 'id_fields']
  const inner = ['job_id', 'user_id', 'account_id', 'job_type', 'full_name', 'id_number', 'Liveness_Check', 'more']
  const top = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 2 })
  const deep = fc
    .tuple(fc.constantFrom(...nested), fc.dictionary(fc.constantFrom(...inner), value, { maxKeys: 2 }))
    .map(([key, change]) => ({ [key]: { ...(body[key] as Payload), ...change } }))
  return fc.tuple(top, deep, fc.boolean()).map(([a, b, whole]): Payload => (whole ? a : { ...body, ...b, ...a }))
}
const forgeries = (generation: 'v1' | 'v3') =>
  fc.array(
    fc.record({
      payload: changed(generation),
      url: fc.constantFrom(urlOf('account-9'), urlOf('account-1', 'other'), urlOf('account-1'), undefined),
    }),
    { minLength: 1, maxLength: 4 },
  )

/** What handlers act on; a number as text is the same. */
function said({ payload: sent, ...event }: SmileIdEvent): string {
  const payload: Payload = sent
  const fields = (payload['id_fields'] ?? {}) as Payload
  const person = [
    payload['FullName'],
    payload['IDNumber'],
    payload['DOB'],
    fields['full_name'],
    fields['id_number'],
    fields['date_of_birth'],
  ]
  return JSON.stringify([
    event.kind,
    'outcome' in event && event.outcome,
    event.product,
    event.jobId,
    event.userId,
    event.partnerParams,
    event.delivery.reference,
    event.result.code,
    event.result.status,
    event.result.reason,
    person.map((one) => (typeof one === 'string' ? one : JSON.stringify(one ?? '')).replace(/^0+(?=\d+$)/, '')),
  ])
}

async function deliver(
  options: Partial<SmileIdCallbacksOptions>,
  deliveries: { signed: Signed; url?: string | undefined }[],
) {
  const { post, events: seen } = receiver({ store: memoryStore(), ...options })
  const codes: string[] = []
  for (const { signed, url } of deliveries) {
    const params = { tenant: /\/in\/(\w+)/.exec(url ?? '')?.[1] ?? 'acme' }
    codes.push((await post(signed, { params, ...(options.callbackSecret !== undefined && { url }) })).code)
  }
  return { seen, codes }
}

test.each(['v1', 'v3'] as const)(
  '%s: no forgery before it makes the genuine delivery unhandled',
  { timeout: 120_000 },
  async (generation) => {
    for (const options of [{}, { callbackSecret }]) {
      const url = urlOf('account-1')
      const last = { signed: sign(generation, genuine[generation]), url }
      const wanted = said((await deliver(options, [last])).seen[0]!)
      await fc.assert(
        fc.asyncProperty(forgeries(generation), async (made) => {
          const { seen, codes } = await deliver(options, [
            ...made.map(({ payload, url: at }) => ({ signed: sign(generation, payload), url: at })),
            last,
          ])
          // As a duplicate it was handled before, word for word in all that handlers act on.
          expect(['accepted', 'duplicate']).toContain(codes.at(-1))
          expect(seen.map(said)).toContain(wanted)
        }),
        { numRuns: 150 },
      )
    }
  },
)

test.each(['v1', 'v3'] as const)(
  '%s: with confirm and callbackSecret no handler sees an approval that Smile ID does not know',
  { timeout: 120_000 },
  async (generation) => {
    const known = generation === 'v1' ? 'job-1' : 'job_v3'
    // Smile ID has one job, and rejected it.
    const confirm = {
      ask: (event: SmileIdEvent) =>
        event.jobId === known && event.kind === 'result' && event.outcome === 'rejected'
          ? ('confirmed' as const)
          : ('contradicted' as const),
    }
    await fc.assert(
      fc.asyncProperty(forgeries(generation), async (made) => {
        const { seen } = await deliver({ callbackSecret, confirm }, [
          ...made.map(({ payload, url }) => ({ signed: sign(generation, payload), url })),
          { signed: sign(generation, genuine[generation]), url: urlOf('account-1') },
        ])
        expect(seen.filter((event) => event.kind === 'result' && event.outcome === 'approved')).toEqual([])
        expect(seen.some((event) => event.kind === 'result' && event.outcome === 'rejected')).toBe(true)
      }),
      { numRuns: 150 },
    )
  },
)

test('every single thing that a forger could change has an id of its own', async () => {
  const changes: Payload[] = [
    { FullName: 'Other' },
    { IDNumber: '2' },
    { DOB: '1999-01-01' },
    { ResultText: 'x' },
    { PartnerParams: { ...v1Payload.PartnerParams, account_id: 'other' } },
    { PartnerParams: { ...v1Payload.PartnerParams, more: 'x' } },
    { PartnerParams: { ...v1Payload.PartnerParams, back_to: 'https://shop.example/?order=2' } },
    { Antifraud: { smile_secure: { SuspectUsers: [{ user_id: 'user-9' }] } } },
  ]
  for (const change of changes) {
    const { codes } = await deliver({}, [
      { signed: sign('v1', { ...genuine.v1, ...change }) },
      { signed: sign('v1', genuine.v1) },
      { signed: sign('v1', genuine.v1) },
    ])
    expect(codes, JSON.stringify(change)).toEqual(['accepted', 'accepted', 'duplicate'])
  }
})
