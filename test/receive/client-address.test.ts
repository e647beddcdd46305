import { describe, expect, test } from 'vitest'
import { smileIdAddresses, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { v1Delivery } from '../support/deliveries.ts'
import { viaReceive } from '../support/doors.ts'
import { receiver } from '../support/receiver.ts'

type Allowed = NonNullable<SmileIdCallbacksOptions['allowedIps']>

const codeFrom = async (from: string, allowedIps?: Allowed) =>
  (await viaReceive({ ...v1Delivery(), from }, allowedIps === undefined ? {} : { allowedIps })).report.code

describe('the default list', () => {
  test.each(smileIdAddresses.published)('%s', async (address) => {
    expect(await codeFrom(address)).toBe('accepted')
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

  test.each(['production', 'sandbox'] as const)(
    'an address of the newer %s list is refused with the fix',
    async (list) => {
      const address = smileIdAddresses[list].find(
        (one) => !(smileIdAddresses.published as readonly string[]).includes(one),
      )!
      const { report } = await viaReceive({ ...v1Delivery(), from: `::ffff:${address}` })
      expect(report.hint).toBe(
        `${address} is on Smile ID's newer ${list} list: set allowedIps: [...smileIdAddresses.published, ...smileIdAddresses.${list}].`,
      )
      expect(await codeFrom(address, [...smileIdAddresses.published, ...smileIdAddresses[list]])).toBe('accepted')
    },
  )

  test("a list of one's own gives no such hint", async () => {
    const { report } = await viaReceive({ ...v1Delivery(), from: '13.51.0.119' }, { allowedIps: ['192.0.2.1'] })
    expect(report).toMatchObject({ code: 'ip_not_allowed' })
    expect(report).not.toHaveProperty('hint')
  })
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
