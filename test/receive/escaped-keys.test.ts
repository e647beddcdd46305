import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromSafeJson, toSafeJson } from '../../src/inbox/message.ts'
import { readJson } from '../../src/lib/json.ts'
import { v1Delivery, v1Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// V8 of Node 24 and 26: once JSON had the key `caf\` at a place, JSON.parse reads "caf\u00e9" there as `caf\`. A
// stranger's unsigned body does that, and many languages escape the é.

const params = { job_id: 'job-1', user_id: 'user-1', job_type: 1 }
const escaped = (text: string) =>
  text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The name up to its first character that is written as an escape, and a backslash. */
const poison = (name: string) => `${name.slice(0, name.search(/[^ -~]|\//))}\\`

it.each(['état', 'café', 'Ọjọ́', '名', '😀', 'a/path'])(
  'a stranger cannot rename the partner param %s',
  async (name) => {
    const { post, events } = receiver()
    const signed = v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...params, [name]: 'ouvert' } } })
    const forged = v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...params, [poison(name)]: 'x' } } })
    for (let i = 0; i < 3; i += 1)
      await post({ ...forged, body: forged.body.replace(/"signature":"../, '"signature":"xx') })
    const body = escaped(signed.body).replace('a/path', 'a\\/path')
    expect(await post({ ...signed, body })).toMatchObject({ code: 'accepted' })
    expect(events[0]!.partnerParams).toMatchObject({ job_id: 'job-1', [name]: 'ouvert' })
  },
)

it('nor one that lies in an inbox', () => {
  for (let i = 0; i < 3; i += 1) fromSafeJson(toSafeJson({ inAnInbox: 1, 'caf\\': 2 })!)
  expect(fromSafeJson(toSafeJson({ inAnInbox: 1, café: 2 })!)).toEqual({ inAnInbox: 1, café: 2 })
})

it('reads all else as JSON.parse does, errors included', () => {
  const end = (parse: (text: string) => unknown, text: string) => {
    try {
      return parse(text)
    } catch (error) {
      return (error as Error).name
    }
  }
  // No key can hold a backslash: JSON.parse itself would misread others, here and in tests that run after this one.
  const pieces = ['{', '}', '[', ']', ',', ':', ' ', '"', '"a":', '\\u00e9', '\\ud83d', '\\/', '\\"', '\\u0000', 'a']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (taken) => {
      for (const text of [taken.join(''), `{"é":${taken.join('')}}`, `{"${taken.join('')}":1}`])
        expect(end(readJson, text)).toEqual(end(JSON.parse, text))
    }),
    { numRuns: 3_000 },
  )
})
