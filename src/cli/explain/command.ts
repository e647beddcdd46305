import type { SmileIdConfigErrorCode } from '../../errors.ts'
import { nearest } from '../../lib/words.ts'
import { codes, type ReportCode } from '../../report/codes.ts'
import { exitCode, type ExitCode, type Io, type Style, styleFor, wrap } from '../shared/io.ts'
import { readArgs, UsageError } from '../shared/usage.ts'
import { causeTexts, isCause } from './texts/causes.ts'
import { codeTexts, configTexts, type Explanation } from './texts/codes.ts'

export const isReportCode = (name: string): name is ReportCode => Object.hasOwn(codeTexts, name)

export const explainable: readonly string[] = [
  ...Object.keys(codeTexts),
  ...Object.keys(causeTexts),
  ...Object.keys(configTexts),
]

/** Explains a report code or a cause: what happened, why, and the fix. */
export function explain(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, { json: { type: 'boolean' } })
  if (positionals.length === 0) throw new UsageError('explain takes one code or cause, such as signature_mismatch.')
  const word = positionals.join(' ')
  const found = explanationOf(word)
  if (!found) throw new UsageError(unknown(word))
  io.out(values.json ? `${JSON.stringify(found)}\n` : explanation(found, styleFor(io)))
  return Promise.resolve(exitCode.ok)
}

export interface Explained extends Explanation {
  name: string
  /** Status of a report code. */
  status?: number
}

export function explanationOf(word: string): Explained | undefined {
  const name = word
    .trim()
    .toLowerCase()
    .replace(/^express-smile-id: /, '')
    .replace(/[\s-]+/g, '_')
  if (isReportCode(name)) return { name, status: codes[name].status, ...codeTexts[name] }
  if (isCause(name)) return { name, ...causeTexts[name] }
  return Object.hasOwn(configTexts, name) ? { name, ...configTexts[name as SmileIdConfigErrorCode] } : undefined
}

/** Formats an explanation for a terminal. */
export function explanation({ name, status, what, why, fix }: Explained, { bold }: Style): string {
  const parts: [string, string][] = [
    ['What happened', what],
    ['Why', why],
    ['What to do', fix],
  ]
  const lines = parts.flatMap(([title, text]) => ['', bold(title), ...wrap(text)])
  return `${[`${name}${status === undefined ? '' : `, answered ${status}`}`, ...lines].join('\n')}\n`
}

function unknown(word: string): string {
  if (/^\d{3}$/.test(word)) {
    const own = Object.entries(codes).flatMap(([code, { status }]) => (String(status) === word ? [code] : []))
    return own.length > 0
      ? `The router answers ${word} for: ${own.join(', ')}. The answer's error.code says which; one without it came from something before the router, which doctor names.`
      : `The router never answers ${word}: something before it does. Run: express-smile-id doctor --url <url>.`
  }
  const near = nearest(word, explainable)
  return `There is no code or cause of this name.${near === undefined ? '' : ` Did you mean ${near}?`} A code is the word after "express-smile-id:" in the log, or error.code in the answer.`
}
