import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import express from 'express'
import { smileIdCallbacks, SmileIdConfigError, type SmileIdCallbacksOptions, type SmileIdEvent } from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'

const secret = 'a secret of some length'
const base = 'https://receiver.test/smile-id?region=ng'

function receiver(options: Partial<SmileIdCallbacksOptions> = {}) {
  const events: SmileIdEvent[] = []
  const callbacks = smileIdCallbacks({ ...testOptions, callbackSecret: secret, ...options })
  callbacks.onAny((event) => void events.push(event))
  return { callbacks, events, post: (url?: string) => callbacks.receive({ ...v1Delivery(), clientIp: senderIp, url }) }
}

test('every reference comes back', async () => {
  const { callbacks, events, post } = receiver()
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => !/\p{Surrogate}/u.test(text)), async (reference) => {
      expect(await post(callbacks.urlFor(base, reference))).toMatchObject({ code: 'accepted' })
      expect(events.at(-1)?.delivery.reference).toBe(reference)
    }),
    { numRuns: 100 },
  )
})

describe('through each door', () => {
  test('.fetch', async () => {
    const { callbacks, events } = receiver()
    const send = (url: string) => callbacks.fetch(new Request(url, v3Delivery()), { clientIp: senderIp })
    expect((await send(callbacks.urlFor(base, 'order 7'))).status).toBe(200)
    expect(events[0]?.delivery.reference).toBe('order 7')
    const refused = await send(base)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toEqual({ error: { code: 'callback_url_mismatch', message: 'The URL is not one that this receiver gave out.' } })
  })

  test('.router, also under a mount with path params', async () => {
    const { callbacks, events } = receiver({ allowedIps: false })
    const app = express().use('/in/:tenant/smile-id', callbacks.router)
    await serving(app, async (origin) => {
      const url = callbacks.urlFor(`${origin}/in/acme/smile-id`, 'order/7?&=')
      expect((await fetch(url, v1Delivery())).status).toBe(200)
      expect(events[0]?.delivery).toMatchObject({ reference: 'order/7?&=', params: { tenant: 'acme' } })
      expect((await fetch(`${origin}/in/acme/smile-id`, v1Delivery())).status).toBe(401)
    })
  })
})

const url = new URL(receiver().callbacks.urlFor(base, 'order-7'))
const edited = (edit: (url: URL) => void) => {
  const copy = new URL(url)
  edit(copy)
  return copy.href
}

test.each<[string, string | undefined]>([
  ['no url', undefined],
  ['a url without the secret', base],
  ['an empty tag', edited((one) => one.searchParams.set('tag', ''))],
  ['another reference', edited((one) => one.searchParams.set('ref', 'order-8'))],
  ['no reference', edited((one) => one.searchParams.delete('ref'))],
  ['two references', edited((one) => one.searchParams.append('ref', 'order-8'))],
  ['two tags', edited((one) => one.searchParams.append('tag', 'x'))],
  ['one letter of the tag changed', edited((one) => one.searchParams.set('tag', one.searchParams.get('tag')!.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))))],
  ['a tag that is not ASCII', edited((one) => one.searchParams.set('tag', 'é'.repeat(43)))],
  ['another secret', receiver({ callbackSecret: 'another secret of length' }).callbacks.urlFor(base, 'order-7')],
])('refused: %s', async (_, wrong) => {
  const { post, events } = receiver()
  expect(await post(wrong)).toMatchObject({ code: 'callback_url_mismatch', status: 401 })
  expect(events).toEqual([])
})

test('rotation: the first secret mints, all of them are accepted', async () => {
  const rotated = receiver({ callbackSecret: ['the new secret, long', secret] })
  expect((await rotated.post(url.href)).code).toBe('accepted')
  expect((await receiver().post(rotated.callbacks.urlFor(base, 'x'))).code).toBe('callback_url_mismatch')
  expect((await rotated.post(rotated.callbacks.urlFor(base, 'x'))).code).toBe('accepted')
})

test('without callbackSecret a url counts for nothing, and none can be minted', async () => {
  const { callbacks, post, events } = receiver({ callbackSecret: undefined })
  expect((await post(url.href)).code).toBe('accepted')
  expect(events[0]?.delivery.reference).toBeUndefined()
  expect(() => callbacks.urlFor(base, 'x')).toThrow(expect.objectContaining({ code: 'callback_secret_missing' }))
})

test.each([['no url', 'x'], ['ftp://receiver.test', 'x'], [`${base}#part`, 'x'], [base, ''], [base, 'x'.repeat(256)], [base, '\ud800']])('urlFor(%s, %j) throws', (baseUrl, reference) => {
  expect(() => receiver().callbacks.urlFor(baseUrl, reference)).toThrow(SmileIdConfigError)
})
