import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A path in the project; with slashes on Windows, too, as the compiler has them. */
export const own = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url)).replaceAll('\\', '/')

export const readme = readFileSync(own('README.md'), 'utf8')

/** One fenced block; `line` is that of its fence. */
export interface Block {
  language: string
  code: string
  line: number
  /** The `##` heading it stands under. */
  section: string
}

const fence = /^```(\S*)[^\n]*\n(.*?)^```$/gms

export const blocks: readonly Block[] = [...readme.matchAll(fence)].map(({ 1: language = '', 2: code = '', index }) => ({
  language,
  code,
  line: readme.slice(0, index).split('\n').length,
  section: /^## (.*)$/.exec(readme.slice(0, index).match(/^## .*$/gm)?.at(-1) ?? '')?.[1] ?? '',
}))

export const blocksIn = (language: string): Block[] => blocks.filter((block) => block.language === language)

/** The page without its code, where `#` begins a heading and nothing else. */
export const prose = readme.replace(fence, '')

/** The cells of each table row under a heading, the heading of the table left out. */
export function rowsUnder(heading: string): string[][] {
  const start = prose.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`README has no heading "${heading}"`)
  const rest = prose.slice(start + heading.length + 2)
  const next = /^#{1,6} /m.exec(rest)
  const body = rest.slice(0, next?.index).replace(/^\|.*\n\|--.*\n/gm, '')
  return [...body.matchAll(/^\| (.*) \|$/gm)].map(({ 1: row = '' }) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
}

/** What stands between backticks in a text. */
export const codesIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(({ 1: code = '' }) => code)
