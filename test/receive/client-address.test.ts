import { describe, expect, test } from 'vitest'
import { smileIdAddresses, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { credential, senderIp, v1Delivery } from '../support/deliveries.ts'
import { viaReceive } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

type Allowed = NonNullable<SmileIdCallbacksOptions['allowedIps']>

const codeFrom = async (from: string, allowedIps?: Allowed) =>
  (await viaReceive({ ...v1Delivery(), from }, allowedIps === undefined ? {} : { allowedIps })).report.code

describe('the default list', () => {
  const newer = ['13.51.0.119', '51.20.27.3']
  const sandbox = ['13.48.228.158', '16.170.104.93', '54.246.37.255', '99.81.237.141']

  test('has every production address that Smile ID has published', async () => {
    for (const address of [...smileIdAddresses.published, ...newer]) expect(await codeFrom(address)).toBe('accepted')
    for (const address of sandbox) expect(await codeFrom(address)).toBe('ip_not_allowed')
  })

  test('has those of the sandbox if a credential is for it', async () => {
    const credentials = [credential, { ...credential, environment: 'sandbox' }]
    for (const address of [...smileIdAddresses.published, ...newer, ...sandbox])
      expect((await viaReceive({ ...v1Delivery(), from: address }, { credentials })).report.code).toBe('accepted')
    const { report } = await viaReceive({ ...v1Delivery(), from: '203.0.113.9' }, { credentials })
    expect(report.code).toBe('ip_not_allowed')
  })

  test('a receiver may keep to the published four', async () => {
    for (const address of [...newer, ...sandbox])
      expect(await codeFrom(address, smileIdAddresses.published)).toBe('ip_not_allowed')
  })

  test('a delivery from an address that only a newer list has is said once, at debug', async () => {
    const lines: unknown[] = []
    const logger = {
      warn: (...line: unknown[]) => void lines.push(line),
      error: (...line: unknown[]) => void lines.push(line),
      debug: (facts: { topic?: string }, message: string) => {
        if (facts.topic !== undefined) lines.push([facts, message])
      },
    }
    const { post } = receiver({ logger, allowedIps: undefined })
    for (const clientIp of ['52.213.46.74', '::ffff:13.51.0.119', '51.20.27.3']) await post(v1Delivery(), { clientIp })
    expect(lines).toEqual([
      [
        { topic: 'newer_address', clientIp: '::ffff:13.51.0.119' },
        'express-smile-id: Smile ID delivers from an address that only its newer production list has. This is said once.',
      ],
    ])
  })

  test.each([
    '::ffff:52.36.32.43',
    '::FFFF:52.36.32.43',
    '::ffff:3424:202b',
    '0:0:0:0:0:ffff:3424:202b',
    '0000:0000:0000:0000:0000:ffff:3424:202b',
    '[::ffff:3424:202b]:443',
    '52.36.32.43:50123',
    ' 52.36.32.43',
    '"52.36.32.43"',
  ])('the same address written %s', async (address) => {
    expect(await codeFrom(address)).toBe('accepted')
  })

  test.each([
    '52.36.32.44',
    '64:ff9b::52.36.32.43',
    '52.36.32.43, 203.0.113.9',
    '52.36.8235',
    '0x34.0x24.0x20.0x2b',
    '052.036.032.043',
    '',
    'localhost',
  ])('not %j', async (address) => {
    expect(await codeFrom(address)).toBe('ip_not_allowed')
  })

  test.each([
    ['production', 'leave allowedIps out'],
    ['sandbox', "environment: 'sandbox'"],
  ] as const)(
    'beside a list of your own an address of the newer %s list is refused with the fix',
    async (list, fix) => {
      const address = smileIdAddresses[list].find(
        (one) => !(smileIdAddresses.published as readonly string[]).includes(one),
      )!
      for (const allowedIps of [smileIdAddresses.published, ['192.0.2.1']]) {
        const { report } = await viaReceive({ ...v1Delivery(), from: `::ffff:${address}` }, { allowedIps })
        expect(report).toMatchObject({ code: 'ip_not_allowed', cause: 'newer_address' })
        expect(report.hint).toContain(
          `${address} is on Smile ID's newer ${list} list: add ...smileIdAddresses.${list} to`,
        )
        expect(report.hint).toContain(fix)
      }
      expect(await codeFrom(address, [...smileIdAddresses.published, ...smileIdAddresses[list]])).toBe('accepted')
    },
  )
})

describe('rules', () => {
  const rows: [rule: string, inside: string, outside: string][] = [
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
    ['10.1.2.3/8', '10.0.0.1', '11.0.0.1'],
    ['192.0.2.128/25', '192.0.2.129', '192.0.2.127'],
    ['0.0.0.0/0', '203.0.113.9', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::1'],
    ['2001:DB8:0:0::1', '2001:db8::1', '2001:db8::2'],
    ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['::ffff:192.0.2.0/120', '192.0.2.77', '192.0.3.77'],
    ['::1', '0:0:0:0:0:0:0:1', '127.0.0.1'],
  ]
  test.each(rows)('%s allows %s and not %s', async (rule, inside, outside) => {
    expect(await codeFrom(inside, rule)).toBe('accepted')
    expect(await codeFrom(inside, ['192.0.2.200', rule])).toBe('accepted')
    expect(await codeFrom(outside, rule)).toBe('ip_not_allowed')
  })

  test('false turns the check off, also for a sender without an address', async () => {
    expect(await codeFrom('203.0.113.9', false)).toBe('accepted')
    const { callbacks } = receiver({ allowedIps: false })
    expect((await callbacks.receive(v1Delivery())).code).toBe('accepted')
  })

  test('a sender without an address is refused while there are rules', async () => {
    expect(await receiver().callbacks.receive(v1Delivery())).toMatchObject({
      code: 'ip_not_allowed',
      hint: expect.stringContaining('clientIp') as string,
    })
  })
})

describe('an address of this network is told apart', () => {
  const forwarded = { 'X-Forwarded-For': '203.0.113.9' }
  test.each([
    ['127.0.0.1', {}, 'this_machine', 'you posted from it. In development set allowedIps'],
    ['::1', {}, 'this_machine', 'you posted from it'],
    ['127.0.0.1', forwarded, 'proxy', "app.set('trust proxy', 1)"],
    ['10.244.0.1', {}, 'address_lost', 'externalTrafficPolicy: Local'],
    ['10.244.0.1', forwarded, 'proxy', 'If it is set, the address was lost before that proxy'],
    ['10.244.0.1', { 'X-Forwarded-For': senderIp }, 'untrusted_forwarded', "app.set('trust proxy', 1)"],
  ])('%s with %j: %s', async (clientIp, more, cause, says) => {
    const delivery = v1Delivery()
    const report = await receiver().post(delivery, { clientIp, headers: { ...delivery.headers, ...more } })
    expect(report).toMatchObject({ code: 'ip_not_allowed', cause, hint: expect.stringContaining(says) as string })
    if (cause !== 'proxy' && cause !== 'untrusted_forwarded') expect(report.hint).not.toContain('app.set(')
  })
})
