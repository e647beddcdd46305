import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { captureRefused, type CaptureRefusedOptions } from '../../src/capture/capture-refused.ts'
import type { CaptureFile } from '../../src/capture/folder.ts'
import { PermanentError, smileIdCallbacks, type DeliveryReport, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { run } from '../cli/support.ts'
import {
  credential,
  now,
  senderIp,
  testOptions,
  v1Delivery,
  v1Payload,
  v3Delivery,
  v3Payload,
} from '../support/deliveries.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'refused-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url))
const program = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const receiver = (options: Partial<CaptureRefusedOptions> = {}, others: Partial<SmileIdCallbacksOptions> = {}) => {
  const callbacks = smileIdCallbacks({ ...testOptions, onDelivery: captureRefused({ dir, ...options }), ...others })
  callbacks.onAny(() => undefined)
  return callbacks
}
const from = <D extends object>(delivery: D, clientIp = senderIp) => ({ ...delivery, clientIp })
const forged = () => from(v3Delivery({ credential: { ...credential, apiKey: 'another' } }))
/** Whole ones: what is being written has another name. */
const files = async () => (await readdir(dir)).filter((name) => !name.startsWith('.')).sort()
const written = (count: number) =>
  vi.waitFor(async () => {
    expect(await files()).toHaveLength(count)
  }, 30_000)
const captures = async () =>
  Promise.all((await files()).map(async (name) => ({ name, text: await readFile(join(dir, name), 'utf8') })))
const read = async () => (await captures()).map(({ text }) => JSON.parse(text) as CaptureFile)
/** Captures are written one after the other: once this one is there, so are those before it. */
async function allWritten(callbacks: Pick<ReturnType<typeof receiver>, 'receive'>): Promise<void> {
  await callbacks.receive(from({ method: 'POST', headers: {}, body: '{}' }, '203.0.113.9'))
  await vi.waitFor(async () => {
    expect(await files()).toContainEqual(expect.stringContaining('ip_not_allowed'))
  }, 30_000)
}
/** Longer than a write takes: on a busy machine a test that waits for it misses a fault, and finds none that is not. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 60))

describe('what is written', () => {
  test('a refused delivery with its report, for its owner alone', async () => {
    await receiver().receive(forged())
    await written(1)
    const [file = ''] = await files()
    expect(file).toMatch(/^2026-10-14T09-00-00-000Z-signature_mismatch-[\da-f]{8}\.json$/)
    expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600)
    const [capture] = await read()
    expect(capture).toMatchObject({
      redacted: true,
      method: 'POST',
      clientIp: senderIp,
      headers: { 'Response-Signature': forged().headers['Response-Signature'], 'Job-ID': '***' },
      report: { code: 'signature_mismatch', cause: 'wrong_key' },
    })
  })

  test('a folder is made, for its owner alone', async () => {
    const inner = join(dir, 'a', 'b')
    await receiver({ dir: inner }).receive(forged())
    await vi.waitFor(
      async () => {
        expect(await readdir(inner)).toHaveLength(1)
      },
      { timeout: 30_000 },
    )
    expect((await stat(inner)).mode & 0o777).toBe(0o700)
  })

  test('never what was answered 200', async () => {
    const callbacks = receiver()
    callbacks.on('rejected', () => {
      throw new PermanentError('no')
    })
    for (const delivery of [v3Delivery(), v3Delivery(), v3Delivery({ payload: { ...v3Payload, status: 'block' } })])
      expect((await callbacks.receive(from(delivery))).status).toBe(200)
    await allWritten(callbacks)
    expect(await files()).toHaveLength(1)
  })

  test('from a stream, from bytes, and as a parser left it', async () => {
    const callbacks = receiver({}, { credentials: { ...credential, apiKey: 'another' } })
    const { method, headers, body } = v1Delivery()
    for (const one of [Readable.from([Buffer.from(body)]), Buffer.from(body), JSON.parse(body) as object]) {
      await callbacks.receive(from({ method, headers: new Headers(headers), body: one }))
    }
    await written(3)
    for (const capture of await read()) {
      expect(JSON.parse(capture.body ?? '')).toMatchObject({
        ResultCode: '0810',
        ResultText: '***',
        PartnerParams: { job_id: '***', job_type: '1', key_4: '***' },
        signature: (JSON.parse(body) as { signature: string }).signature,
      })
      expect(capture.headers).toHaveProperty('content-type')
    }
  })

  test('unmasked, it is the delivery to the byte', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe])
    const callbacks = receiver({ redact: false })
    await callbacks.receive(from({ ...v1Delivery(), body: bytes }))
    await callbacks.receive({ ...forged(), headers: { ...forged().headers, Authorization: 'Bearer x' } })
    await written(2)
    const [malformed, mismatch] = await read()
    expect(malformed).toMatchObject({ bodyEncoding: 'base64', body: bytes.toString('base64') })
    expect(mismatch).toMatchObject({ headers: { Authorization: 'Bearer x' }, report: { code: 'signature_mismatch' } })
    expect(mismatch).not.toHaveProperty('redacted')
  })

  test('beside a listener of one’s own, in a list', async () => {
    const reports: DeliveryReport[] = []
    const callbacks = smileIdCallbacks({
      ...testOptions,
      onDelivery: [captureRefused({ dir }), (report) => reports.push(report)],
    })
    await callbacks.receive(forged())
    await written(1)
    expect(reports).toHaveLength(1)
  })

  test('called with the report alone it says so', async () => {
    const capture: unknown = captureRefused({ dir })
    const errors: unknown[] = []
    const callbacks = smileIdCallbacks({
      ...testOptions,
      onDelivery: (report) => (capture as (report: DeliveryReport) => unknown)(report),
      onError: (error) => errors.push(error),
    })
    await callbacks.receive(forged())
    expect(errors).toMatchObject([{ message: 'captureRefused needs both arguments of onDelivery' }])
  })
})

describe('no byte of identity', () => {
  const canary = 'C4N4RY'
  const planted = (value: unknown, keep: ReadonlySet<string>): unknown => {
    if (Array.isArray(value)) return (value as unknown[]).map((one: unknown) => planted(one, keep))
    if (typeof value !== 'object' || value === null) return `${canary} ${String(value)}`
    return Object.fromEntries([
      ...Object.entries(value as Record<string, unknown>).map(([key, one]) => [
        key,
        keep.has(key) ? one : planted(one, keep),
      ]),
      [canary, canary],
      [`${canary}_key`, { [canary]: [canary] }],
    ])
  }
  const strangeHeaders = {
    [canary]: canary,
    'Content-Type': `application/json; x=${canary}`,
    'Job-ID': canary,
    'User-ID': canary,
    'X-Forwarded-For': `${canary}, 10.0.0.1`,
    'X-Response-Signature': canary,
    [`${canary}-Response-Signature`]: 'x',
  }
  const decided = new Set(['ResultCode', 'job_type', 'status', 'product'])
  const v1 = { ...v1Payload, FullName: 'x', people: [{ name: 'x', list: ['x'] }], signature: 'x' }

  test.each<[string, () => Promise<unknown>]>([
    [
      'signature_mismatch, v1',
      () =>
        receiver({}, { credentials: { ...credential, apiKey: 'x' } }).receive(
          from({
            ...v1Delivery({ payload: planted(v1, decided) as object as Record<string, unknown> }),
            headers: strangeHeaders,
          }),
        ),
    ],
    [
      'signature_missing, everything strange',
      () =>
        receiver().receive(
          from({ method: 'POST', headers: strangeHeaders, body: JSON.stringify(planted(v1, new Set())) }),
        ),
    ],
    [
      'signature_mismatch, a strange signature',
      () =>
        receiver().receive(
          from({ method: 'POST', headers: { 'Response-Signature': canary, 'Response-Timestamp': canary }, body: '{}' }),
        ),
    ],
    [
      'malformed_json',
      () => receiver().receive(from({ method: 'POST', headers: {}, body: `{"${canary}": ${canary}` })),
    ],
    [
      'ip_not_allowed',
      () => receiver().receive(from({ method: 'POST', headers: strangeHeaders, body: canary }, '203.0.113.9')),
    ],
    ['method_not_allowed', () => receiver().receive(from({ method: canary, headers: strangeHeaders, body: canary }))],
    [
      'handler_failed',
      async () => {
        const callbacks = receiver()
        callbacks.onAny(() => {
          throw new Error(canary)
        })
        return callbacks.receive(from(v1Delivery({ payload: planted(v1Payload, decided) as Record<string, unknown> })))
      },
    ],
    [
      'unrecognized_payload',
      () => receiver().receive(from(v3Delivery({ payload: { [canary]: canary, status: canary }, jobId: canary }))),
    ],
    [
      'callback_url_mismatch',
      () =>
        receiver({}, { callbackSecret: 'a secret of sixteen or more' }).receive(
          from({ ...v3Delivery(), url: `https://${canary}/?${canary}` }),
        ),
    ],
  ])('%s', async (_code, deliver) => {
    await deliver()
    await written(1)
    for (const { name, text } of await captures()) expect(`${name} ${text}`).not.toMatch(/C4N4RY/i)
  })

  test('unless it is asked for', async () => {
    await receiver({ redact: false }).receive(
      from({ method: 'POST', headers: {}, body: JSON.stringify({ [canary]: canary }) }),
    )
    await written(1)
    expect((await captures())[0]?.text).toContain(canary)
  })
})

describe('bounds', () => {
  test('a flood does not drive out what is rare', async () => {
    // Captures of one code are bounded by the second.
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const capture = captureRefused({ dir, most: 4 })
    const writing: unknown[] = []
    const callbacks = receiver({}, { onDelivery: (report, context) => void writing.push(capture(report, context)) })
    await callbacks.receive(from({ method: 'POST', headers: {}, body: '{' }))
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 8; n += 1) await callbacks.receive(forged())
      vi.advanceTimersByTime(1_050)
      await Promise.all(writing)
    }
    await allWritten(callbacks)
    await Promise.all(writing)
    expect(await files()).toHaveLength(4)
    const names = await files()
    for (const code of ['malformed_json', 'ip_not_allowed'])
      expect(names.filter((name) => name.includes(code))).toHaveLength(1)
  })

  test('of bytes, together and each', async () => {
    const callbacks = receiver({ mostBytes: 4_000, redact: false })
    const padded = (bytes: number) =>
      from({ method: 'POST', headers: {}, body: JSON.stringify({ padding: 'x'.repeat(bytes) }) })
    for (const bytes of [1_000, 1_000, 1_000, 10_000]) await callbacks.receive(padded(bytes))
    await allWritten(callbacks)
    await vi.waitFor(async () => {
      expect((await captures()).reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(4_000)
    }, 30_000)
    expect((await files()).length).toBeGreaterThan(1)
  })

  test('files of others in the folder stay', async () => {
    await writeFile(join(dir, 'notes.json'), '{}')
    let at = now
    const callbacks = receiver({ most: 1 }, { now: () => (at += 1_000) })
    await callbacks.receive(forged())
    await callbacks.receive(from({ method: 'POST', headers: {}, body: '{' }))
    await vi.waitFor(async () => {
      expect(await files()).toEqual([expect.stringContaining('malformed_json'), 'notes.json'])
    }, 30_000)
  })

  test('a file that another process is writing stays, one that a crash left does not', async () => {
    const part = (id: string) => join(dir, `.2026-10-14T08-00-00-000Z-signature_mismatch-${id}.part`)
    await writeFile(part('00000001'), 'x')
    await writeFile(part('00000002'), 'x')
    await utimes(part('00000002'), new Date(), new Date(Date.now() - 120_000))
    const callbacks = receiver({ most: 1 })
    await callbacks.receive(forged())
    await vi.waitFor(async () => {
      expect((await readdir(dir)).filter((name) => name.endsWith('.part'))).toEqual([basename(part('00000001'))])
    })
    await written(1)
  })

  test('two processes share a folder', async () => {
    const flood = () => promisify(execFile)(process.execPath, [tsx, program('flood.mjs'), dir])
    const ran = await Promise.all([flood(), flood()])
    expect(ran.map(({ stderr }) => stderr)).toEqual(['', ''])
    const names = await files()
    expect(names.length).toBeGreaterThan(0)
    expect(names.length).toBeLessThanOrEqual(5)
    await read()
  })
})

describe('what goes wrong stays here', () => {
  const said = () => {
    const lines: string[] = []
    const keep = (_facts: object, line: string) => {
      lines.push(line)
    }
    return { lines, logger: { warn: keep, error: keep } }
  }

  test.each<[string, () => Promise<string>, string]>([
    [
      'a file where the folder belongs',
      async () => {
        await writeFile(join(dir, 'x'), '')
        return join(dir, 'x')
      },
      'ENOTDIR',
    ],
    [
      'a folder below a file',
      async () => {
        await writeFile(join(dir, 'x'), '')
        return join(dir, 'x', 'y')
      },
      'ENOTDIR',
    ],
    ['a folder below a device', () => Promise.resolve('/dev/full/x'), 'ENOTDIR'],
    ['a folder that nobody may write', () => Promise.resolve('/proc/refused'), 'ENOENT'],
  ])('%s is said once, and changes no answer', async (_what, where, code) => {
    const log = said()
    const callbacks = receiver({ dir: await where() }, { logger: log.logger })
    for (let n = 0; n < 3; n += 1)
      expect(await callbacks.receive(forged())).toMatchObject({ code: 'signature_mismatch' })
    await vi.waitFor(
      () => {
        expect(log.lines.filter((line) => line.includes('captureRefused'))).toEqual([expect.stringContaining(code)])
      },
      { timeout: 30_000 },
    )
    await settled()
    expect(log.lines.filter((line) => line.includes('captureRefused'))).toHaveLength(1)
  })

  test('a disk that is full in the middle leaves no half of a file', async () => {
    const limited = join(dir, 'limited')
    await mkdir(limited)
    await chmod(limited, 0o700)
    // A limit on the size of files stands in for the end of the disk: the write stops in the middle.
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      `trap '' XFSZ; ulimit -f 1; exec "$@"`,
      'sh',
      process.execPath,
      tsx,
      program('full.mjs'),
      limited,
    ])
    expect(stdout).toContain('EFBIG')
    expect(await readdir(limited)).toEqual([])
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', '/tmp'],
    ['no folder', {}],
    ['an empty folder', { dir: '' }],
    ['a folder of another type', { dir: 5 }],
    ['a NUL in the folder', { dir: 'a\0b' }],
    ['none at most', { dir, most: 0 }],
    ['a fraction', { dir, most: 1.5 }],
    ['a text for a number', { dir, most: '5' }],
    ['an infinite number', { dir, most: Infinity }],
    ['no bytes', { dir, mostBytes: 0 }],
    ['nonsense for bytes', { dir, mostBytes: 'much' }],
    ['a text for a flag', { dir, redact: 'no' }],
    ['null for a flag', { dir, redact: null }],
    ['a name that is not known', { dir, max: 5 }],
  ])('%s is refused', (_what, options) => {
    expect(() => captureRefused(options as never)).toThrow(expect.objectContaining({ name: 'SmileIdConfigError' }))
  })
})

describe('inspect reads a capture', () => {
  const inspected = async (args = '', env?: Record<string, string>) => {
    const [{ text } = { text: '' }] = await captures()
    return run(`inspect - ${args}`, { ...(env && { env }), readStdin: () => Promise.resolve(text) })
  }

  test.each([true, false])('with the cause that the receiver named, redact: %s', async (redact) => {
    await receiver({ redact }, { credentials: { ...credential, partnerId: '85' } }).receive(from(v1Delivery()))
    await written(1)
    const { out, code } = await inspected('', {})
    expect(code).toBe(1)
    expect(out).toContain('The router answers 401 signature_mismatch')
    expect(out).toContain('Likely cause (partner_id_zeros)')
  })

  test('and tries its signature with the credentials that are given', async () => {
    await receiver({}, { credentials: { ...credential, apiKey: 'the old key' } }).receive(from(v1Delivery()))
    await written(1)
    expect((await inspected()).out).toContain(
      'With the credentials given here: the signature is right, and so is its age',
    )
    expect((await inspected('--api-key other')).out).toContain(
      'With the credentials given here: 401 signature_mismatch',
    )
  })

  test('v3 too: its signature covers no byte of the body', async () => {
    await receiver({}, { credentials: { ...credential, apiKey: 'the old key' } }).receive(from(v3Delivery()))
    await written(1)
    expect((await inspected()).out).toContain('the signature is right, and so is its age')
  })

  test('a masked one cannot be sent again', async () => {
    await receiver().receive(forged())
    await written(1)
    const { code, err } = await run(`send --to http://127.0.0.1:9/ --from ${dir}`)
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('masked') as unknown })
  })
})
