import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contentOf,
  encode,
  fromMessage,
  fromSafeJson,
  readMessage,
  storedId,
  toMessage,
  toSafeJson,
  toSafeMessage,
} from '../../src/inbox/message.ts'
import type { InboxMessage, SmileIdEvent } from '../../src/index.ts'
import { jsonTexts } from '../support/json-texts.ts'

describe('safe JSON', () => {
  it('keeps every value that a JSON text can hold, in printable ASCII', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const value: unknown = JSON.parse(text)
        const safe = toSafeJson(value)!
        expect(safe).toMatch(/^[ -~]*$/)
        expect(fromSafeJson(safe)).toEqual(value)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['a text', '\u0000'],
    ['a text that looks marked', '\u0000-0'],
    ['a marked one beside -0', ['\u0000-0', '\u0000\u0000', '', -0, 0]],
    ['what is too large for a number', JSON.parse('[1e400,-1e400]')],
    ['lone surrogates', ['\ud800', '\udc00\ud800']],
    ['a key like a prototype', JSON.parse('{"__proto__":{"a":-0},"constructor":1}')],
    ['a text in a key', { '\u0000\ud800é': 'é' }],
  ])('keeps %s', (_, value: unknown) => {
    expect(fromSafeJson(toSafeJson(value)!)).toEqual(value)
    expect(JSON.stringify(fromSafeJson(toSafeJson(value)!))).toBe(JSON.stringify(value))
  })

  it('is stored once: no quote and no backslash of it is escaped again', () => {
    const texts = { plain: 'x', quoted: 'He said "no"', named: 'Adébáyọ̀ Ọlá', nested: JSON.stringify({ a: '\\' }) }
    const content = { list: Array.from({ length: 50 }, () => texts) }
    const once = toSafeJson(content)!.length
    const message = JSON.stringify(toSafeMessage('id', content))
    expect(message.length).toBeLessThan(once * 1.02 + 60)
    expect(message).toMatch(/^[ -~]*$/)
    expect(contentOf(JSON.parse(message))).toEqual(content)
    // Nothing of a version before is lost.
    expect(contentOf({ version: 2, id: 'id', text: toSafeJson(content) })).toEqual(content)
  })

  it('has nothing for what is no JSON', () => {
    expect(toSafeJson(undefined)).toBeUndefined()
  })
})

describe('a message', () => {
  const event = (payload: object) =>
    ({
      id: 'id-1',
      kind: 'result',
      product: 'basic_kyc',
      outcome: 'approved',
      payload,
      delivery: { generation: 'v1', signedAt: new Date(0), receivedAt: new Date(0) },
    }) as unknown as SmileIdEvent<unknown>

  it('is read again after JSON, and after a copy', () => {
    const message = toMessage(event({ name: '\u0000\ud800' }), { account: 'é' }, { traceparent: '00-1-2-01' })
    const json = JSON.stringify(message)
    expect(json).toMatch(/^[ -~]*$/)
    for (const stored of [JSON.parse(json), structuredClone({ ...message }), message]) {
      expect(readMessage(stored)).toMatchObject({
        version: 1,
        id: 'id-1',
        event: { payload: { name: '\u0000\ud800' } },
        partnerParams: { account: 'é' },
        trace: { traceparent: '00-1-2-01' },
      })
    }
  })

  it.each([
    ['as it is', undefined],
    ['as a text', (message: unknown) => JSON.stringify(message)],
    ['trimmed', ({ event }: InboxMessage) => ({ name: event['payload'] })],
    ['as what it was not', () => ['\u0000', { '\ud800': 'é' }]],
  ])('holds for an engine no text but printable ASCII, %s', async (_, serialize) => {
    const stored = await encode(toMessage(event({ name: '\u0000\ud800é' }), {}), { serialize })
    const texts: string[] = []
    JSON.parse(JSON.stringify(stored), (key, value: unknown) => {
      texts.push(key, ...(typeof value === 'string' ? [value] : []))
    })
    expect(texts.length).toBeGreaterThan(2)
    for (const text of texts) expect(text).toMatch(/^[ -~]*$/)
  })

  it('says how its fact came, and what of it is unconfirmed', () => {
    const said = toMessage(
      {
        ...event({}),
        verdictId: 'v-1',
        delivery: { ...event({}).delivery, origin: 'asked', unconfirmed: ['outcome'] },
      } as unknown as SmileIdEvent<unknown>,
      {},
    )
    expect(fromMessage(readMessage(JSON.parse(JSON.stringify(said)))!, {})).toMatchObject({
      verdictId: 'v-1',
      delivery: { origin: 'asked', unconfirmed: ['outcome'] },
    })
  })

  it('is stored as what a copy says, not as what it was copied from', () => {
    const message = toMessage(event({ photo: 'large', name: 'n' }), {})
    const trimmed = { ...message, event: { ...message.event, payload: { name: 'n' } } }
    expect(JSON.stringify(trimmed)).not.toContain('large')
    expect(readMessage(JSON.parse(JSON.stringify(trimmed)))?.event['payload']).toEqual({ name: 'n' })
  })

  it.each([
    undefined,
    null,
    'text',
    {},
    { version: 3 },
    { version: 2 },
    { version: 2, text: 1 },
    { version: 3, text: 1 },
    { version: 3, text: '{' },
    { version: 2, text: '{' },
    { version: 2, text: '"a"' },
  ])('is not %j', (stored) => {
    expect(readMessage(stored)).toBeUndefined()
  })

  it('tells its id to a list', () => {
    expect(storedId({ version: 2, id: 'a', text: '{}' })).toBe('a')
    expect(storedId({ message: 'encrypted' })).toBeUndefined()
    expect(storedId(undefined)).toBeUndefined()
  })
})
