import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import express from 'express'
import { SmileIdConfigError, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { senderIp, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

const secret = 'a secret of some length'
const base = 'https://receiver.test/smile-id?region=ng'

function minting(options: Partial<SmileIdCallbacksOptions> = {}) {
  const made = receiver({ callbackSecret: secret, ...options })
  return { ...made, post: (url?: string) => made.post(v1Delivery(), { url }) }
}

test('every reference comes back', async () => {
  const { callbacks, events, post } = minting()
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => !/\p{Surrogate}/u.test(text)),
      async (reference) => {
        expect(await post(callbacks.urlFor(base, reference))).toMatchObject({ code: 'accepted' })
        expect(events.at(-1)?.delivery.reference).toBe(reference)
      },
    ),
    { numRuns: 100 },
  )
})

describe('through each door', () => {
  test('.fetch', async () => {
    const { callbacks, events } = minting()
    const send = (url: string) => callbacks.fetch(new Request(url, v3Delivery()), { clientIp: senderIp })
    expect((await send(callbacks.urlFor(base, 'order 7'))).status).toBe(200)
    expect(events[0]?.delivery.reference).toBe('order 7')
    const refused = await send(base)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toEqual({
      error: { code: 'callback_url_mismatch', message: 'The URL is not one that this receiver gave out.' },
    })
  })

  test('.router, also under a mount with path params', async () => {
    const { callbacks, events } = minting({ allowedIps: false })
    const app = express().use('/in/:tenant/smile-id', callbacks.router)
    await serving(app, async (origin) => {
      const url = callbacks.urlFor(`${origin}/in/acme/smile-id`, 'order/7?&=')
      expect((await fetch(url, v1Delivery())).status).toBe(200)
      expect(events[0]?.delivery).toMatchObject({ reference: 'order/7?&=', params: { tenant: 'acme' } })
      expect((await fetch(`${origin}/in/acme/smile-id`, v1Delivery())).status).toBe(401)
    })
  })
})

const url = new URL(minting().callbacks.urlFor(base, 'order-7'))
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
  [
    'one letter of the tag changed',
    edited((one) =>
      one.searchParams.set(
        'tag',
        one.searchParams.get('tag')!.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A')),
      ),
    ),
  ],
  ['a tag that is not ASCII', edited((one) => one.searchParams.set('tag', 'é'.repeat(43)))],
  ['another path', edited((one) => void (one.pathname = '/smile-id-2'))],
  ['a path below', edited((one) => void (one.pathname = '/smile-id/x'))],
  ['a path above', edited((one) => void (one.pathname = '/'))],
  ['a path in other letters', edited((one) => void (one.pathname = '/Smile-id'))],
  ['another secret', minting({ callbackSecret: 'another secret of length' }).callbacks.urlFor(base, 'order-7')],
])('refused: %s', async (_, wrong) => {
  const { post, events } = minting()
  expect(await post(wrong)).toMatchObject({ code: 'callback_url_mismatch', status: 401 })
  expect(events).toEqual([])
})

describe('the path a URL was minted for', () => {
  const { callbacks } = minting()
  const tagOf = (minted: string) => new URL(minted).searchParams.get('tag')
  const take = (seen: string, minted: string) => minting().post(`${seen}${new URL(minted).search}`)

  test('keeps tenants apart that use one reference', async () => {
    const [acme, other] = ['acme', 'other'].map((tenant) =>
      callbacks.urlFor(`https://receiver.test/in/${tenant}/smile-id`, 'account-1'),
    ) as [string, string]
    expect(tagOf(acme)).not.toBe(tagOf(other))
    expect(await take('/in/acme/smile-id', acme)).toMatchObject({ code: 'accepted' })
    expect(await take('/in/other/smile-id', acme)).toMatchObject({ code: 'callback_url_mismatch' })
    // What is one segment is not two.
    const escaped = callbacks.urlFor('https://receiver.test/in/a%2Fb', 'x')
    expect(await take('/in/a/b', escaped)).toMatchObject({ code: 'callback_url_mismatch' })
    expect(await take('/in/a%2fb', escaped)).toMatchObject({ code: 'accepted' })
  })

  test.each([
    '/in/caf%C3%A9',
    '/in/caf%c3%a9/',
    'https://another.host/in/café',
    'http://receiver.test:8080/in/%63af%C3%A9//',
  ])('may be written as %s', async (seen) => {
    expect(await take(seen, callbacks.urlFor('https://receiver.test/in/café', 'x'))).toMatchObject({ code: 'accepted' })
  })

  test('may be a broken one, and the root', async () => {
    expect(await take('/in/%zz', callbacks.urlFor('https://receiver.test/in/%zz', 'x'))).toMatchObject({
      code: 'accepted',
    })
    for (const seen of ['', '/', 'https://receiver.test'])
      expect(await take(seen, callbacks.urlFor('https://receiver.test', 'x'))).toMatchObject({ code: 'accepted' })
  })

  test('is named where a proxy rewrites it', async () => {
    const minted = callbacks.urlFor('https://receiver.test/api/smile-id', 'x', { path: '/smile-id' })
    expect(new URL(minted).pathname).toBe('/api/smile-id')
    expect(await take('/smile-id', minted)).toMatchObject({ code: 'accepted' })
    expect(await take('/api/smile-id', minted)).toMatchObject({ code: 'callback_url_mismatch' })
    for (const path of ['smile-id', '', '/smile-id?x=1', 7 as never])
      expect(() => callbacks.urlFor(base, 'x', { path })).toThrow(SmileIdConfigError)
  })
})

test('rotation: the first secret mints, all of them are accepted', async () => {
  const rotated = minting({ callbackSecret: ['the new secret, long', secret] })
  expect((await rotated.post(url.href)).code).toBe('accepted')
  expect((await minting().post(rotated.callbacks.urlFor(base, 'x'))).code).toBe('callback_url_mismatch')
  expect((await rotated.post(rotated.callbacks.urlFor(base, 'x'))).code).toBe('accepted')
})

test('without callbackSecret a url counts for nothing, and none can be minted', async () => {
  const { callbacks, post, events } = minting({ callbackSecret: undefined })
  expect((await post(url.href)).code).toBe('accepted')
  expect(events[0]?.delivery.reference).toBeUndefined()
  expect(() => callbacks.urlFor(base, 'x')).toThrow(expect.objectContaining({ code: 'callback_secret_missing' }))
})

test.each([
  ['no url', 'x'],
  ['ftp://receiver.test', 'x'],
  [`${base}#part`, 'x'],
  [base, ''],
  [base, 'x'.repeat(256)],
  [base, '\ud800'],
])('urlFor(%s, %j) throws', (baseUrl, reference) => {
  expect(() => minting().callbacks.urlFor(baseUrl, reference)).toThrow(SmileIdConfigError)
})
