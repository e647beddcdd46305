import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codes as reportCodes } from '../../src/report/codes.ts'
import { faultyCaptures } from '../cli/captures.ts'
import { codesIn, own, rowsUnder } from './readme.ts'

const source = (path: string) => readFileSync(own(path), 'utf8')

/** The words of a union type in the source. */
const wordsOf = (path: string, type: string): string[] =>
  [...(new RegExp(`type ${type} =((?:[\\s|]|'\\w+')*)`).exec(source(path))?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
    ({ 1: word = '' }) => word,
  )

const everyCellIsFilled = (rows: string[][], cells: number) =>
  expect(rows.filter((row) => row.length !== cells || row.some((cell) => cell === ''))).toEqual([])

describe('every code is explained, and none that is not there', () => {
  test('answers, with their status', () => {
    const rows = rowsUnder('src/report/README.md', '# Answers and reports')
    everyCellIsFilled(rows, 4)
    const told = rows.map(([code = '', status]) => `${codesIn(code).join()} ${status ?? ''}`)
    expect(told.sort()).toEqual(
      Object.entries(reportCodes)
        .map(([code, { status }]) => `${code} ${status}`)
        .sort(),
    )
  })

  test.each([
    ['src/options/README.md', '## Configuration errors', 'src/errors.ts', 'SmileIdConfigErrorCode', 20],
    ['src/inbox/README.md', '## Worker errors', 'src/inbox/dispatch-error.ts', 'DispatchErrorCode', 4],
  ])('%s %s', (page, heading, path, type, atLeast) => {
    const rows = rowsUnder(page, heading)
    everyCellIsFilled(rows, 3)
    const codes = wordsOf(path, type)
    expect(codes.length).toBeGreaterThan(atLeast)
    expect(rows.flatMap(([code = '']) => codesIn(code)).sort()).toEqual(codes.sort())
  })

  test('likely causes of inspect', () => {
    const known = [...new Set(faultyCaptures.map(({ cause }) => cause))]
    const told = rowsUnder('src/cli/README.md', '## Why was my callback refused?').flatMap(([, causes = '']) =>
      codesIn(causes),
    )
    expect(known.length).toBeGreaterThan(50)
    expect(known.filter((name) => !told.includes(name))).toEqual([])
  })
})

test('every option has its row, and there is no other', () => {
  const options =
    source('src/options/types.ts').split('export interface SmileIdCallbacksOptions')[1]?.split('\n}')[0] ?? ''
  const names = [...options.matchAll(/^ {2}(\w+)\??:/gm)].map(({ 1: name }) => name)
  expect(names.length).toBeGreaterThan(20)
  const rows = rowsUnder('src/options/README.md', '# Options')
  everyCellIsFilled(rows, 3)
  expect(rows.map(([name = '']) => codesIn(name)[0]).sort()).toEqual(names.sort())
})
