import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkBody, parseBody, parseExactly } from '../../src/receive/body/parse.ts'
import { isRefusal } from '../../src/report/refusal.ts'

const photo = 'A'.repeat(40_000)
/** Longer than a body that is only counted. */
const longString = 16_384
const parsed = (raw: Buffer) => {
  const body = { source: 'bytes', raw } as const
  const outline = checkBody(body, raw.length)
  return isRefusal(outline) ? outline : parseBody(body, outline)
}

/**
 * What `JSON.parse` says of the same bytes, but for whole numbers that it would round: of those the test beside this
 * one tells.
 */
function plainly(raw: Buffer): unknown {
  const text = raw.toString('utf8').replace(/^\ufeff/, '')
  try {
    return { value: /\d{16}/.test(text) ? parseExactly(Buffer.from(text)) : (JSON.parse(text) as unknown) }
  } catch {
    return expect.objectContaining({ code: 'malformed_json' })
  }
}

function expectAsPlain(json: string | Buffer): void {
  const raw = Buffer.from(json)
  expect(parsed(raw)).toEqual(plainly(raw))
}

describe('the same value as JSON.parse makes', () => {
  test.each<[string, string]>([
    ['a lone text', JSON.stringify(photo)],
    ['a list of them', JSON.stringify([photo, photo, `${photo}x`])],
    ['a key', JSON.stringify({ [photo]: 'x', [`${photo}y`]: photo })],
    ['a key with spaces after it', `{"${photo}" \n\t\r: 1}`],
    ['the same key twice', `{"a":"${photo}1","a":"${photo}2"}`],
    ['twice, the last one short', `{"a":"${photo}1","a":"2"}`],
    ['__proto__', `{"__proto__":"${photo}","a":{"__proto__":"${photo}"}}`],
    ['a byte order mark', `\ufeff{"a":"${photo}"}`],
    ['two of them', `\ufeff\ufeff{"a":"${photo}"}`],
    ['texts that look like stand-ins', `{"a":"${photo}","b":"\\u00000","c":"\\u00001","d":"\\\\u00000"}`],
    ['one in a key', `{"\\u00000":"${photo}"}`],
    ['one in a long text', `{"a":"${photo}","b":"${photo}\\u00000"}`],
    ['much around it', JSON.stringify({ a: photo, b: Array.from({ length: 5_000 }, (_, i) => i) })],
    ['more than ten of them', JSON.stringify(Array.from({ length: 12 }, (_, i) => `${i}${photo}`))],
    ['nothing after it', `"${photo}`],
    ['nothing after it but a backslash', `"${photo}\\`],
    ['nothing between two', `["${photo}""${photo}"]`],
    ['a quote too many', `["${photo}"",1]`],
    ['a text where none may be', `{"a":1 "${photo}"}`],
    ['a comma too many', `{"a":"${photo}",}`],
    ['other letters around it', JSON.stringify({ é: photo, '👍': 'é' })],
  ])('%s', (_, json) => {
    expectAsPlain(json)
  })

  test('whatever byte it holds, at the start, in the middle or at the end', { timeout: 60_000 }, () => {
    const length = longString + 20
    const other = longString + 1
    const places = [
      0,
      1,
      2,
      3,
      4,
      5,
      7,
      8,
      15,
      16,
      17,
      length / 2,
      length - 18,
      length - 17,
      length - 9,
      length - 5,
      length - 4,
      length - 3,
      length - 2,
      length - 1,
    ]
    const json = Buffer.from(`["${'a'.repeat(length)}","${'b'.repeat(other)}"]`)
    for (const place of places) {
      for (let byte = 0; byte < 256; byte += 1) {
        json[2 + place] = byte
        if (byte < 0x30 || byte > 0x5a) expectAsPlain(json)
      }
      json[2 + place] = 0x61
    }
  })

  const odd = fc.constantFrom('', '', 'é', '\u0000', '\u001f', '\n', '"', '\\', '\\\\"', '\u007f', '\ud800', '👍', '0')
  const longText = fc
    .tuple(odd, fc.integer({ min: 0, max: longString + 40 }), odd)
    .map(([first, at, inside]) => first + 'a'.repeat(at) + inside + 'b'.repeat(longString + 40 - at))
  const leaf = fc.oneof(longText, odd, fc.jsonValue({ maxDepth: 1 }))
  const { value: json } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(longText, odd), tie('value'), { maxKeys: 4 }),
    ),
  }))

  test('whatever is sent', () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 0, max: 3 }), (value, spaces) => {
        expectAsPlain(JSON.stringify([value, photo], null, spaces))
      }),
      { numRuns: 300 },
    )
  })

  test('and however it is damaged', () => {
    const pieces = fc.constantFrom('"', '\\', ',', ':', '{', ']', '\u0000', '\n', '\\u0000', 'é', '')
    fc.assert(
      fc.property(json, pieces, fc.nat(), fc.integer({ min: 0, max: 2 }), (value, piece, place, drop) => {
        const text = JSON.stringify([value, photo])
        const at = place % text.length
        expectAsPlain(text.slice(0, at) + piece + text.slice(at + drop))
        // At the edges of long strings, where a place at random hardly ever falls.
        const edge = text.indexOf('"', place % 1_000)
        expectAsPlain(text.slice(0, edge) + piece + text.slice(edge + drop))
      }),
      { numRuns: 300 },
    )
  })
})
