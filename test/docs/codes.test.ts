import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codes as reportCodes } from '../../src/report/codes.ts'
import { codesIn, headingsOf, own, rowsUnder } from './readme.ts'

const source = (path: string) => readFileSync(own(path), 'utf8').replace(/\/\/.*$/gm, '')

/** The words of a union type in the source. */
const wordsOf = (path: string, type: string): string[] =>
  [...(new RegExp(`type ${type} =((?:[\\s|]|'\\w+')*)`).exec(source(path))?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
    ({ 1: word = '' }) => word,
  )

const refused = '## Options that are refused'

const everyCellIsFilled = (rows: string[][], cells: number) =>
  expect(rows.filter((row) => row.length !== cells || row.some((cell) => cell === ''))).toEqual([])

describe('every code is explained, and none that is not there', () => {
  test('answers, with their status', () => {
    const rows = rowsUnder('src/report/README.md', '# Refusals')
    everyCellIsFilled(rows, 4)
    const told = rows.flatMap(([codes = '', status]) => codesIn(codes).map((code) => `${code} ${status ?? ''}`))
    expect(told.sort()).toEqual(
      Object.entries(reportCodes)
        .map(([code, { status }]) => `${code} ${status}`)
        .sort(),
    )
  })

  test('causes', () => {
    const rows = headingsOf('src/report/causes.md')
      .filter((heading) => heading !== refused)
      .flatMap((heading) => rowsUnder('src/report/causes.md', heading))
    const told = rows.flatMap(([names = '']) => codesIn(names))
    expect(new Set(told).size).toBe(told.length)
    expect(told.filter((cause) => Object.hasOwn(reportCodes, cause))).toEqual([])
    expect(rows.filter((row) => row.some((cell) => cell === '') || ![2, 4].includes(row.length))).toEqual([])
    const named = [
      ...wordsOf('src/report/refusal.ts', 'ReceiverCause'),
      ...wordsOf('src/cli/explain/texts.ts', 'CaptureCause'),
      ...wordsOf('src/cli/explain/texts.ts', 'DoctorCause'),
    ]
    expect(named.length).toBeGreaterThan(60)
    expect(named.filter((cause) => !told.includes(cause))).toEqual([])
    // Other rows are named in a message, or are what people look for.
    const messages = readdirSync(own('src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => source(`src/${file}`))
    const isSaid = (cause: string) =>
      messages.some((text) => text.includes(`explain ${cause}`) || text.includes(`'${cause}'`))
    const rest = told.filter((cause) => !named.includes(cause) && !isSaid(cause))
    expect(rest).toEqual(['nothing_in_my_log', 'other_environment', 'event_name_typo'])
  })

  test('errors of options', () => {
    const rows = rowsUnder('src/report/causes.md', refused)
    everyCellIsFilled(rows, 3)
    const codes = wordsOf('src/errors.ts', 'SmileIdConfigErrorCode')
    expect(codes.length).toBeGreaterThan(30)
    expect(rows.flatMap(([names = '']) => codesIn(names)).sort()).toEqual(codes.sort())
  })

  test("workers' errors", () => {
    const rows = rowsUnder('src/inbox/README.md', '## Dead letters')
    everyCellIsFilled(rows, 2)
    const codes = wordsOf('src/inbox/attempt.ts', 'DispatchErrorCode')
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
