import { describe, expect, test } from 'vitest'
import {
  memoryStore,
  smileIdAddresses,
  smileIdCallbacks,
  SmileIdConfigError,
  type SmileIdConfigErrorCode,
} from '../../src/index.ts'
import { defaults, parseOptions } from '../../src/options/config.ts'
import { credential, senderIp, testOptions, v1Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const secret = 'this-is-the-api-key'

const mistakes: [what: string, options: unknown, code: SmileIdConfigErrorCode, says: string][] = [
  ['no options', undefined, 'options_invalid', 'plain object'],
  ['a list of options', [], 'options_invalid', 'plain object'],
  ['no credentials', {}, 'credentials_missing', '{ partnerId, apiKey }'],
  ['credentials null', { credentials: null }, 'credentials_missing', '{ partnerId, apiKey }'],
  ['an empty list of credentials', { credentials: [] }, 'credentials_missing', '{ partnerId, apiKey }'],
  ['credentials that are a text', { credentials: secret }, 'options_invalid', 'plain object'],
  ['an empty key', { credentials: { partnerId: '085', apiKey: '' } }, 'api_key_invalid', 'environment variable'],
  [
    'a key that is not set',
    { credentials: { partnerId: '085', apiKey: undefined } },
    'api_key_invalid',
    'environment variable',
  ],
  [
    'a partner id that is a number',
    { credentials: { partnerId: 85, apiKey: secret } },
    'partner_id_invalid',
    'leading zeros',
  ],
  ['an empty partner id', { credentials: { partnerId: ' ', apiKey: secret } }, 'partner_id_invalid', 'leading zeros'],
  [
    'a misspelt credential key',
    { credentials: { partnerId: '085', apikey: secret } },
    'credentials_invalid',
    'Did you mean apiKey?',
  ],
  [
    'an environment that is no text',
    { credentials: { ...credential, environment: 1 } },
    'credentials_invalid',
    'must be a string',
  ],
  [
    'a bad credential in a list',
    { credentials: [credential, { partnerId: '1', apiKey: '' }] },
    'api_key_invalid',
    'environment variable',
  ],
  ['an unknown option', { credentials: credential, verify: false }, 'unknown_option', 'Unknown option "verify"'],
  ['a misspelt option', { credentials: credential, allowed_ips: false }, 'unknown_option', 'Did you mean allowedIps?'],
  ['an empty list of addresses', { credentials: credential, allowedIps: [] }, 'allowed_ips_empty', 'false'],
  ['addresses that are true', { credentials: credential, allowedIps: true }, 'allowed_ip_invalid', 'or false'],
  [
    'an address that is a number',
    { credentials: credential, allowedIps: [1] },
    'allowed_ip_invalid',
    'array of addresses',
  ],
  ...[
    '10.0.0.256',
    '10.0.0',
    '010.0.0.1',
    '0x7f.0.0.1',
    'localhost',
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '2001:db8::/129',
    '::ffff:10.0.0.1/95',
    ' 10.0.0.1',
  ].map((rule): (typeof mistakes)[number] => [
    `the rule ${JSON.stringify(rule)}`,
    { credentials: credential, allowedIps: ['10.0.0.1', rule] },
    'allowed_ip_invalid',
    JSON.stringify(rule),
  ]),
  ...[0, -1, 1.5, Number.NaN, Infinity, '0', '1.5gb', 'mb', '-1kb', null, {}].map((size): (typeof mistakes)[number] => [
    `the size ${JSON.stringify(size)}`,
    { credentials: credential, maxBodySize: size },
    'max_body_size_invalid',
    "'1.5mb'",
  ]),
  ...(['maxAge', 'maxSkew', 'handlerTimeout'] as const).flatMap((name) =>
    [0, -1, Number.NaN, Infinity, '1h', null].map((time): (typeof mistakes)[number] => [
      `${name} ${String(time)}`,
      { credentials: credential, [name]: time },
      'duration_invalid',
      `${name} must be a number of milliseconds`,
    ]),
  ),
  ['a clock that is a number', { credentials: credential, now: 7 }, 'now_invalid', 'now must be a function'],
  [
    'a clientIp that is a text',
    { credentials: credential, clientIp: 'x-real-ip' },
    'client_ip_invalid',
    'clientIp must be a function',
  ],
  [
    'an onDelivery that is a text',
    { credentials: credential, onDelivery: 'log' },
    'callback_invalid',
    'onDelivery must be a function',
  ],
  [
    'an onError that is a text',
    { credentials: credential, onError: 'log' },
    'callback_invalid',
    'onError must be a function',
  ],
  [
    'a schema that is none',
    { credentials: credential, partnerParams: { account_id: 'string' } },
    'partner_params_invalid',
    'z.object',
  ],
  ['a logger without methods', { credentials: credential, logger: {} }, 'logger_invalid', 'warn and error'],
]

test.each(mistakes)('%s', (_, options, code, says) => {
  const make = () => smileIdCallbacks(options as never)
  expect(make).toThrow(SmileIdConfigError)
  expect(make).toThrow(expect.objectContaining({ name: 'SmileIdConfigError', code }) as Error)
  expect(make).toThrow(says)
  try {
    make()
  } catch (error) {
    expect(String((error as Error).stack)).not.toContain(secret)
  }
})

describe('defaults', () => {
  test('are those of the README', () => {
    expect(defaults).toEqual({
      allowedIps: ['34.240.137.52', '44.230.128.108', '52.36.32.43', '52.213.46.74', '13.51.0.119', '51.20.27.3'],
      maxBodySize: 1_572_864,
      bodyTimeout: 15_000,
      maxUnverifiedBytes: 67_108_864,
      confirm: { events: ['approved'], timeout: 4_000 },
      once: { ttl: 604_800_000, leaseMargin: 15_000, timeout: 2_000, onStoreError: 'refuse' },
      inbox: { timeout: 10_000 },
      maxAge: 3_600_000,
      maxSkew: 300_000,
      handlerTimeout: 30_000,
    })
    expect(smileIdAddresses.published).toEqual(['34.240.137.52', '44.230.128.108', '52.36.32.43', '52.213.46.74'])
  })

  test('an explicit undefined never erases one', () => {
    const absent = {
      allowedIps: undefined,
      maxBodySize: undefined,
      maxAge: undefined,
      maxSkew: undefined,
      handlerTimeout: undefined,
      store: undefined,
      once: undefined,
      confirm: undefined,
      inbox: undefined,
      eventId: undefined,
      now: undefined,
      logger: undefined,
      clientIp: undefined,
    }
    const { maxBodySize, age, handlerTimeout, once, inbox, now, addresses, logger } = parseOptions({
      credentials: credential,
      ...absent,
    })
    expect({ maxBodySize, age, handlerTimeout }).toEqual({
      maxBodySize: 1_572_864,
      age: { maxAge: 3_600_000, maxSkew: 300_000 },
      handlerTimeout: 30_000,
    })
    expect(once).toMatchObject({ leaseMs: 45_000, ttlMs: 604_800_000, timeoutMs: 2_000, onStoreError: 'refuse' })
    expect(parseOptions({ credentials: credential, ...absent, store: memoryStore() }).once).toMatchObject({
      leaseMs: 45_000,
      timeoutMs: 2_000,
    })
    expect(inbox).toBeUndefined()
    expect(Math.abs(now() - Date.now())).toBeLessThan(1_000)
    expect(logger).toBeDefined()
    expect(addresses?.allows(senderIp)).toBe(true)
    expect(addresses?.allows('203.0.113.9')).toBe(false)
  })

  test.each([
    ['1.5mb', 1_572_864],
    ['1.5 MB', 1_572_864],
    ['500kb', 512_000],
    ['2000', 2000],
    ['2000b', 2000],
    [1, 1],
  ])('maxBodySize %j', (size, bytes) => {
    expect(parseOptions({ credentials: credential, maxBodySize: size }).maxBodySize).toBe(bytes)
  })

  test('handlers leave the confirmation its time, so that both end before Smile ID gives up', () => {
    const ask = () => 'confirmed' as const
    const confirm = { ask }
    expect(parseOptions({ credentials: credential, confirm }).handlerTimeout).toBe(26_000)
    expect(parseOptions({ credentials: credential, confirm: { ask, timeout: 10_000 } }).handlerTimeout).toBe(20_000)
    expect(parseOptions({ credentials: credential, confirm, handlerTimeout: 5_000 }).handlerTimeout).toBe(5_000)
  })

  test('a clock may give a Date', async () => {
    expect((await receiver({ now: () => new Date(testOptions.now()) }).post(v1Delivery())).code).toBe('accepted')
  })
})

test('the returned object shows no secret', async () => {
  const { inspect } = await import('node:util')
  const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: secret } })
  expect(inspect(callbacks, { depth: Infinity, showHidden: true })).not.toContain(secret)
  expect(Object.isFrozen(callbacks)).toBe(true)
})
