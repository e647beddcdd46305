import express from 'express'
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { memoryStore, type SmileIdEvent } from '../../src/index.ts'
import { senderIp, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

// The headers that say which job and user a v3 delivery is about, as they go over the wire: Node joins what is sent
// twice, and reads every byte as one character.

type Pairs = [name: string, value: string][]

const delivery = v3Delivery({ payload: { ...v3Payload, product: 'aml' } })
const signed = Object.entries(delivery.headers).filter(([name]) => !['Job-ID', 'User-ID'].includes(name))

const ownStore = () => receiver({ store: memoryStore(), clientIp: () => senderIp })

async function viaHttp(headers: Pairs): Promise<SmileIdEvent | undefined> {
  const { callbacks, events } = ownStore()
  const app = express()
  app.use('/smile-id', callbacks.router)
  await serving(
    app,
    (url) =>
      new Promise<void>((resolve, reject) => {
        const body = Buffer.from(delivery.body)
        const raw = [...signed, ...headers, ['Host', 'receiver.test'], ['Content-Length', String(body.length)]].flat()
        const sent = request(`${url}/smile-id`, { method: 'POST', headers: raw }, (response) => {
          response.resume().on('end', resolve)
        })
        sent.on('error', reject).end(body)
      }),
  )
  return events[0]
}

async function viaFetch(headers: Pairs): Promise<SmileIdEvent | undefined> {
  const { callbacks, events } = ownStore()
  const all = new Headers(signed)
  for (const [name, value] of headers) all.append(name, value)
  await callbacks.fetch(
    new Request('https://receiver.test/smile-id', { method: 'POST', headers: all, body: delivery.body }),
    { clientIp: senderIp },
  )
  return events[0]
}

describe.each([
  ['HTTP', viaHttp],
  ['fetch', viaFetch],
] as const)('over %s', (_name, send) => {
  test.each(['Job-ID', 'SmileID-Job-ID'])('%s sent twice with one value is that job, as if sent once', async (name) => {
    const once = await send([
      [name, 'job_a'],
      ['User-ID', 'u'],
    ])
    expect(once).toMatchObject({ jobId: 'job_a', userId: 'u' })
    for (const sent of [
      [
        [name, 'job_a'],
        [name, 'job_a'],
      ],
      [
        [name, 'job_a'],
        [name.toLowerCase(), 'job_a'],
        [name, 'job_a'],
      ],
      [[name, 'job_a, job_a']],
      [[name, 'job_a,job_a']],
    ] as Pairs[]) {
      expect(await send([...sent, ['User-ID', 'u'], ['User-ID', 'u']])).toMatchObject({
        jobId: 'job_a',
        userId: 'u',
        id: once!.id,
        verdictId: once!.verdictId,
      })
    }
  })

  test('both names with one value are one job', async () => {
    expect(
      await send([
        ['Job-ID', 'job_a'],
        ['SmileID-Job-ID', 'job_a'],
      ]),
    ).toMatchObject({ jobId: 'job_a' })
  })

  test.each(['Job-ID', 'SmileID-Job-ID'])('%s sent twice with two values is neither of the two jobs', async (name) => {
    for (const values of [
      ['job_a', 'job_b'],
      ['job_b', 'job_a'],
      ['job_a', 'job_a', 'job_b'],
    ]) {
      const event = await send(values.map((value) => [name, value]))
      expect(['job_a', 'job_b']).not.toContain(event?.jobId)
    }
  })

  test.each(['Zoë Müller', 'Ọlá', '王小明', '😀', 'ÃŸ', 'plain'])(
    'a user id %s, whose bytes Node reads as latin1, is the text that JSON would have',
    async (userId) => {
      const bytes = Buffer.from(userId, 'utf8').toString('latin1')
      expect(
        await send([
          ['Job-ID', 'job_a'],
          ['User-ID', bytes],
        ]),
      ).toMatchObject({ userId })
      expect(
        await send([
          ['Job-ID', 'job_a'],
          ['User-ID', bytes],
          ['User-ID', bytes],
        ]),
      ).toMatchObject({ userId })
    },
  )

  test('latin1 that is no UTF-8 is read as latin1', async () => {
    expect(
      await send([
        ['Job-ID', 'job_a'],
        ['User-ID', 'Zo\xeb'],
      ]),
    ).toMatchObject({ userId: 'Zoë' })
  })
})
