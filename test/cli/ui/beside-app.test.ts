import { expect, test } from 'vitest'
import { z } from 'zod'
import { sample, signDelivery } from '../../../src/testing/index.ts'
import { credential } from '../../support/deliveries.ts'
import { runningBesideApp } from './running.ts'

interface Shown {
  n: number
  status: number
  code: string
  state?: string
  cause?: { name: string; because: string }
}

/** The first `count` deliveries that the page shows. */
async function shown(page: string, count: number): Promise<Shown[]> {
  const stream = (await fetch(`${page}events`)).body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const found = () => [...text.matchAll(/event: delivery\ndata: (.*)\n\n/g)].map(([, data = '']) => data)
  while (found().length < count) text += (await stream.read()).value ?? ''
  await stream.cancel()
  return found().map((data) => JSON.parse(data) as Shown)
}

const press = (page: string, what: string) =>
  fetch(`${page}send`, {
    method: 'POST',
    headers: { Origin: new URL(page).origin },
    body: JSON.stringify({ what, product: 'document_verification', outcome: 'approved' }),
  })

const schema = { partnerParams: z.object({ account_id: z.string() }) }

test('--param: the buttons send what the schema of the app wants', async () => {
  const { page, events } = await runningBesideApp(schema, '--param account_id=acc-1')
  await press(page, 'next')
  expect(await shown(page, 1)).toMatchObject([{ status: 200, code: 'accepted' }])
  expect(events).toMatchObject([{ partnerParams: { account_id: 'acc-1' } }])
})

test('what the schema refuses names the params that it was given, and changes no job', async () => {
  const { page } = await runningBesideApp(schema)
  await press(page, 'next')
  const [refused] = await shown(page, 1)
  expect(refused).toMatchObject({
    status: 422,
    code: 'invalid_partner_params',
    cause: {
      name: 'invalid_partner_params',
      because: expect.stringMatching(/refuses partner_params\.\w+.* The log line of the app names the paths/) as string,
    },
  })
  expect(refused).not.toHaveProperty('state')
})

test('a duplicate is shown as one, though the answer is the same', async () => {
  const { page, target, events } = await runningBesideApp()
  const { headers, body } = signDelivery({
    generation: 'v3',
    credential,
    payload: sample('document_verification', 'approved', { jobId: 'job-1' }),
  })
  for (let times = 0; times < 2; times += 1) await fetch(target, { method: 'POST', headers, body })
  expect(await shown(page, 2)).toMatchObject([
    { status: 200, code: 'accepted', state: 'approved (final)' },
    { status: 200, code: 'duplicate', state: 'approved (final)' },
  ])
  expect(events).toHaveLength(1)
})
