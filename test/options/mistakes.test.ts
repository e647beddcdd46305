import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks } from '../../src/index.ts'
import { bullmqInbox, bullmqWorker } from '../../src/engines/bullmq/inbox.ts'
import { credential, testOptions } from '../support/deliveries.ts'

const secret = 'canary-3f1c0a-secret'
const queue = Object.fromEntries(
  ['add', 'remove', 'removeDeduplicationKey', 'getJobState'].map((name) => [name, () => Promise.resolve()]),
) as never
const callbacks = smileIdCallbacks(testOptions)

describe('what stands in a text that is used to the letter', () => {
  const says: [string, (key: string) => string, string][] = [
    ['a line end', (key) => `${key}\n`, 'line end'],
    ['a line end before', (key) => `\r\n${key}`, 'line end'],
    ['a line end inside', (key) => `${key}\n${key}`, 'line end'],
    ['a space after', (key) => `${key} `, 'white space'],
    ['a space before', (key) => ` ${key}`, 'white space'],
    ['a tab', (key) => `${key}\t`, 'white space'],
    ['a space that does not break', (key) => `${key}\u00a0`, 'white space'],
    ['a byte order mark', (key) => `\ufeff${key}`, 'white space'],
    ['a space of no width', (key) => `${key}\u200b`, 'not visible'],
    ['quotation marks', (key) => `"${key}"`, 'quotation mark'],
    ['single ones', (key) => `'${key}'`, 'quotation mark'],
    ['typographic ones', (key) => `“${key}”`, 'quotation mark'],
    ['one of them', (key) => `"${key}`, 'quotation mark'],
    ['what JavaScript writes for nothing', () => 'undefined', 'missing value'],
  ]
  test.each(says)('%s', (_, change, word) => {
    const changed = change(secret)
    for (const [make, code] of [
      [() => smileIdCallbacks({ credentials: { partnerId: '085', apiKey: changed } }), 'api_key_invalid'],
      [
        () => smileIdCallbacks({ credentials: [credential, { partnerId: changed, apiKey: secret }] }),
        'partner_id_invalid',
      ],
      [
        () => smileIdCallbacks({ credentials: credential, callbackSecret: [secret, changed] }),
        'callback_secret_invalid',
      ],
    ] as const) {
      expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(word) as string }))
      expect(make).not.toThrow(secret)
    }
  })

  test.each(['a'.repeat(64), 'abab'.repeat(10), '0000000000000001', '    '.repeat(8)])(
    'a secret that can be guessed: %s',
    (callbackSecret) => {
      expect(() => smileIdCallbacks({ credentials: credential, callbackSecret })).toThrow(
        expect.objectContaining({ code: 'callback_secret_invalid' }),
      )
    },
  )

  test('keys with spaces inside, and random secrets, are taken', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 32, maxLength: 64 }),
        (random) => {
          expect(() =>
            smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'a key' }, callbackSecret: `${random}ghijk` }),
          ).not.toThrow()
        },
      ),
    )
  })
})

test('a credentials function is held to the same: its delivery is answered 503', async () => {
  const receiver = smileIdCallbacks({ ...testOptions, credentials: () => ({ partnerId: ' 085 ', apiKey: secret }) })
  expect(
    await receiver.receive({
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Response-Signature': 'x', 'Response-Timestamp': 'x' },
      body: '{}',
      clientIp: '52.36.32.43',
    }),
  ).toMatchObject({ code: 'credentials_unavailable', status: 503 })
})

test('the text that hides a misspelt serialize is refused, not stored in the open', () => {
  expect(() => bullmqInbox(queue, { serialise: () => 'x' } as never)).toThrow(
    expect.objectContaining({
      code: 'unknown_option',
      message: expect.stringContaining('Did you mean serialize?') as string,
    }),
  )
  expect(() => bullmqWorker(callbacks, { connection: {}, deserialise: () => 'x' } as never)).toThrow(
    expect.objectContaining({
      code: 'unknown_option',
      message: expect.stringContaining('Did you mean deserialize?') as string,
    }),
  )
  expect(() => bullmqInbox(queue, { job: { jobId: 'mine' } } as never)).toThrow(
    expect.objectContaining({ code: 'unknown_option' }),
  )
})

test('an option is read once: a getter cannot answer differently the second time', () => {
  let asked = 0
  const options = {
    ...testOptions,
    get handlerTimeout() {
      asked += 1
      return asked === 1 ? 1_000 : Number.NaN
    },
  }
  expect(() => smileIdCallbacks(options)).not.toThrow()
  expect(asked).toBe(1)
})

test.each<[what: string, options: (thrower: object) => object]>([
  ['the options', (thrower) => thrower],
  ['a credential', (credentials) => ({ credentials })],
  ['once', (once) => ({ credentials: credential, once })],
  ['confirm', (confirm) => ({ credentials: credential, confirm })],
  ['a schema', (partnerParams) => ({ credentials: credential, partnerParams })],
])('%s that throws when it is read: the refusal keeps what it threw, and does not say it', (_, options) => {
  const thrown = new Error(secret)
  const fail = () => {
    throw thrown
  }
  const thrower = Object.defineProperties({}, { label: { get: fail }, '~standard': { get: fail } })
  let refused: unknown
  try {
    smileIdCallbacks(options(thrower) as never)
  } catch (error) {
    refused = error
  }
  expect(refused).toMatchObject({ name: 'SmileIdConfigError', cause: thrown })
  expect((refused as Error).message).not.toContain(secret)
})

test('rows of codes that cannot be keep what zod says of them', () => {
  expect(() => smileIdCallbacks({ credentials: credential, codes: [{ code: 'x' }] as never })).toThrow(
    expect.objectContaining({ code: 'options_invalid', cause: expect.objectContaining({ name: 'ZodError' }) as Error }),
  )
})
