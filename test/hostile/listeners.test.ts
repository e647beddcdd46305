import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type DeliveryReport, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { reportChannelName } from '../../src/receive/receive.ts'
import { now, senderIp, testOptions, v1Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

/** Does to a report whatever can be done to it. */
function wreck(report: object): void {
  const values = Object.values(report)
  for (const value of values) {
    if (value instanceof Date) value.setTime(Number.NaN)
    else if (Array.isArray(value)) value.length = 0
    else if (typeof value === 'object' && value !== null) wreck(value as object)
  }
  for (const key of Object.keys(report)) Object.assign(report, { [key]: 'accepted' })
  Object.assign(report, { code: 'accepted', status: 200, retryAfter: '\r\nX: y', more: report })
}

const ways: [string, Partial<SmileIdCallbacksOptions>][] = [
  ['onDelivery', { onDelivery: wreck }],
  [
    'an async onDelivery',
    {
      onDelivery: async (report) => {
        await Promise.resolve(report).then(wreck)
      },
    },
  ],
  ['a logger', { logger: { warn: wreck, error: wreck, debug: wreck } }],
  ['a logger and onDelivery', { onDelivery: wreck, logger: { warn: wreck, error: wreck, debug: wreck } }],
]

describe.each(ways)('%s that changes the report it is given', (_, options) => {
  const wrecked = () => receiver(options).callbacks

  test('changes no answer', async () => {
    const { method, headers, body } = v1Delivery()
    const forged = new Request('https://receiver.test/', {
      method,
      headers,
      body: body.replace('0810', '0811').replace(/"signature":"./, '"signature":"_'),
    })
    expect((await wrecked().fetch(forged, { clientIp: senderIp })).status).toBe(401)
    expect(
      (await wrecked().fetch(new Request('https://receiver.test/', { method, headers, body }), { clientIp: senderIp }))
        .status,
    ).toBe(200)
  })

  test('changes no report of anybody else', async () => {
    const seen: unknown[] = []
    const note = (report: unknown) => void seen.push(report)
    subscribe(reportChannelName, note)
    const report = await wrecked().receive({ ...v1Delivery(), clientIp: senderIp })
    unsubscribe(reportChannelName, note)
    expect(report).toMatchObject({
      code: 'accepted',
      clientIp: senderIp,
      event: { outcome: 'approved' },
      credential: { partnerId: '085' },
    })
    expect(report.receivedAt.getTime()).not.toBeNaN()
    expect(seen).toEqual([report])
  })
})

test('a listener on the channel changes no answer', async () => {
  const change = (report: unknown) => {
    wreck(report as DeliveryReport)
  }
  subscribe(reportChannelName, change)
  const report = await smileIdCallbacks(testOptions).receive({ ...v1Delivery(), clientIp: senderIp })
  unsubscribe(reportChannelName, change)
  expect(report).toMatchObject({ code: 'no_handlers', status: 503 })
})

test('a handler that changes its event changes no report', async () => {
  const callbacks = smileIdCallbacks(testOptions)
  callbacks.onAny((event) => {
    event.delivery.receivedAt.setTime(Number.NaN)
    event.delivery.signedAt.setTime(Number.NaN)
  })
  const report = await callbacks.receive({ ...v1Delivery(), clientIp: senderIp })
  expect([report.receivedAt.getTime(), report.signedAt?.getTime()]).toEqual([now, now])
  expect(report.code).toBe('accepted')
})
