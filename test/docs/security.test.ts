import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { own, rowsUnder } from './readme.ts'

// SECURITY.md names, row by row, the tests that show it; hostile/table.test.ts tries the table of forgeries itself.

describe.each([
  ['## Who may attack, and what stops them', 7],
  ['## What each guard does not prove', 7],
  ['## Bounds', 9],
])('%s', (heading, atLeast) => {
  const rows = rowsUnder('SECURITY.md', heading)

  test('each row names tests that are there', () => {
    expect(rows.length).toBeGreaterThanOrEqual(atLeast)
    for (const row of rows) {
      const named = [...(row.at(-1) ?? '').matchAll(/`([\w-]+\/[\w-]+)`/g)].map(([, name]) => name)
      expect(named, row[0]).not.toEqual([])
      expect(
        named.filter((name) => !existsSync(own(`test/${name}.test.ts`))),
        row[0],
      ).toEqual([])
    }
  })
})
