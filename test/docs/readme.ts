import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A path in the project; with slashes on Windows, too, as the compiler has them. */
export const own = (path: string): string =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url)).replaceAll('\\', '/')

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: own('.'),
  encoding: 'utf8',
})

/** Every page: paths from the root. What a measurement wrote is a record, not a page. */
export const files = tracked
  .trim()
  .split('\n')
  .filter((file) => !file.includes('/results/'))
  .sort()

/** One fenced block; `line` is that of its fence. */
export interface Block {
  file: string
  language: string
  code: string
  line: number
  /** The `##` heading it stands under. */
  section: string
}

/** A page: its text, its blocks, and its prose. */
export interface Page {
  file: string
  text: string
  blocks: readonly Block[]
  /** The page without its code, where `#` begins a heading and nothing else. */
  prose: string
}

const fence = /^```(\S*)[^\n]*\n(.*?)^```$/gms

function readPage(file: string): Page {
  const text = readFileSync(own(file), 'utf8')
  const blocks = [...text.matchAll(fence)].map(({ 1: language = '', 2: code = '', index }) => ({
    file,
    language,
    code,
    line: text.slice(0, index).split('\n').length,
    section:
      /^## (.*)$/.exec(
        text
          .slice(0, index)
          .match(/^## .*$/gm)
          ?.at(-1) ?? '',
      )?.[1] ?? '',
  }))
  return { file, text, blocks, prose: text.replace(fence, '') }
}

export const pages: readonly Page[] = files.map(readPage)

export const blocks: readonly Block[] = pages.flatMap((page) => page.blocks)

export const blocksIn = (language: string): Block[] => blocks.filter((block) => block.language === language)

/** Where a block stands, for names of tests. */
export const placeOf = ({ file, line }: Block): string => `${file}:${line}`

/** The prose of all pages. */
export const prose = pages.map((page) => page.prose).join('\n')

/** The cells of each table row under a heading of a page, the heading of the table left out. */
export function rowsUnder(file: string, heading: string): string[][] {
  const text = pages.find((page) => page.file === file)?.prose ?? ''
  const start = `\n${text}`.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`${file} has no heading "${heading}"`)
  const rest = text.slice(start + heading.length)
  const next = /^#{1,6} /m.exec(rest)
  const body = rest.slice(0, next?.index).replace(/^\|.*\n\|--.*\n/gm, '')
  return [...body.matchAll(/^\| (.*) \|$/gm)].map(({ 1: row = '' }) =>
    row.split(/(?<!\\)\|/).map((cell) => cell.trim()),
  )
}

/** The `##` headings of a page. */
export const headingsOf = (file: string): string[] => [
  ...(pages.find((page) => page.file === file)?.prose.match(/^## .*$/gm) ?? []),
]

/** What stands between backticks in a text. */
export const codesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(({ 1: code = '' }) => code)
