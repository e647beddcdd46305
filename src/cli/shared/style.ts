import type { Io } from './io.ts'

export type Paint = (text: string) => string

/** Colours where the output is a terminal that wants them. */
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

/** Text of others, safe for a terminal: no control characters, no escape sequences, not too long. */
export function harmless(text: string, longest = 200): string {
  const clean = text.replace(/[\u0000-\u001F\u007F-\u009F]+/g, ' ').trim()
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

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
