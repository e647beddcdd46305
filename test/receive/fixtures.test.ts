import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type Generation } from '../../src/index.ts'
import { parseTimestamp } from '../../src/signature/sign.ts'
import { signDelivery } from '../../src/testing/index.ts'
import { fixtureCredential, fixtures, senderIp, type Fixture } from '../support/deliveries.ts'

// Smile ID's own library, which signs and confirms independently of this one.
const { Signature } = createRequire(import.meta.url)('smile-identity-core') as {
  Signature: new (
    partnerId: string,
    apiKey: string,
  ) => {
    confirm_signature(timestamp: string | number, signature: string): boolean
    generate_signature(timestamp: string | number): { signature: string }
  }
}

/** Unsigned, signed in the retired way, or answers to requests. contract/v1.md §8. */
const notVerifiable = [
  'enhanced-kyc-legacy-sec-key',
  'job-status-pending-string-result',
  'request-error-minimal',
  'request-error-with-success',
  'smartselfie-auth-minimal-2019',
  'smartselfie-v2-sync-response',
  'wrapped-result-callback-2019',
]
/** Signed, but the answer to a poll. */
const notCallbacks = ['job-status-complete-with-history']

const signed = (['v1', 'v3'] as const).flatMap((generation) =>
  fixtures(generation)
    .filter(({ name }) => !notVerifiable.includes(name))
    .map((fixture) => ({ generation, ...fixture })),
)

const claimOf = (generation: Generation, { headers, payload }: Fixture) =>
  generation === 'v3'
    ? { timestamp: headers['Response-Timestamp']!, signature: headers['Response-Signature']! }
    : (payload as { timestamp: string; signature: string })

function receive(generation: Generation, fixture: Fixture) {
  const now = parseTimestamp(claimOf(generation, fixture).timestamp)!
  const callbacks = smileIdCallbacks({ credentials: fixtureCredential[generation], now: () => now, logger: false })
  callbacks.onAny(() => undefined)
  return callbacks.receive({ method: 'POST', headers: fixture.headers, body: fixture.body, clientIp: senderIp })
}

test('there are as many as there should be', () => {
  expect(signed.filter(({ generation }) => generation === 'v1')).toHaveLength(14)
  expect(signed.filter(({ generation }) => generation === 'v3')).toHaveLength(25)
})

describe.each(signed)('$generation $name', ({ generation, ...fixture }) => {
  test('is accepted at its time', async () => {
    const report = await receive(generation, fixture)
    expect(report.code).toBe(notCallbacks.includes(fixture.name) ? 'unrecognized_payload' : 'accepted')
    expect(report.generation).toBe(generation)
  })

  test("agrees with Smile ID's own library", () => {
    const { timestamp, signature } = claimOf(generation, fixture)
    const { partnerId, apiKey } = fixtureCredential[generation]
    const theirs = new Signature(partnerId, apiKey)
    expect(theirs.confirm_signature(timestamp, signature)).toBe(true)
    expect(theirs.generate_signature(timestamp).signature).toBe(signature)
  })
})

describe('what nobody signed is refused', () => {
  test.each(fixtures('v1').filter(({ name }) => notVerifiable.includes(name)))('$name', async ({ headers, body }) => {
    const callbacks = smileIdCallbacks({ credentials: fixtureCredential.v1, logger: false })
    callbacks.onAny(() => undefined)
    const { status } = await callbacks.receive({ method: 'POST', headers, body, clientIp: senderIp })
    expect(status).toBe(401)
  })
})

test("a number that Smile ID's JavaScript library signed is accepted", async () => {
  const time = Date.parse('2026-10-14T09:00:00.123Z')
  const { partnerId, apiKey } = fixtureCredential.v1
  const { signature } = new Signature(partnerId, apiKey).generate_signature(time)
  const payload = {
    ResultCode: '0840',
    ResultText: 'Enroll User',
    SmileJobID: '0000000001',
    PartnerParams: { job_id: 'job-1', job_type: 4 },
  }
  const body = JSON.stringify({ ...payload, signature, timestamp: time })
  const callbacks = smileIdCallbacks({ credentials: fixtureCredential.v1, now: () => time, logger: false })
  callbacks.onAny(() => undefined)
  expect(await callbacks.receive({ method: 'POST', headers: {}, body, clientIp: senderIp })).toMatchObject({
    code: 'accepted',
  })
})

test('the known answer of contract/v3.md §1', () => {
  const { headers } = signDelivery({
    generation: 'v3',
    credential: { partnerId: '2423', apiKey: 'test-api-key' },
    payload: {},
    timestamp: '2026-07-22T10:00:00.000Z',
  })
  expect(headers['Response-Signature']).toBe('1TzKvsGTilgKK6eODGzBG/b/h3cTp0NvSPcRWggYfGc=')
})
