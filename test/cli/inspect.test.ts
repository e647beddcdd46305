import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inspect } from '../../src/cli/inspect/inspect.ts'
import { printed } from '../../src/cli/inspect/print.ts'
import { styleFor } from '../../src/cli/shared/io.ts'
import { smileIdCallbacks } from '../../src/index.ts'
import { signDelivery, sample } from '../../src/testing/index.ts'
import { credential, now, testOptions, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'
import { faultyCaptures, throws } from './captures.ts'
import { run } from './support.ts'

const plain = styleFor({ outIsTerminal: false, env: {} })

describe('faulty captures', () => {
  const alone = faultyCaptures.filter(({ receiver }) => receiver === undefined)
  const ofReceivers = faultyCaptures.filter(({ receiver }) => receiver !== undefined)

  test.each(ofReceivers)(
    '$what: $cause, as the receiver wrote it',
    async ({ capture: { method, headers, body }, code, cause, receiver }) => {
      const callbacks = smileIdCallbacks({ ...testOptions, allowedIps: false, ...receiver?.options })
      callbacks.onAny((event) => {
        if (event.id === 'handler-throws') throws()
      })
      const post = (change?: object) => callbacks.receive({ method, headers, body, ...receiver?.delivery, ...change })
      if (receiver?.before) await post(receiver.before)
      const report = await post()
      expect(report).toMatchObject({ code, cause })
      const { out } = await run('inspect -', {
        env: {},
        readStdin: () => Promise.resolve(JSON.stringify({ method, headers, body, report })),
      })
      expect(out).toContain(`Likely cause (${cause})`)
      expect(out).toMatchSnapshot()
    },
  )

  test.each(alone)('$what: $cause', async ({ capture, code, cause, credential: given = credential }) => {
    const inspection = await inspect(capture, { credentials: [given] })
    expect(inspection).toMatchObject({ code, cause: { name: cause } })
    const text = printed(inspection, plain, false)
    expect(text).toMatchSnapshot()
    expect(text).not.toContain(given.apiKey === '085' ? given.partnerId : given.apiKey)
    expect(inspection.steps.filter(({ verdict }) => verdict === 'fail')).toHaveLength(1)
  })

  const isKeyRefused = ({ cause }: { cause: string }) => cause === 'api_key_whitespace'

  test.each(alone.filter(isKeyRefused))(
    '$what: a receiver does not start with such a key',
    ({ credential: given = credential }) => {
      expect(() => smileIdCallbacks({ credentials: given })).toThrow(
        expect.objectContaining({ code: 'api_key_invalid' }),
      )
    },
  )

  test.each(alone.filter((one) => !isKeyRefused(one)))(
    '$what: the verdict is the router’s',
    async ({ capture, credential: given = credential }) => {
      const { method, headers, body, clientIp, receivedAt } = capture
      const router = smileIdCallbacks({
        credentials: given,
        allowedIps: clientIp === undefined ? false : undefined,
        now: () => receivedAt!,
        logger: false,
      })
      router.onAny(() => undefined)
      const { code } = await router.receive({ method, headers, body, clientIp })
      expect((await inspect(capture, { credentials: [given] })).code).toBe(code)
    },
  )
})

describe('what is accepted', () => {
  const inspected = (capture: Parameters<typeof inspect>[0]) => inspect(capture, { credentials: [credential], at: now })

  test.each([
    ['v1', v1Delivery()],
    ['v3', v3Delivery()],
  ])('%s', async (_name, capture) => {
    const inspection = await inspected(capture)
    expect(inspection).toMatchObject({ status: 200, code: 'accepted' })
    expect(inspection).not.toHaveProperty('cause')
    expect(printed(inspection, plain, false).replace(/"id": "\w+"/, '"id": "…"')).toMatchSnapshot()
  })

  test('identity data is masked unless asked for', async () => {
    const canary = 'CANARY Name'
    const payload = sample('document_verification', 'approved', {
      id_fields: { full_name: canary, id_number: canary },
      partnerParams: { phone: canary },
      userId: canary,
    })
    const inspection = await inspected(signedCapture(payload))
    expect(inspection.code).toBe('accepted')
    expect(printed(inspection, plain, false)).not.toContain('CANARY')
    expect(printed(inspection, plain, true).match(/CANARY/g)!.length).toBeGreaterThan(3)
  })

  test('which of several credentials matched', async () => {
    const credentials = [
      { ...credential, apiKey: 'other', environment: 'production' },
      { ...credential, environment: 'sandbox', label: 'acme' },
    ]
    const { steps } = await inspect(v3Delivery(), { credentials, at: now })
    expect(steps.find(({ name }) => name === 'key')).toEqual({
      name: 'key',
      verdict: 'pass',
      says: 'made with the key of partner 085 sandbox acme',
    })
  })
})

describe('steps are those that the router took', () => {
  const verdicts = async (capture: Parameters<typeof inspect>[0], given = credential) =>
    Object.fromEntries(
      (await inspect(capture, { credentials: [given], at: now })).steps.map(({ name, verdict }) => [name, verdict]),
    )

  test('a body too deep is not said to have the right key', async () => {
    const deep = JSON.parse(`${'['.repeat(80)}${']'.repeat(80)}`) as unknown
    const payload = { ...v1Payload, deep }
    expect(await verdicts(v1Delivery({ payload }), { ...credential, apiKey: 'wrong' })).toMatchObject({
      body: 'pass',
      JSON: 'fail',
      signature: 'not reached',
      key: 'not reached',
      age: 'not reached',
    })
  })

  test('a signature that is too long is refused before any key is tried', async () => {
    const body = JSON.stringify({ ...v1Payload, signature: 'x'.repeat(2_000), timestamp: '2026-10-14T09:00:00.000Z' })
    expect(await verdicts({ ...v1Delivery(), body })).toMatchObject({
      JSON: 'pass',
      signature: 'fail',
      key: 'not reached',
    })
  })

  test.each<[string, string, (body: string) => Buffer]>([
    ['gzip', 'gzip', gzipSync],
    ['X-GZIP', 'X-GZIP', gzipSync],
    ['zlib', 'deflate', deflateSync],
    ['raw deflate', 'deflate', deflateRawSync],
    ['gzip that is called deflate', 'deflate', gzipSync],
    ['gzip, then br', 'gzip, br', (body) => brotliCompressSync(gzipSync(body))],
    ['gzip and identity', 'gzip, identity', gzipSync],
  ])('a capture in %s is read as the router reads it', async (_, encoding, encode) => {
    const { headers, body } = v3Delivery()
    const capture = { method: 'POST', headers: { ...headers, 'Content-Encoding': encoding }, body: encode(body) }
    const inspection = await inspect(capture, { credentials: [credential], at: now })
    expect(inspection).toMatchObject({ code: 'accepted' })
    expect(inspection.steps.find(({ name }) => name === 'JSON')).toMatchObject({ verdict: 'pass', says: 'an object' })
  })
})

describe('the address', () => {
  test('a refused one does not hide what comes after', async () => {
    const capture = { ...v1Delivery({ credential: { ...credential, partnerId: '85' } }), clientIp: '203.0.113.9' }
    const inspection = await inspect(capture, { credentials: [credential], at: now })
    expect(inspection).toMatchObject({
      code: 'ip_not_allowed',
      beyondAddress: { code: 'signature_mismatch', cause: { name: 'partner_id_zeros' } },
    })
  })

  test('can be allowed, or not be checked', async () => {
    const capture = { ...v3Delivery(), clientIp: '203.0.113.9' }
    expect(
      await inspect(capture, { credentials: [credential], at: now, allowedIps: ['203.0.113.0/24'] }),
    ).toMatchObject({ code: 'accepted' })
    expect(await inspect(capture, { credentials: [credential], at: now, allowedIps: false })).toMatchObject({
      code: 'accepted',
    })
  })
})

const signedCapture = (payload: object) => ({
  method: 'POST',
  ...signDelivery({
    generation: 'v3',
    credential,
    payload: payload as Record<string, unknown>,
    timestamp: new Date(now).toISOString(),
  }),
})
