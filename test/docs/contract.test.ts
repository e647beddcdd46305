import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codeTable } from '../../src/index.ts'
import { own } from './readme.ts'

// The contract lies beside the code that rests on it: what is cited is there, and its table of codes is the one that is
// used.

const page = (name: string): string => readFileSync(own(`src/payload/contract/${name}.md`), 'utf8')
const sectionsOf = (text: string): Set<string> =>
  new Set([...text.matchAll(/^#{2,3} (\d(?:\.\d+)?) /gm)].map(({ 1: number = '' }) => number))
const sections = { v1: sectionsOf(page('v1')), v3: sectionsOf(page('v3')) }

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'test', '*.md'], {
  cwd: own('.'),
  encoding: 'utf8',
})
  .split('\n')
  .filter(
    (file) =>
      /\.(ts|mjs|js|md)$/.test(file)
      && !file.startsWith('src/payload/contract/')
      && file !== 'test/docs/contract.test.ts'
      && existsSync(own(file)),
  )

/** Sections that a text cites and that are not there, and citations of another form. */
function flawsIn(lines: string): string[] {
  // A citation may go on in the next line of its comment.
  const text = lines.replace(/\n *(?:\*|\/\/)? */g, ' ')
  const cited = [...text.matchAll(/contract\/(v[13])\.md((?:(?:,| and| to)? §\d(?:\.\d+)?)+)/g)]
  const missing = cited.flatMap(({ 1: name, 2: list = '' }) =>
    [...list.matchAll(/§(\d(?:\.\d+)?)/g)].flatMap(({ 1: number = '' }) =>
      sections[name as 'v1' | 'v3'].has(number) ? [] : [`${name} §${number}`],
    ),
  )
  const elsewhere = [...text.matchAll(/[Cc]ontract v[13](?!\w)/g)].map(([found]) => found)
  const alone =
    text.split('§').length - 1 - cited.reduce((sum, { 2: list = '' }) => sum + list.split('§').length - 1, 0)
  return [...missing, ...elsewhere, ...(alone > 0 ? [`${alone} § without its page`] : [])]
}

describe('what is cited of the contract', () => {
  test('is there, and is cited in one form', () => {
    expect(files.flatMap((file) => flawsIn(readFileSync(own(file), 'utf8')).map((flaw) => `${file}: ${flaw}`))).toEqual(
      [],
    )
  })

  test('is cited at all, and a mistake is found', () => {
    const all = files.map((file) => readFileSync(own(file), 'utf8')).join('\n')
    expect(all.match(/contract\/v[13]\.md §/g)?.length).toBeGreaterThan(100)
    expect([sections.v1.size, sections.v3.size]).toEqual([27, 19])
    expect(flawsIn('contract/v1.md §1.1 and §7.7; contract/v3.md §2 to §3.1')).toEqual(['v1 §7.7'])
    expect(flawsIn('Contract v1, section 3.1')).toEqual(['Contract v1'])
    expect(flawsIn('see §3.1')).toEqual(['1 § without its page'])
    expect(flawsIn(' * contract/v1.md §1.1 and\n * §7.7')).toEqual(['v1 §7.7'])
  })
})

test('its table of codes is the code table, row by row', () => {
  const rows = [...page('v1').matchAll(/^\| ([\w, ]+) \| (\d{4}) \| ([\w ]+) \| (\w+) \|(?: (.*?))? \|$/gm)].flatMap(
    ([, types = '', code, outcome, grade, text]) =>
      types
        .split(', ')
        .map((type) => `${type}:${String(code)} ${String(outcome)} ${String(grade)} ${text ?? ''}`.trim()),
  )
  const table = codeTable.map(({ jobType, code, meaning, grade, text = '' }) => {
    const outcome =
      meaning.kind === 'result'
        ? meaning.outcome
        : meaning.kind === 'id_info'
          ? `id_info ${meaning.idStep}`
          : meaning.kind
    return `${jobType === 'phone_number_verification' ? 'phone' : jobType}:${code} ${outcome} ${grade} ${text}`.trim()
  })
  expect(rows.sort()).toEqual(table.sort())
})
