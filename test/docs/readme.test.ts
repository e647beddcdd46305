import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { blocks, blocksIn, pages, placeOf } from './readme.ts'

/** What checks the blocks of each language. */
const checkedBy: Readonly<Record<string, string>> = {
  ts: 'compiled below, strictly',
  js: 'compiled below, as JavaScript',
  sh: 'shell.test.ts',
  sql: 'sql.test.ts',
  ini: 'run in start.test.ts',
  text: 'plain text',
}

test('every fence was read, indented ones and other forms, too', () => {
  expect(pages.length).toBeGreaterThan(15)
  expect(
    pages
      .filter(({ text, blocks: read }) => (text.match(/^[ >]*(```|~~~)/gm)?.length ?? 0) !== read.length * 2)
      .map(({ file }) => file),
  ).toEqual([])
})

test('every block is in a language that something checks', () => {
  expect(
    blocks
      .filter(({ language }) => !Object.hasOwn(checkedBy, language))
      .map((block) => `${placeOf(block)} ${block.language || 'no language'}`),
  ).toEqual([])
})

/** Compiled with the others, to see that mistakes are seen. */
const mistaken = {
  file: 'mistaken.md',
  line: 1,
  section: '',
  code: "import { smileIdCallback } from 'express-smile-id'\ncallbacks.on('aproved', () => {})\n",
}

describe.each(['ts', 'js'] as const)('%s blocks compile against the built package', (language) => {
  const said = compile([...blocksIn(language), { ...mistaken, language }], language)

  test('there are some, and the prelude is sound', () => {
    expect(blocksIn(language).length).toBeGreaterThan(3)
    expect(said.get('')).toBeUndefined()
  })

  test('mistakes are noticed', () => {
    expect(said.get('mistaken.md:1')).toEqual([
      expect.stringContaining('smileIdCallback'),
      expect.stringContaining('aproved'),
    ])
  })

  test.each(blocksIn(language).map(placeOf))('%s', (place) => {
    expect(said.get(place) ?? []).toEqual([])
  })
})

test('the front page is one that a person reads', () => {
  const lines = pages.find(({ file }) => file === 'README.md')?.text.split('\n') ?? []
  expect(lines.length).toBeLessThanOrEqual(250)
  expect(lines.filter((line) => line.length > 200)).toEqual([])
})

test('no line of prose is longer than 200 characters, and no row of a table than 400', () => {
  // A row of src/report holds what `explain` prints on several lines.
  const limitOf = (file: string, line: string) =>
    !/^\s*(\||#)/.test(line) ? 200 : file.startsWith('src/report/') ? 700 : 400
  const long = pages.flatMap(({ file, prose }) =>
    prose
      .split('\n')
      .filter((line) => line.length > limitOf(file, line))
      .map((line) => `${file}: ${line.slice(0, 60)}`),
  )
  expect(long).toEqual([])
})
