import express from 'express'
import { describe, expect, test, vi } from 'vitest'
import { v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { localReceiver } from '../support/receiver.ts'

const post = (url: string) => fetch(url, v1Delivery())

describe('a header', () => {
  const { headers, body, method } = v3Delivery()
  test.each<[string, object]>([
    ['that is a number', { 'content-length': body.length }],
    ['that is a list', { 'Content-Type': ['application/json'], 'CONTENT-LENGTH': [body.length] }],
    ['that is nothing', { 'content-encoding': null, 'user-id': undefined, 'Content-Encoding': [] }],
    ['that is no text at all', { 'user-id': {}, other: Symbol('x') }],
  ])('%s is read', async (_, more) => {
    const sent = { ...headers, ...more } as Record<string, string>
    const { callbacks } = localReceiver()
    expect((await callbacks.receive({ method, headers: sent, body, clientIp: '127.0.0.1' })).code).toBe('accepted')
    expect(
      (
        await callbacks.receive({
          method,
          headers: new Map(Object.entries(sent)) as never,
          body,
          clientIp: '127.0.0.1',
        })
      ).code,
    ).toBe('accepted')
  })
})

test("a job id that is a number is the event's", async () => {
  const { headers, body, method } = v3Delivery({ jobId: '4711' })
  const sent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value === '4711' ? 4711 : value]),
  )
  const { callbacks, events } = localReceiver()
  expect((await callbacks.receive({ method, headers: sent, body, clientIp: '127.0.0.1' })).code).toBe('accepted')
  expect(events[0]?.jobId).toBe('4711')
})

describe("the sender's address", () => {
  const give = async (clientIp: unknown) => {
    const { callbacks, reports, events } = localReceiver({ clientIp: () => clientIp as string })
    await serving(express().use('/smile-id', callbacks.router), async (url) => {
      await post(`${url}/smile-id`)
    })
    return { ...reports[0]!, events }
  }
  test.each([
    ' 127.0.0.1',
    '"127.0.0.1"',
    "'127.0.0.1' ",
    '127.0.0.1:55321',
    '::ffff:127.0.0.1',
    '"[::ffff:127.0.0.1]:80"',
  ])('is read from %j', async (text) => {
    const { code, events } = await give(text)
    expect(code).toBe('accepted')
    expect(events[0]?.delivery.clientIp).toBe(text.trim().replace(/^["']|["']$/g, ''))
  })

  test.each<[string, unknown, string]>([
    ['null', null, 'No client address was given'],
    ['a promise', Promise.resolve('127.0.0.1'), 'clientIp returned a promise'],
    [
      'a promise that fails',
      {
        then: (_: unknown, fail: (error: Error) => void) => {
          fail(new Error('x'))
        },
      },
      'clientIp returned a promise',
    ],
    ['an object', { address: '127.0.0.1' }, 'clientIp returned something that is not an address'],
    ['a list in a text', '127.0.0.1, 10.0.0.1', 'clientIp returned something that is not an address'],
    ['an IPv6 address that is not its IPv4 one', '::127.0.0.1', 'clientIp returned something that is not an address'],
  ])('that is %s: 403, with a hint', async (_, given, hint) => {
    const report = await give(given)
    expect(report).toMatchObject({ code: 'ip_not_allowed', hint: expect.stringContaining(hint) as string })
    // It may be anything: no report, log line or capture repeats it.
    expect(report.clientIp).toBeUndefined()
  })

  test('that an async function fails to find ends no process', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const { callbacks, reports } = localReceiver({ clientIp: (() => Promise.reject(new Error('x'))) as never })
    await serving(express().use('/smile-id', callbacks.router), async (url) => {
      await post(`${url}/smile-id`)
    })
    process.off('unhandledRejection', unhandled)
    expect(reports[0]?.code).toBe('ip_not_allowed')
    expect(unhandled).not.toHaveBeenCalled()
  })
})
