import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Scratch } from '../../src/events/scratch.ts'

const bytesOf = (texts: readonly string[]) => new Uint8Array(Buffer.from(texts.join(''), 'utf16le'))

test('holds what was written, of any length, and starts anew', () => {
  const scratch = new Scratch()
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'x'.repeat(40_000)))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      for (const one of texts) scratch.write(one)
      expect(Buffer.compare(scratch.take(), bytesOf(texts))).toBe(0)
    }),
    { numRuns: 50 },
  )
})

test('tells neighbours and types apart', () => {
  const scratch = new Scratch()
  const written = (values: readonly unknown[]) => {
    for (const value of values) scratch.writeScalar(value)
    return Buffer.from(scratch.take()).toString('utf16le')
  }
  const all = [['ab', 'c'], ['a', 'bc'], ['abc'], [1], ['1'], [true], ['true'], [undefined], ['undefined'], [null], [], [undefined, undefined]].map(written)
  expect(new Set(all).size).toBe(all.length)
})

test('a large body does not keep its memory', () => {
  const scratch = new Scratch()
  scratch.write('x'.repeat(1_000_000))
  expect(scratch.take().length).toBe(2_000_000)
  scratch.write('y')
  expect(scratch.take().buffer.byteLength).toBeLessThan(100_000)
})
