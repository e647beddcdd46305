import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FifoList, type Links } from '../../src/once/memory.ts'

interface Item extends Links<Item> {
  name: string
}
const itemOf = (name: string): Item => ({ name, older: undefined, newer: undefined })

describe('FifoList', () => {
  test('keeps items in the order they were added, whichever are removed', () => {
    const step = fc.oneof(fc.record({ add: fc.constant(true) }), fc.record({ remove: fc.nat(40) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model: Item[] = []
        const list = new FifoList<Item>()
        for (const [at, one] of steps.entries()) {
          if ('add' in one) {
            const item = itemOf(String(at))
            model.push(item)
            list.add(item)
          } else if (model.length > 0) {
            const [item] = model.splice(one.remove % model.length, 1) as [Item]
            list.remove(item)
            expect([item.older, item.newer]).toEqual([undefined, undefined])
          }
          expect(namesFrom(list.oldest)).toEqual(model.map(({ name }) => name))
        }
      }),
    )
  })

  test('takes back an item that was removed, as the newest', () => {
    const list = new FifoList<Item>()
    const [a, b] = [itemOf('a'), itemOf('b')]
    list.add(a)
    list.add(b)
    list.remove(a)
    list.add(a)
    expect(namesFrom(list.oldest)).toEqual(['b', 'a'])
  })
})

/** From the oldest on; the way back has to be the same. */
function namesFrom(oldest: Item | undefined): string[] {
  const names: string[] = []
  let before: Item | undefined
  for (let item = oldest; item; item = item.newer) {
    expect(item.older).toBe(before)
    names.push(item.name)
    before = item
  }
  return names
}
