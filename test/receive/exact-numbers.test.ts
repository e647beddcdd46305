import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LoosePayload, SmileIdEvent } from '../../src/index.ts'
import { parseBody, parseExactly } from '../../src/receive/body/parse.ts'
import { v1Delivery, v1Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// Two ids above 2^53 become one when JSON.parse rounds them, and the second job is lost as a duplicate of the first.

async function read(change: (body: string) => string): Promise<SmileIdEvent> {
  const { post, events } = receiver()
  const { method, headers, body } = v1Delivery({
    payload: { ...v1Payload, PartnerParams: { job_id: 'JOB', user_id: 'USER', job_type: 1, account_id: 'ACCOUNT' } },
  })
  expect(await post({ method, headers, body: change(body) })).toMatchObject({ code: 'accepted' })
  return events[0]!
}

test.each(['JOB', 'USER', 'ACCOUNT'])(
  '%s: no digit of a long number is lost, and two of them stay two',
  async (name) => {
    const [a, b] = await Promise.all(
      ['9007199254740992', '9007199254740993'].map((id) => read((body) => body.replace(`"${name}"`, id))),
    )
    expect(a!.id).not.toBe(b!.id)
    expect(JSON.stringify([b!.jobId, b!.userId, b!.partnerParams])).toContain('"9007199254740993"')
    // As text it is the same.
    expect((await read((body) => body.replace(`"${name}"`, '"9007199254740993"'))).id).toBe(b!.id)
  },
)

test('wherever it begins, and behind shorter ones', () => {
  for (let at = 0; at < 40; at += 1) {
    const text = `[${' '.repeat(at)}1234567,"12345678901234567",9007199254740993,9007199254740991]`
    const raw = Buffer.from(text)
    expect(parseBody({ source: 'bytes', raw }, { isFull: false })).toEqual({
      value: [1234567, '12345678901234567', '9007199254740993', 9007199254740991],
    })
  }
})

test('beside a photo, too', async () => {
  const photo = 'x'.repeat(50_000)
  const { jobId, payload } = await read((body) =>
    body.replace('"JOB"', '123456789012345678901').replace('{', `{"Photo":"${photo}",`),
  )
  expect([jobId, (payload as LoosePayload)['Photo']]).toEqual(['123456789012345678901', photo])
})

test('every other text is read as JSON.parse reads it', () => {
  const long = fc.constantFrom(
    '12345678901234567',
    '"12345678901234567"',
    '" 12345678901234567"',
    '-12345678901234567',
    '1234567890123456.5',
    '0.12345678901234567',
    '1e12345678901234567',
    '12345678901234567e1',
    '9007199254740991',
    '00000000000000001',
    '+12345678901234567',
    '\\"12345678901234567',
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof(long, fc.json(), fc.constantFrom('{', '}', '[', ']', ',', ':', '"', ' ')), { maxLength: 6 }),
      (pieces) => {
        for (const text of [`[${pieces.join(',')}]`, pieces.join('')]) {
          let wanted: unknown
          try {
            wanted = JSON.parse(text)
          } catch {
            expect(() => parseExactly(Buffer.from(text))).toThrow(SyntaxError)
            continue
          }
          // Rounded alike, but for what is a text now.
          const rounded = JSON.stringify(parseExactly(Buffer.from(text)), (_key, value: unknown) =>
            typeof value === 'string' && /^-?[1-9]\d{15,}$/.test(value) ? Number(value) : value,
          )
          expect(rounded).toBe(
            JSON.stringify(wanted, (_key, value: unknown) =>
              typeof value === 'string' && /^-?[1-9]\d{15,}$/.test(value) ? Number(value) : value,
            ),
          )
        }
      },
    ),
    { numRuns: 1_000 },
  )
})

test('what is no JSON costs less than JSON does, however many long numbers are in it', () => {
  const costOf = (work: () => unknown): number => {
    const began = process.cpuUsage()
    expect(work).not.toThrow()
    const { user, system } = process.cpuUsage(began)
    return user + system
  }
  const number = '9007199254740993'
  const body = `[${`${number}""`.repeat(80_000)}]`
  const ordinary = `[${`"${number}",`.repeat(75_000)}1]`
  const costs = [1, 2, 3].map(() => [
    costOf(() => expect(() => parseExactly(Buffer.from(body))).toThrow(SyntaxError)),
    costOf(() => JSON.parse(ordinary) as unknown),
  ])
  const [ofBody, ofOrdinary] = [0, 1].map((at) => Math.min(...costs.map((both) => both[at]!)))
  expect(ofBody).toBeLessThan(ofOrdinary!)
})
