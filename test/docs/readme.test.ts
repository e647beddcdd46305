import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { blocks, blocksIn, readme } from './readme.ts'

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
  expect(readme.match(/^[ >]*(```|~~~)/gm)?.length).toBe(blocks.length * 2)
})

test('every block is in a language that something checks', () => {
  expect(blocks.filter(({ language }) => !Object.hasOwn(checkedBy, language)).map(({ line, language }) => `README.md:${line} ${language || 'no language'}`)).toEqual([])
})

/** Compiled with the others, to see that mistakes are seen. */
const mistaken = { line: 1_000_000, section: '', code: "import { smileIdCallback } from 'express-smile-id'\ncallbacks.on('aproved', () => {})\n" }

describe.each(['ts', 'js'] as const)('%s blocks compile against the built package', (language) => {
  const said = compile([...blocksIn(language), { ...mistaken, language }], language)

  test('there are some, and the prelude is sound', () => {
    expect(blocksIn(language).length).toBeGreaterThan(3)
    expect(said.get(0)).toBeUndefined()
  })

  test('mistakes are noticed', () => {
    expect(said.get(mistaken.line)).toEqual([expect.stringContaining('smileIdCallback'), expect.stringContaining('aproved')])
  })

  test.each(blocksIn(language))('README.md:$line', ({ line }) => {
    expect(said.get(line) ?? []).toEqual([])
  })
})
