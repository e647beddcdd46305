import { expect, test } from 'vitest'
import { confirmWithSmileId, smileIdCallbacks } from '../../src/index.ts'
import { credential, testOptions, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'
import { jobStatus, smileIdServers } from '../support/smile-id.ts'

const { PartnerParams } = v1Payload
const forgery = (account: number) =>
  v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...PartnerParams, account_id: `mallory-${account}` } } })
const asksSmileId = (baseUrl: string, events?: 'approved'[]) =>
  confirmWithSmileId({ environment: 'sandbox', baseUrl, events })

test('many deliveries of one job are one question, whose answer serves them all', () =>
  smileIdServers({ '/v1/job_status': (_, res) => void res.json(jobStatus()) }, async (baseUrl, asked) => {
    const { post } = receiver({ confirm: asksSmileId(baseUrl) })
    const reports = await Promise.all(
      [v1Delivery(), ...Array.from({ length: 20 }, (_, n) => forgery(n))].map((one) => post(one)),
    )
    expect(asked).toHaveLength(1)
    expect(reports[0]?.code).toBe('accepted')
    // An answer that was asked for before they came contradicts nobody: they may come again.
    expect(new Set(reports.slice(1).map(({ code }) => code))).toEqual(new Set(['not_confirmed']))
  }))

test('a contradiction is told by an answer of its own', () =>
  smileIdServers({ '/v1/job_status': (_, res) => void res.json(jobStatus()) }, async (baseUrl) => {
    const { post } = receiver({ confirm: asksSmileId(baseUrl) })
    expect((await post(forgery(1))).code).toBe('contradicted')
  }))

test('another user of the same job id is another question', () =>
  smileIdServers({ '/v1/job_status': (_, res) => void res.json(jobStatus()) }, async (baseUrl, asked) => {
    const { post } = receiver({ confirm: asksSmileId(baseUrl) })
    await post(v1Delivery())
    await post(v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...PartnerParams, user_id: 'other' } } }))
    expect(asked).toHaveLength(2)
  }))

test('forgeries with one signature wait beyond thirty questions a minute, and a genuine delivery does not', () =>
  smileIdServers({ '/v1/job_status': (_, res) => void res.json(jobStatus()) }, async (baseUrl, asked) => {
    const { post } = receiver({ confirm: asksSmileId(baseUrl, []) })
    // Each about a job of its own, all with the signature of the first one.
    const about = (n: number) =>
      v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...PartnerParams, job_id: `job-${n}` } } })
    for (let n = 0; n < 40; n += 1) await post(about(n))
    expect(asked).toHaveLength(30)
    const genuine = receiver({ confirm: asksSmileId(baseUrl) })
    expect((await genuine.post(v1Delivery())).code).toBe('accepted')
  }))

test('an answer that repeats the signature of the question is not believed', () =>
  smileIdServers(
    {
      '/v1/job_status': (req, res) => {
        const { timestamp, signature } = req.body as Record<string, string>
        res.json({ ...jobStatus(), timestamp, signature })
      },
    },
    async (baseUrl) => {
      const { post, events } = receiver({ confirm: asksSmileId(baseUrl) })
      expect(await post(v1Delivery())).toMatchObject({ code: 'not_confirmed', status: 503 })
      expect(events).toEqual([])
    },
  ))

test.each(['line\nend', 'not ascii é', ' ', ''])('a token %j that no header can carry is not kept', (token) =>
  smileIdServers(
    { '/v3/token': (_, res) => void res.json({ token }), '/v3/status': (_, res) => void res.json({}) },
    async (baseUrl, asked) => {
      const { post } = receiver({ confirm: asksSmileId(baseUrl) })
      for (const jobId of ['job_1', 'job_2']) expect((await post(v3Delivery({ jobId }))).code).toBe('not_confirmed')
      expect(asked.map(({ path }) => path)).toEqual(['/v3/token', '/v3/token'])
    },
  ),
)

test.each(['Production', 'SANDBOX', ' sandbox'])(
  'an environment %j is refused with the word that was meant',
  (environment) => {
    expect(() => smileIdCallbacks({ ...testOptions, credentials: { ...credential, environment } })).toThrow(
      expect.objectContaining({
        code: 'credentials_invalid',
        message: expect.stringMatching(/'(production|sandbox)'/) as string,
      }),
    )
  },
)

test('any other environment is a name of yours', () => {
  expect(() =>
    smileIdCallbacks({ ...testOptions, credentials: { ...credential, environment: 'staging' } }),
  ).not.toThrow()
})
