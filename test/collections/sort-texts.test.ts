import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sortTexts } from '../../src/collections/sort-texts.ts'

test('sorts like Array.prototype.sort, few and many, in place', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom('', 'a', 'b', '\ud800', '\uffff', 'ab'))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 70 }), (texts) => {
      const given = [...texts]
      expect(sortTexts(given)).toBe(given)
      expect(given).toEqual([...texts].sort())
    }),
    { numRuns: 300 },
  )
})
