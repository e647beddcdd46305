import { inspect } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { memoryStore, smileIdCallbacks, type Logger, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { createLog } from '../../src/report/log.ts'
import { credential, senderIp, testOptions, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'

afterEach(() => vi.useRealTimers())

type Line = [level: string, message: string, facts: object]

function logged(options: Partial<SmileIdCallbacksOptions> = {}) {
  const lines: Line[] = []
  const at = (level: string) => (facts: object, message: string) => lines.push([level, message, facts])
  const logger: Logger = { warn: at('warn'), error: at('error'), debug: at('debug') }
  const callbacks = smileIdCallbacks({ ...testOptions, logger, ...options })
  const deliver = (delivery: ReturnType<typeof v1Delivery>) => callbacks.receive({ ...delivery, clientIp: senderIp })
  return { callbacks, deliver, lines }
}

const forged = v3Delivery({ credential: { ...credential, apiKey: 'another' } })

test('what went well is for debugging, with the facts of the report, its times rounded', async () => {
  const { callbacks, deliver, lines } = logged()
  callbacks.onAny(() => undefined)
  const { durationMs, stages, ...report } = await deliver(v1Delivery())
  const tenths = (ms: number) => Math.round(ms * 10) / 10
  expect(lines).toEqual([
    [
      'debug',
      'express-smile-id: accepted',
      {
        ...report,
        durationMs: tenths(durationMs),
        stages: stages.map(({ name, atMs }) => ({ name, atMs: tenths(atMs) })),
      },
    ],
  ])
})

const minute = 60_000
const withoutTime = (message: string) => message.replace(/ ms=\d+/, '')

test('a refusal is one line: facts first, the sentence, where to read more', async () => {
  const { deliver, lines } = logged()
  await deliver(forged)
  await deliver({ ...forged, headers: {} })
  expect(lines.map(([level, message]) => [level, withoutTime(message)])).toEqual([
    [
      'warn',
      'express-smile-id: signature_mismatch status=401 clientIp=52.36.32.43 generation=v3 signatureIn=headers passed=admitted tried=085 cause=wrong_key Another key or partner made the signature in the headers, or it is a forgery: the keys of sandbox and production differ. express-smile-id explain signature_mismatch',
    ],
    [
      'warn',
      'express-smile-id: signature_missing status=401 clientIp=52.36.32.43 passed=admitted,read bytes=142 cause=headers_lost This looks like a v3 callback without Response-Signature and Response-Timestamp: a proxy or gateway dropped these headers. express-smile-id explain signature_missing',
    ],
  ])
  for (const [, message] of lines) expect(message).not.toContain('\n')
})

test('before the signature is proved a line is written once a minute, code and cause; the rest is counted when the minute ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { deliver, lines } = logged()
  for (let i = 0; i < 5; i += 1) await deliver(forged)
  await deliver({ ...forged, headers: {} })
  // A stranger's refusals do not hide a genuine one.
  await deliver(v3Delivery({ credential: { ...credential, partnerId: '0085' } }))
  expect(lines.map(([, , facts]) => (facts as { cause?: string }).cause)).toEqual([
    'wrong_key',
    'headers_lost',
    'partner_id_zeros',
  ])
  for (const [, , facts] of lines) expect(facts).not.toHaveProperty('suppressed')
  vi.advanceTimersByTime(minute - 1)
  await deliver(forged)
  expect(lines).toHaveLength(3)
  vi.advanceTimersByTime(1)
  expect(lines.slice(3)).toEqual([
    [
      'warn',
      'express-smile-id: signature_mismatch suppressed=5 cause=wrong_key Suppressed this many identical lines in the last minute. express-smile-id explain signature_mismatch',
      { code: 'signature_mismatch', cause: 'wrong_key', suppressed: 5 },
    ],
  ])
  await deliver(forged)
  expect(lines).toHaveLength(5)
  vi.advanceTimersByTime(minute)
  expect(lines).toHaveLength(5)
})

test('refusals of proven deliveries are all logged', async () => {
  const { deliver, lines } = logged()
  for (let i = 0; i < 3; i += 1) await deliver(v1Delivery())
  expect(lines.map(([level, message]) => [level, withoutTime(message)])).toEqual(
    Array(3).fill([
      'error',
      'express-smile-id: no_handlers status=503 clientIp=52.36.32.43 generation=v1 signatureIn=body passed=admitted,read,verified,decoded,claimed partner=085 event=biometric_kyc.approved bytes=323 Nothing is subscribed to callbacks. express-smile-id explain no_handlers',
    ]),
  )
})

test('an event that nobody is subscribed to is said once per name', async () => {
  const { callbacks, deliver, lines } = logged()
  callbacks.on('error', () => undefined)
  const rejected = v1Delivery({ payload: { ...v1Payload, ResultCode: '0811' } })
  for (const delivery of [v1Delivery(), v1Delivery(), rejected, rejected]) await deliver(delivery)
  const warned = lines.filter(([level]) => level === 'warn').map(([, message]) => message)
  expect(warned).toHaveLength(2)
  expect(warned[0]).toContain('No handler is subscribed to biometric_kyc.approved, so nothing acted on it')
  expect(warned[1]).toContain('No handler is subscribed to biometric_kyc.rejected')
})

test.each([
  [Object.assign(new Error('relation "Ada" does not exist'), { code: '42P01' }), 'code=SQLSTATE 42P01'],
  [Object.assign(new Error('Ada'), { code: 'ECONNREFUSED' }), 'code=ECONNREFUSED'],
  [Object.assign(new Error("READONLY You can't write Ada"), { name: 'ReplyError' }), 'code=READONLY'],
])('the code of an error is told: %#', (error, says) => {
  const warn = vi.fn()
  createLog({ warn, error: warn }).failure('handler', error)
  expect(warn.mock.calls[0]?.[1]).toContain(says)
  expect(inspect(warn.mock.calls)).not.toContain('Ada')
})

test('a handler that throws writes one line, and one that is late its own', async () => {
  const { callbacks, deliver, lines } = logged({ handlerTimeout: 20 })
  const unsubscribe = callbacks.onAny(() => {
    throw new RangeError('Ada')
  })
  await deliver(v1Delivery())
  expect(lines.map(([, message]) => message)).toEqual([
    expect.stringMatching(
      /handler_failed .*A handler failed: RangeError at .*express-smile-id explain handler_failed$/,
    ),
  ])
  unsubscribe()
  callbacks.onAny(async () => {
    await new Promise((resolve) => setTimeout(resolve, 60))
    throw new RangeError('Ada')
  })
  await deliver(v1Delivery())
  await vi.waitFor(
    () => {
      expect(lines).toHaveLength(3)
    },
    { timeout: 30_000 },
  )
  expect(lines[1]?.[1]).toContain('handler_timeout')
  expect(lines[2]?.[1]).toContain('a handler failed: RangeError')
})

test("a handler's error is named and placed, and its text left out", async () => {
  const { callbacks, deliver, lines } = logged()
  callbacks.onAny(() => {
    throw new RangeError('Ada Bello Example\n    at secret (/Ada)')
  })
  callbacks.onAny(() => Promise.reject(Object.assign(new Error('x'), { stack: undefined })))
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  callbacks.onAny(() => Promise.reject('Ada Bello Example'))
  await deliver(v1Delivery())
  const facts = lines.filter(([, message]) => message.includes('a handler failed')).map(([, , fact]) => fact)
  // The first one is told in the line of the delivery.
  expect(facts).toEqual([
    { where: 'handler', error: 'Error' },
    { where: 'handler', error: 'string' },
  ])
  expect(lines[0]).toEqual([
    'error',
    expect.stringContaining('handler_failed'),
    expect.objectContaining({
      cause: 'handler_threw',
      details: { error: 'RangeError', at: expect.stringContaining('log.test.ts') as string },
    }),
  ])
  expect(inspect(lines)).not.toContain('Ada')
})

test.each<[string, object, object]>([
  [
    'a class of more than a word',
    { constructor: { name: 'Ada Bello' } },
    { error: 'Error', at: 'work (/app/work.js:1:2)' },
  ],
  [
    'a class that is not one from its start',
    { constructor: { name: '-Ada' } },
    { error: 'Error', at: 'work (/app/work.js:1:2)' },
  ],
  ['a class to its end', { constructor: { name: 'Ada-' } }, { error: 'Error', at: 'work (/app/work.js:1:2)' }],
  [
    'a class of 62 letters',
    { constructor: { name: 'N'.repeat(62) } },
    { error: 'Error', at: 'work (/app/work.js:1:2)' },
  ],
  [
    'a stack without the message, which may hold another',
    { stack: 'Error: Ada\n    at Ada (/Ada)' },
    { error: 'Error' },
  ],
  ['a stack of the message alone', { stack: 'Error: secret' }, { error: 'Error' }],
  [
    'a stack that starts with the message',
    { stack: 'secret\n    at work (/app/work.js:1:2)\n    at more (x)' },
    { error: 'Error', at: 'work (/app/work.js:1:2)' },
  ],
  ['a line that only looks like a frame', { stack: 'Error: secret\nborn at Ada' }, { error: 'Error' }],
])('of %s no more is told than class and place', (_, change, expected) => {
  const error = vi.fn()
  const thrown = Object.assign(new Error('secret'), { stack: 'Error: secret\n    at work (/app/work.js:1:2)' }, change)
  createLog({ warn: vi.fn(), error }).failure('handler', thrown)
  expect(error.mock.calls[0]?.[0]).toStrictEqual({ where: 'handler', ...expected })
})

test('nothing of what was delivered is in a log, a report or an answer', async () => {
  const canary = 'CANARY-7f3a'
  const { callbacks, deliver, lines } = logged({ credentials: { partnerId: '085', apiKey: canary } })
  const key = { partnerId: '085', apiKey: canary }
  const payload = {
    ...v1Payload,
    FullName: canary,
    [canary]: canary,
    ResultText: canary,
    PartnerParams: { ...v1Payload.PartnerParams, note: canary, job_id: canary },
  }
  const reports = [
    await deliver(v1Delivery({ credential: key, payload })),
    await deliver(v1Delivery({ credential: { ...key, apiKey: 'another' }, payload })),
    await deliver(v1Delivery({ credential: key, payload: { [canary]: canary } })),
    await deliver(v3Delivery({ credential: key, payload: { status: canary, product: canary }, jobId: canary })),
    await deliver({ ...v1Delivery(), body: canary }),
    await deliver({ ...v3Delivery(), headers: { 'Response-Signature': canary, 'Response-Timestamp': canary } }),
  ]
  callbacks.onAny(() => {
    throw new Error(canary)
  })
  reports.push(await deliver(v1Delivery({ credential: key, payload })))
  expect(reports.map(({ code }) => code)).toEqual([
    'no_handlers',
    'signature_mismatch',
    'unrecognized_payload',
    'no_handlers',
    'malformed_json',
    'signature_mismatch',
    'handler_failed',
  ])
  expect(inspect({ reports, lines, callbacks }, { depth: Infinity, showHidden: true })).not.toContain(canary)
})

test('a logger that throws loses nothing', async () => {
  const fail = () => {
    throw new Error('disk full')
  }
  const { callbacks, deliver } = logged({ logger: { warn: fail, error: fail, debug: fail } })
  callbacks.onAny(() => undefined)
  expect((await deliver(v1Delivery())).code).toBe('accepted')
  expect((await deliver(forged)).code).toBe('signature_mismatch')
})

test('without a logger, warnings go to the console and good news nowhere', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const debug = vi.spyOn(console, 'debug').mockImplementation(() => undefined)
  const { callbacks, deliver } = logged({ logger: undefined })
  callbacks.onAny(() => undefined)
  await deliver(v1Delivery())
  await deliver(forged)
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(
      /^express-smile-id: signature_mismatch status=401 .* express-smile-id explain signature_mismatch$/,
    ),
  )
  expect(debug).not.toHaveBeenCalled()
})

test('an outage is ten lines a minute, code and cause, however many deliveries it refuses; the rest is counted', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const store = { ...memoryStore(), reserve: () => Promise.reject(new Error('away')) }
  const { callbacks, deliver, lines } = logged({ store })
  callbacks.onAny(() => undefined)
  for (let i = 0; i < 500; i += 1) expect(await deliver(v1Delivery())).toMatchObject({ code: 'store_unavailable' })
  expect(lines).toHaveLength(10)
  // It hides nothing else, and nothing else hides it.
  await deliver(forged)
  expect(lines).toHaveLength(11)
  vi.advanceTimersByTime(minute)
  expect(lines.slice(11).map(([level, message, facts]) => [level, message.slice(0, 60), facts])).toEqual([
    [
      'error',
      'express-smile-id: store_unavailable suppressed=490 cause=sto',
      { code: 'store_unavailable', cause: 'store_failed', suppressed: 490 },
    ],
  ])
  await deliver(v1Delivery())
  expect(lines).toHaveLength(13)
})
