import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

/** A command's access to its process, replaced in tests. */
export interface Io {
  out(text: string): void
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** True if `out` and `err` are terminals. */
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  readStdin(): Promise<string>
  /** Aborted when the user stops the command. */
  readonly stop: AbortSignal
}

export function processIo(): Io {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
  // The reader of our output may close it early: `| head`.
  process.stdout.on('error', () => undefined)
  return {
    out: (written) => process.stdout.write(written),
    err: (written) => process.stderr.write(written),
    env: process.env,
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    stop: stop.signal,
    readStdin: () => text(process.stdin),
  }
}

/** A file of this package as a string, by its path from the root; undefined if the installation lacks it. */
export function packageFile(path: string): string | undefined {
  try {
    // The root is one to three folders up from the sources or the build.
    const file = ['../', '../../', '../../../']
      .map((up) => new URL(up + path, import.meta.url))
      .find((url) => existsSync(url))
    return file && readFileSync(file, 'utf8')
  } catch {
    // A bundle has no files beside it; tools that shrink node_modules delete pages.
    return undefined
  }
}

/** The rows of those tables of a page whose first column has this name, without marks of Markdown. */
export function rowsOf(page: string, column: string): string[][] {
  const tables = page.matchAll(new RegExp(`^\\| (?:${column}) \\|.*\\n\\|[-|]+((?:\\n\\|.*)+)`, 'gm'))
  return [...tables]
    .flatMap(([, body = '']) => body.trim().split('\n'))
    .map((row) =>
      row
        .replace(/\[([^[\]]*)\]\([^)]*\)/g, '$1')
        .replace(/`|\\(?=\|)/g, '')
        .slice(2, -2)
        .split(' | '),
    )
}

type Paint = (painted: string) => string

/** Colours, if the output is a terminal that supports them. */
export type Style = Readonly<Record<'good' | 'bad' | 'dim' | 'bold', Paint>>

export function styleFor({ outIsTerminal, env }: Pick<Io, 'outIsTerminal' | 'env'>): Style {
  const isWanted = outIsTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  const paint =
    (open: number, close: number): Paint =>
    (painted) =>
      isWanted ? `\u001B[${open}m${painted}\u001B[${close}m` : painted
  return { good: paint(32, 39), bad: paint(31, 39), dim: paint(2, 22), bold: paint(1, 22) }
}

/** Foreign text made safe for a terminal: no control characters, no escape sequences, limited length. */
export function harmless(given: string, longest = 200): string {
  const clean = given.replace(/[\u0000-\u001F\u007F-\u009F]+/g, ' ').trim()
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

/** Control and bidirectional characters, which move or reorder what a terminal shows. */
const unprintable =
  /[\u0000-\u0008\u000B-\u001A\u001C-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g
/** Any escape that is not one of our own colours. */
const foreignEscape = /\u001B(?!\[\d{1,2}m)/g

/** Output of any command, with such characters as JSON escapes: valid in JSON, and visible elsewhere. */
export const printable = (given: string): string =>
  given
    .replace(foreignEscape, '\\u001b')
    .replace(unprintable, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Lines of at most 88 characters, indented as a paragraph. */
export function wrap(paragraph: string): string[] {
  const lines: string[] = []
  for (const word of paragraph.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > 88) lines.push(`  ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** A value as indented lines of JSON. */
export const indented = (value: object, indent = '  '): string[] =>
  JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => indent + line)

export const jsonLine = (value: object): string => `${JSON.stringify(value)}\n`

/** Rows with aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

/** A progress bar on stderr if it is a terminal; else nothing. */
export function progressBar(io: Io, total: number): { step(): void; end(): void } {
  if (!io.errIsTerminal) return { step: () => undefined, end: () => undefined }
  const width = 30
  let done = 0
  let drawn = -1
  return {
    step() {
      done += 1
      const percent = Math.floor((done / total) * 100)
      if (percent === drawn) return
      drawn = percent
      const filled = '#'.repeat(Math.floor((done / total) * width))
      io.err(`\r[${filled.padEnd(width)}] ${percent} %  ${done}/${total}`)
    },
    end: () => io.err(`\r${' '.repeat(width + 30)}\r`),
  }
}
