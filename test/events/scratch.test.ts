import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyDigest } from '../../src/events/body-digest.ts'
import { Scratch } from '../../src/events/scratch.ts'

// Long and short, and at the ends of what one and two bytes hold.
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 35, maxLength: 45 }), fc.constantFrom('', '\ud800', '\x7f'.repeat(41), '\x80', '\x80'.repeat(41), '\ud800'.repeat(41), 'é'.repeat(200), '\uffff'.repeat(41), 'x'.repeat(40_000), `${'x'.repeat(40_000)}é`))
const scalar = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null))

/** What was written, read back: each mark, and each scalar as its type's first letter and its text. */
function read(bytes: Buffer): unknown[] {
  const found: unknown[] = []
  for (let at = 0; at < bytes.length; ) {
    const type = bytes.readUInt8(at)
    if (type === '['.charCodeAt(0)) {
      found.push('[')
      at += 1
      continue
    }
    const width = type < 128 ? 1 : 2
    const end = at + 5 + width * bytes.readUInt32LE(at + 1)
    found.push([String.fromCharCode(type % 128), bytes.toString(width === 1 ? 'latin1' : 'utf16le', at + 5, end)])
    at = end
  }
  return found
}

test('can be read back, so that no two bodies are written alike, and starts anew', () => {
  const scratch = new Scratch()
  fc.assert(
    fc.property(fc.array(fc.oneof(scalar, fc.constant(undefined)), { maxLength: 6 }), (values) => {
      for (const value of values) {
        if (value === undefined) scratch.writeMark('[')
        else scratch.writeScalar(value)
      }
      const expected = values.map((value) => (value === undefined ? '[' : [(typeof value)[0], String(value)]))
      expect(read(Buffer.from(scratch.take()))).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('takes of a text what is given for it', () => {
  const scratch = new Scratch()
  scratch.writeScalar('https://a.example/?b', 'https://a.example/')
  expect(read(Buffer.from(scratch.take()))).toEqual([['s', 'https://a.example/']])
})

test('a digest that threw on its way leaves nothing to the next', () => {
  const odd = { a: 'x', get b() { throw new Error('a parser of its own kind') } }
  const plain = bodyDigest({ a: 1 })
  expect(() => bodyDigest(odd)).toThrow()
  expect(bodyDigest({ a: 1 })).toBe(plain)
})

test('a large body does not keep its memory', () => {
  const scratch = new Scratch()
  scratch.writeScalar('x'.repeat(1_000_000))
  expect(scratch.take().length).toBe(1_000_005)
  scratch.writeMark('[')
  expect(scratch.take().buffer.byteLength).toBeLessThan(100_000)
})
