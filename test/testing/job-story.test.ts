import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type SmileIdEvent } from '../../src/index.ts'
import { deliver, jobStory, shuffle } from '../../src/testing/index.ts'
import { credential } from '../support/deliveries.ts'

const told = (event: SmileIdEvent) => (event.kind === 'result' ? event.outcome : event.kind)

async function hear(story: Parameters<typeof deliver>[1][]) {
  const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
  const events: SmileIdEvent[] = []
  callbacks.onAny((event) => events.push(event))
  for (const delivery of story) expect(await deliver(callbacks, delivery)).toMatchObject({ status: 200 })
  return events
}

describe('jobStory', () => {
  test('a reviewed Biometric KYC job: look-up, provisional, final, all of one job', async () => {
    const events = await hear(
      jobStory('biometric_kyc', { review: true, credential, jobId: 'job-1', partnerParams: { account_id: 'acc-1' } }),
    )
    expect(events.map(told)).toEqual(['id_info', 'provisional', 'approved'])
    expect(events.map(({ result }) => result.code)).toEqual(['1012', '0814', '1210'])
    expect(new Set(events.map(({ jobId }) => jobId))).toEqual(new Set(['job-1']))
    expect(new Set(events.map(({ smileJobId }) => smileJobId)).size).toBe(1)
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
    expect(events.every(({ partnerParams }) => partnerParams['account_id'] === 'acc-1')).toBe(true)
  })

  test.each([
    ['biometric_kyc', {}, 'v1', ['id_info', 'approved']],
    ['biometric_kyc', { outcome: 'rejected', smileSecure: true }, 'v1', ['id_info', 'smile_secure', 'rejected']],
    ['biometric_kyc', { generation: 'v3', review: true }, 'v3', ['provisional', 'approved']],
    ['biometric_kyc', { outcome: 'attention' }, 'v3', ['attention']],
    ['document_verification', { review: true, outcome: 'rejected' }, 'v3', ['provisional', 'rejected']],
    ['document_verification', { review: true, generation: 'v1' }, 'v1', ['provisional', 'approved']],
    ['one_time_aml', { outcome: 'attention' }, 'v3', ['attention']],
    ['business_verification', {}, 'v1', ['approved']],
  ] as const)('%s %j', async (product, options, generation, expected) => {
    const events = await hear(jobStory(product, { ...options, credential }))
    expect(events.map(told)).toEqual(expected)
    expect(events[0]!.delivery.generation).toBe(generation)
  })

  test('unsigned steps are for signDelivery', () => {
    const [step] = jobStory('one_time_aml')
    expect(step).toMatchObject({ outcome: 'approved', generation: 'v3' })
    expect(step!.jobId).toMatch(/^job_/)
    expect(step).not.toHaveProperty('headers')
  })

  test('a product that is never reviewed has no such story', () => {
    expect(() => jobStory('business_verification', { review: true })).toThrow(
      'Smile ID sends no provisional callback of business_verification',
    )
  })
})

describe('shuffle', () => {
  const list = Array.from({ length: 50 }, (_, index) => index)

  test('keeps everything, changes the order, repeats it for a seed', () => {
    const shuffled = shuffle(list, 7)
    expect([...shuffled].sort((a, b) => a - b)).toEqual(list)
    expect(shuffled).not.toEqual(list)
    expect(shuffle(list, 7)).toEqual(shuffled)
    expect(shuffle(list, 8)).not.toEqual(shuffled)
  })
})
