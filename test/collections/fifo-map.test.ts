import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FifoMap } from '../../src/collections/fifo-map.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd')

describe('FifoMap', () => {
  test('does what a Map does whose keys move to the end when they are set again', () => {
    const step = fc.oneof(fc.record({ set: key }), fc.record({ delete: key }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model = new Map<string, number>()
        const map = new FifoMap<number>()
        for (const [at, one] of steps.entries()) {
          if ('set' in one) {
            model.delete(one.set)
            model.set(one.set, at)
            map.set(one.set, at)
          } else {
            expect(map.delete(one.delete)).toBe(model.delete(one.delete))
          }
          const [oldest] = model
          expect(map.size).toBe(model.size)
          expect(map.oldest && [map.oldest.key, map.oldest.value]).toEqual(oldest)
          for (const name of ['a', 'b', 'c', 'd']) expect(map.get(name)).toBe(model.get(name))
        }
      }),
    )
  })

  test('finds the oldest at once, however many were deleted', () => {
    const timeOf = (size: number) => {
      const map = new FifoMap<number>()
      for (let i = 0; i < size; i += 1) map.set(String(i), i)
      const start = process.cpuUsage()
      for (let i = size; i < size + 20_000; i += 1) {
        map.delete(map.oldest?.key ?? '')
        map.set(String(i), i)
      }
      const { user, system } = process.cpuUsage(start)
      return user + system
    }
    timeOf(100)
    // Linear work would be a thousand times as much.
    expect(timeOf(100_000)).toBeLessThan(50 * timeOf(100))
  })
})
