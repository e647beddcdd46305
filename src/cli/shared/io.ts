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

/** 0: all were accepted. */
export const exitCode = { ok: 0, refused: 1, usage: 2 } as const
export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export function processIo(): Io {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
  // The reader of our output may close it early: `| head`.
  process.stdout.on('error', () => undefined)
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    env: process.env,
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    stop: stop.signal,
    async readStdin() {
      const parts: Buffer[] = []
      for await (const part of process.stdin) parts.push(part as Buffer)
      return Buffer.concat(parts).toString('utf8')
    },
  }
}

export type Paint = (text: string) => string

/** Colours, if the output is a terminal that supports them. */
export interface Style {
  good: Paint
  bad: Paint
  dim: Paint
  bold: Paint
}

const code =
  (open: number, close: number): Paint =>
  (text) =>
    `\u001B[${open}m${text}\u001B[${close}m`
const plain: Paint = (text) => text

export function styleFor({ outIsTerminal, env }: Pick<Io, 'outIsTerminal' | 'env'>): Style {
  const wanted = outIsTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  if (!wanted) return { good: plain, bad: plain, dim: plain, bold: plain }
  return { good: code(32, 39), bad: code(31, 39), dim: code(2, 22), bold: code(1, 22) }
}

/** Foreign text made safe for a terminal: no control characters, no escape sequences, limited length. */
export function harmless(text: string, longest = 200): string {
  const clean = text.replace(/[\u0000-\u001F\u007F-\u009F]+/g, ' ').trim()
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

/** Control and bidirectional characters, which move or reorder what a terminal shows. */
const unprintable =
  /[\u0000-\u0008\u000B-\u001A\u001C-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g
/** Any escape that is not one of our own colours. */
const foreignEscape = /\u001B(?!\[\d{1,2}m)/g

/** Output of any command, with such characters as JSON escapes: valid in JSON, and visible elsewhere. */
export const printable = (text: string): string =>
  text
    .replace(foreignEscape, '\\u001b')
    .replace(unprintable, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Lines of at most `width` characters, indented as a paragraph. */
export function wrap(text: string, width = 88): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > width) lines.push(`  ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** Rows with aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
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
      const filled = Math.floor((done / total) * width)
      const percent = Math.floor((done / total) * 100)
      if (percent === drawn) return
      drawn = percent
      io.err(`\r[${'#'.repeat(filled)}${' '.repeat(width - filled)}] ${percent} %  ${done}/${total}`)
    },
    end: () => io.err(`\r${' '.repeat(width + 30)}\r`),
  }
}
