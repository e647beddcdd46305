import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codeRows } from '../../src/cli/explain/texts/codes.ts'
import { codes as reportCodes, type ReportCode } from '../../src/report/codes.ts'
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
    const rows = rowsUnder('src/report/README.md', '# Refusals')
    everyCellIsFilled(rows, 3)
    const told = rows.flatMap(([codes = '', status]) => codesIn(codes).map((code) => `${code} ${status ?? ''}`))
    expect(told.sort()).toEqual(
      Object.entries(reportCodes)
        .map(([code, { status }]) => `${code} ${status}`)
        .sort(),
    )
  })

  test('answers, with the fix that explain gives', () => {
    const plain = (cell: string) => cell.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
    const rows = rowsUnder('src/report/README.md', '# Refusals').map(([code = '', , fix = '']) => [
      plain(code),
      plain(fix),
    ])
    expect(rows).toEqual(Object.keys(reportCodes).map((code) => [code, codeRows[code as ReportCode][2]]))
  })

  test("workers' errors", () => {
    const rows = rowsUnder('src/inbox/README.md', '## Dead letters')
    everyCellIsFilled(rows, 2)
    const codes = wordsOf('src/inbox/dispatch-error.ts', 'DispatchErrorCode')
    expect(codes.length).toBeGreaterThan(4)
    expect(rows.flatMap(([code = '']) => codesIn(code)).sort()).toEqual(codes.sort())
  })
})

test('every option has its row, and there is no other', () => {
  const options =
    source('src/options/types.ts').split('export interface SmileIdCallbacksOptions')[1]?.split('\n}')[0] ?? ''
  const names = [...options.matchAll(/^ {2}(\w+)\??:/gm)].map(({ 1: name }) => name)
  expect(names.length).toBeGreaterThan(20)
  const rows = rowsUnder('src/options/README.md', '# Options')
  everyCellIsFilled(rows, 3)
  const once = ['lease', 'ttl', 'timeout', 'onStoreError']
  expect(rows.flatMap(([name = '']) => codesIn(name)).sort()).toEqual([...names, ...once].sort())
})
