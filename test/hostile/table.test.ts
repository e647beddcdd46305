import { describe, expect, test } from 'vitest'
import {
  confirmWithSmileId,
  memoryStore,
  smileIdCallbacks,
  type SmileIdCallbacksOptions,
  type SmileIdEvent,
} from '../../src/index.ts'
import { rowsUnder } from '../docs/readme.ts'
import { senderIp, testOptions, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { jobStatus, smileIdServers, token } from '../support/smile-id.ts'
import { receiver } from '../support/receiver.ts'

// Each cell of SECURITY.md's table of forgeries, tried. The attacker has captured one genuine delivery, and no URL.

type Generation = 'v1' | 'v3'
type Signed = ReturnType<typeof v1Delivery>
type Verdict = 'approved' | 'rejected'

const victim = 'acc-1'
const callbackSecret = 'a secret of some length'
const minting = smileIdCallbacks({ ...testOptions, callbackSecret })
const urlOf = (account: string) => minting.urlFor('https://receiver.test/smile-id', account)
const words: Record<Verdict, { v1: object; v3: object }> = {
  approved: { v1: {}, v3: {} },
  rejected: { v1: { ResultCode: '0811', ResultText: 'Failed Enroll' }, v3: { status: 'block', reason: 'high_risk' } },
}
const sign = (generation: Generation, verdict: Verdict, { account = victim, name = 'Ada Example' } = {}): Signed =>
  generation === 'v1'
    ? v1Delivery({
        payload: {
          ...v1Payload,
          ...words[verdict].v1,
          FullName: name,
          PartnerParams: { ...v1Payload.PartnerParams, account_id: account },
        },
      })
    : v3Delivery({
        payload: {
          ...v3Payload,
          ...words[verdict].v3,
          id_fields: { full_name: name },
          partner_params: { account_id: account },
        },
      })

/** Smile ID's servers, which know one job of the attacker's: its true verdict, and its true account. */
const servers = (verdict: Verdict, account: string) => {
  const result = {
    ...v1Payload,
    ...words[verdict].v1,
    PartnerParams: { ...v1Payload.PartnerParams, account_id: account },
  }
  return {
    '/v1/job_status': (_: unknown, res: { json(body: object): unknown }) => void res.json(jobStatus({ result })),
    '/v3/token': (_: unknown, res: { json(body: object): unknown }) => void res.json({ token: token(900) }),
    '/v3/status': (_: unknown, res: { json(body: object): unknown }) =>
      void res.json({
        status: verdict === 'approved' ? 'clear' : 'block',
        job_id: 'job_v3',
        user_id: 'user_v3',
        message: 'Job completed',
        created_at: '',
      }),
  }
}

interface Forgery {
  row: string
  made: (generation: Generation) => Signed
  truth: { verdict: Verdict; account: string }
  from?: string
  /** Whether an event is what the attacker wants; `bound`: the app acts on the URL's reference. */
  works: (event: SmileIdEvent, bound: boolean) => boolean
}

const forgeries: Forgery[] = [
  {
    row: 'sent from elsewhere',
    made: (generation) => sign(generation, 'approved'),
    truth: { verdict: 'approved', account: victim },
    from: '203.0.113.9',
    works: () => true,
  },
  {
    row: 'a rejection turned into an approval',
    made: (generation) => sign(generation, 'approved'),
    truth: { verdict: 'rejected', account: victim },
    works: (event) => event.kind === 'result' && event.outcome === 'approved',
  },
  {
    row: 'a genuine approval pointed at another account',
    made: (generation) => sign(generation, 'approved', { account: victim }),
    truth: { verdict: 'approved', account: 'acc-of-the-attacker' },
    works: (event, bound) => (bound ? event.delivery.reference : event.partnerParams['account_id']) === victim,
  },
  {
    row: 'other names, ID numbers, links in `payload`',
    made: (generation) => sign(generation, 'approved', { name: 'Another Name' }),
    truth: { verdict: 'approved', account: victim },
    works: (event) => JSON.stringify(event.payload).includes('Another Name'),
  },
]
const silencing = 'anything of these sent first, to silence the genuine delivery'

const columns: {
  column: string
  generations: Generation[]
  options: (baseUrl: string) => Partial<SmileIdCallbacksOptions>
  url?: string
}[] = [
  { column: 'nothing more', generations: ['v1', 'v3'], options: () => ({ allowedIps: false }) },
  { column: '`allowedIps`', generations: ['v1', 'v3'], options: () => ({}) },
  // The attacker has a job, and so a URL, of its own.
  {
    column: '`callbackSecret`',
    generations: ['v1', 'v3'],
    options: () => ({ allowedIps: false, callbackSecret }),
    url: urlOf('acc-of-the-attacker'),
  },
  ...(['v1', 'v3'] as const).map((generation) => ({
    column: `\`confirm\`, ${generation}`,
    generations: [generation],
    options: (baseUrl: string) => ({
      allowedIps: false as const,
      confirm: confirmWithSmileId({ environment: 'sandbox' as const, baseUrl, events: ['result'] as const }),
    }),
  })),
]

const table = new Map(
  rowsUnder('SECURITY.md', '## What the signature proves, and what not').map(([row = '', ...cells]) => [row, cells]),
)
const cellOf = (row: string, column: string): string =>
  table.get(row)?.[columns.findIndex((one) => one.column === column)] ?? 'no such cell'
const cells = forgeries.flatMap((forgery) => columns.map((column) => ({ ...forgery, ...column })))

test('the table has these rows and no other', () => {
  expect([...table.keys()]).toEqual([...forgeries.map(({ row }) => row), silencing])
})

function attacked(options: Partial<SmileIdCallbacksOptions>) {
  const { events, post } = receiver({ store: memoryStore(), ...options })
  return {
    events,
    post: async (signed: Signed, clientIp: string, url?: string) => (await post(signed, { clientIp, url })).code,
  }
}

describe.each(cells)(
  '$row, $column',
  ({ row, column, generations, options, url, made, truth, from = senderIp, works }) => {
    test('is as the table says', async () => {
      for (const generation of generations) {
        await smileIdServers(servers(truth.verdict, truth.account), async (baseUrl) => {
          const { events, post } = attacked(options(baseUrl))
          // Whoever only replays what was captured has no URL at all; a job of the attacker's own has one.
          await post(made(generation), from, row === 'sent from elsewhere' ? undefined : url)
          const isStopped =
            !events.some((event) => works(event, url !== undefined))
            || (url !== undefined && events.every(({ delivery }) => delivery.reference !== victim))
          expect(isStopped ? 'stopped' : 'passes', `${generation} ${cellOf(row, column)}`).toBe(
            cellOf(row, column).startsWith('stopped') ? 'stopped' : 'passes',
          )
        })
      }
    })

    test('does not silence the genuine delivery', async () => {
      expect(cellOf(silencing, column)).toBe('stopped')
      for (const generation of generations) {
        await smileIdServers(servers('rejected', victim), async (baseUrl) => {
          const { events, post } = attacked(options(baseUrl))
          await post(made(generation), from, url)
          expect(['accepted', 'duplicate']).toContain(await post(sign(generation, 'rejected'), senderIp, urlOf(victim)))
          expect(events.some((event) => event.kind === 'result' && event.outcome === 'rejected')).toBe(true)
        })
      }
    })
  },
)
