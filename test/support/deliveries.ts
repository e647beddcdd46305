import { readdirSync, readFileSync } from 'node:fs'
import type { OnceStore, SmileIdCallbacksOptions } from '../../src/index.ts'
import { signDelivery, type DeliveryToSign } from '../../src/testing/index.ts'

export const credential = { partnerId: '085', apiKey: 'test-key-not-a-secret' }
export const senderIp = '52.36.32.43'
/** The clock of the tests, and the default time of signing. */
export const now = Date.parse('2026-10-14T09:00:00.000Z')
export const signedAt = new Date(now).toISOString()

/** Never remembers: a test that is not about duplicates may deliver the same event as often as it likes. */
export const forgetful: OnceStore = {
  reserve: () => Promise.resolve('reserved'),
  complete: () => Promise.resolve(true),
  release: () => Promise.resolve(true),
  forget: () => Promise.resolve(false),
}

export const testOptions = {
  credentials: credential,
  now: () => now,
  logger: false,
  store: forgetful,
} satisfies SmileIdCallbacksOptions

export const v1Payload = {
  ResultCode: '0810',
  ResultText: 'Enroll User',
  SmileJobID: '0000056574',
  PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: '1', account_id: 'acc-1' },
  Actions: { Liveness_Check: 'Passed' },
  ConfidenceValue: '99',
}

export const v3Payload = {
  status: 'clear',
  message: 'Verification successful',
  reason: null,
  product: 'document_verification',
  partner_params: { account_id: 'acc-1' },
}

/** A valid delivery; a test changes one thing of what it is made of, or of what comes out. */
export const v1Delivery = (change: Partial<DeliveryToSign> = {}) =>
  withMethod(signDelivery({ generation: 'v1', credential, payload: v1Payload, timestamp: signedAt, ...change }))

export const v3Delivery = (change: Partial<DeliveryToSign> = {}) =>
  withMethod(
    signDelivery({
      generation: 'v3',
      credential,
      payload: v3Payload,
      timestamp: signedAt,
      jobId: 'job_v3',
      userId: 'user_v3',
      ...change,
    }),
  )

const withMethod = <T extends object>(delivery: T) => ({ method: 'POST', ...delivery })

export interface Fixture {
  name: string
  headers: Record<string, string>
  /** As it goes over the wire. */
  body: string
  payload: Record<string, unknown>
}

/** The partner and key that the fixtures are signed with. */
export const fixtureCredential = {
  v1: { partnerId: '4242', apiKey: 'fixture-key-not-a-secret' },
  v3: { partnerId: '7421', apiKey: 'sample-api-key-not-real' },
}

export function fixtures(generation: 'v1' | 'v3'): Fixture[] {
  const folder = new URL(`../fixtures/${generation}/`, import.meta.url)
  return readdirSync(folder).map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const name = file.replace(/\.json$/, '')
    const json = JSON.parse(text) as Record<string, unknown>
    if (generation === 'v1') return { name, headers: { 'Content-Type': 'application/json' }, body: text, payload: json }
    const { headers, body } = json as { headers: Record<string, string>; body: Record<string, unknown> }
    return { name, headers, body: JSON.stringify(body), payload: body }
  })
}
