import { inspect } from 'node:util'
import express from 'express'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { smileIdCallbacks, type Logger } from '../../src/index.ts'
import { run } from '../cli/support.ts'
import { credential, senderIp, testOptions, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { serving } from '../support/doors.ts'
import { examinedMistakes, loggedMistakes, refusedMistakes, startMistakes } from './misconfigurations.ts'

afterEach(() => vi.unstubAllEnvs())

function logger() {
  const lines: string[] = []
  const facts: unknown[] = []
  const keep = (fact: object, line: string) => {
    facts.push(fact)
    lines.push(line)
  }
  return { lines, facts, logger: { warn: keep, error: keep } satisfies Logger }
}

describe('the one line of the delivery names the cause', () => {
  test.each(loggedMistakes)('$what', async ({ options, subscribe, delivery, says }) => {
    const log = logger()
    const callbacks = smileIdCallbacks({ ...testOptions, logger: log.logger, ...options })
    log.lines.length = 0
    if (subscribe) subscribe(callbacks)
    else callbacks.onAny(() => undefined)
    await callbacks.receive((delivery ?? { ...v3Delivery(), clientIp: senderIp }) as never)
    expect(log.lines).toHaveLength(1)
    for (const part of says) expect(log.lines[0]).toContain(part)
    expect(log.lines[0]).toMatch(/ express-smile-id explain \w+$/)
    expect(log.lines[0]).not.toContain('\n')
    expect(inspect(log, { depth: Infinity })).not.toContain(credential.apiKey)
  })

  test.each(loggedMistakes)(
    '$what: inspect reads the line, and explain knows its words',
    async ({ options, subscribe, delivery }) => {
      const log = logger()
      const callbacks = smileIdCallbacks({ ...testOptions, logger: log.logger, ...options })
      log.lines.length = 0
      if (subscribe) subscribe(callbacks)
      else callbacks.onAny(() => undefined)
      const { code, cause } = await callbacks.receive((delivery ?? { ...v3Delivery(), clientIp: senderIp }) as never)
      const { out } = await run('inspect - --json', { env: {}, readStdin: () => Promise.resolve(log.lines[0] ?? '') })
      expect(JSON.parse(out)).toMatchObject({ code, cause: { name: cause ?? code } })
      expect((await run(`explain ${cause ?? code}`, { env: {} })).code).toBe(0)
    },
  )
})

describe('what can be seen at start is said at start', () => {
  test.each(startMistakes)('$what', ({ make, topic, env = {} }) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const log = logger()
    try {
      make({ logger: log.logger })
    } catch {
      // Express refuses the object itself.
    }
    expect(log.facts).toContainEqual({ topic })
  })

  test.each(refusedMistakes)('$what', ({ apiKey, says }) => {
    expect(() => smileIdCallbacks({ ...testOptions, credentials: { ...credential, apiKey } })).toThrow(says)
  })

  test('a typo in an event name', () => {
    const callbacks = smileIdCallbacks(testOptions)
    expect(() => callbacks.on('aproved' as never, () => undefined)).toThrow('did you mean "approved"?')
    expect(() => callbacks.on('document_verification.rejcted' as never, () => undefined)).toThrow(
      'did you mean "document_verification.rejected"?',
    )
  })

  test('trust proxy true', async () => {
    const log = logger()
    const callbacks = smileIdCallbacks({ ...testOptions, logger: log.logger })
    const app = express().set('trust proxy', true).use('/smile-id', callbacks.router)
    await serving(app, (url) => fetch(`${url}/smile-id`, { method: 'POST' }))
    expect(log.facts).toContainEqual({ topic: 'trust_proxy_true' })
  })

  test.each([
    ['a function that always says true', () => true, '1.2.3.4', 'trust_proxy_true'],
    ['a number larger than the chain', 3, '1.2.3.4', 'trust_proxy_too_large'],
    ['a function of the hop', (_: string, hop: number) => hop < 1, '1.2.3.4', undefined],
    [
      'a function that throws',
      () => {
        throw new Error('no')
      },
      undefined,
      undefined,
    ],
    ['the number of the chain', 2, '1.2.3.4, 5.6.7.8', undefined],
    ['the number, and no proxy at all', 1, undefined, undefined],
  ] as const)('trust proxy: %s', async (_, trust, forwarded, topic) => {
    const log = logger()
    const callbacks = smileIdCallbacks({ ...testOptions, logger: log.logger })
    const app = express().set('trust proxy', trust).use('/smile-id', callbacks.router)
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }
    await serving(app, (url) => fetch(`${url}/smile-id`, { method: 'POST', headers }))
    const told = log.facts.filter((fact) => String((fact as { topic?: string }).topic).startsWith('trust_proxy'))
    expect(told).toEqual(topic === undefined ? [] : [{ topic }])
  })

  test('a receiver without mistakes says nothing', () => {
    const log = logger()
    smileIdCallbacks({ credentials: { ...credential, environment: 'production' }, logger: log.logger })
    expect(log.lines).toEqual([])
  })
})

describe('doctor names what writes no line', () => {
  test.each(examinedMistakes)('$what', async ({ app, path = '/smile-id', cause }) => {
    const { out } = await serving(app({ logger: false }), (url) => run(`doctor --url ${url}${path} --json`))
    const { findings } = JSON.parse(out) as { findings: { cause?: string }[] }
    expect(findings.flatMap((one) => one.cause ?? [])).toContain(cause)
  })
})

test('33 misconfigurations and more, each once', () => {
  const all = [...loggedMistakes, ...startMistakes, ...refusedMistakes, ...examinedMistakes].map(({ what }) => what)
  expect(new Set([...all, 'a typo in an event name', 'trust proxy true']).size).toBeGreaterThanOrEqual(33)
})

test('the canary is in no line', async () => {
  const canary = 'CANARY-7f3a'
  const log = logger()
  const callbacks = smileIdCallbacks({
    ...testOptions,
    logger: log.logger,
    credentials: { partnerId: canary, apiKey: credential.partnerId },
    partnerParams: z.record(z.string(), z.number()) as never,
  })
  callbacks.onAny(() => {
    throw Object.assign(new Error(canary), { code: canary.toLowerCase() })
  })
  const key = { partnerId: canary, apiKey: credential.partnerId }
  await callbacks.receive({ ...v1Delivery({ credential: key }), clientIp: canary.toLowerCase().replace(/./g, '9') })
  const payload = {
    PartnerParams: { 'CANARY-7f3a mail@example.test': canary, job_id: canary },
    ResultCode: '0810',
    SmileJobID: canary,
    [canary]: canary,
  }
  for (const delivery of [
    v1Delivery(),
    v1Delivery({ credential: key, payload }),
    { ...v1Delivery(), body: canary },
    v3Delivery({ credential: key, payload: { [canary]: canary } }),
  ]) {
    await callbacks.receive({ ...delivery, clientIp: senderIp })
  }
  expect(log.lines.length).toBeGreaterThan(3)
  expect(log.lines.join('\n')).not.toContain('CANARY')
})
