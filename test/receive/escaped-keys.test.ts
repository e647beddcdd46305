import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromSafeJson, toSafeJson } from '../../src/inbox/message.ts'
import { readJson } from '../../src/lib/json.ts'
import { v1Delivery, v1Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// V8 of Node 24 and 26: once JSON had the key `\` at a place, JSON.parse reads a key there that begins with an escape
// as `\`. A stranger's unsigned body does that, and many languages write "état" as "\u00e9tat".

const params = { job_id: 'job-1', user_id: 'user-1', job_type: 1 }
const escaped = (text: string) =>
  text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

it.each(['état', 'Ọjọ́', '名', '😀', '/path'])('a stranger cannot rename the partner param %s', async (name) => {
  const { post, events } = receiver()
  const signed = v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...params, [name]: 'ouvert' } } })
  const forged = v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...params, '\\': 'x' } } })
  for (let i = 0; i < 3; i += 1)
    await post({ ...forged, body: forged.body.replace(/"signature":"../, '"signature":"xx') })
  const body = escaped(signed.body).replace('"/path"', '"\\/path"')
  expect(await post({ ...signed, body })).toMatchObject({ code: 'accepted' })
  expect(events[0]!.partnerParams).toMatchObject({ job_id: 'job-1', [name]: 'ouvert' })
})

it('nor one that lies in an inbox', () => {
  for (const first of ['\\', '\\x']) fromSafeJson(toSafeJson({ inAnInbox: 1, [first]: 2 })!)
  expect(fromSafeJson(toSafeJson({ inAnInbox: 1, é: 2 })!)).toEqual({ inAnInbox: 1, é: 2 })
})

it('reads all else as JSON.parse does, errors included', () => {
  const end = (parse: (text: string) => unknown, text: string) => {
    try {
      return parse(text)
    } catch (error) {
      return (error as Error).name
    }
  }
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    '"',
    '\\',
    '\\u00e9',
    '\\ud83d',
    '\\/',
    '\\u0022',
    'a',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      // No keys: JSON.parse itself would misread them, here and in tests that run after this one.
      const within = `["x",${text}]`
      expect(end(readJson, within)).toEqual(end(JSON.parse, within))
    }),
    { numRuns: 3_000 },
  )
})
