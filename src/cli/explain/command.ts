import { codes } from '../../report/codes.ts'
import { styleFor, wrap } from '../shared/io.ts'
import { type Run, suggestion, UsageError } from '../shared/usage.ts'
import { missing, texts } from './texts.ts'

/** Explains a report code or a cause: what happened, why, and the fix. */
export const run: Run<'explain'> = ({ values, positionals }, io) => {
  if (positionals.length === 0) throw new UsageError('explain takes one code or cause, such as signature_mismatch.')
  const word = positionals.join(' ')
  const plain = word.toLowerCase().replace(/^express-smile-id: /, '')
  const found = texts().get(plain.trim().replace(/[\s-]+/g, '_'))
  if (!found) throw new UsageError(unknown(word))
  const { name, status, what, why, fix } = found
  const { bold } = styleFor(io)
  const lines = Object.entries({ 'What happened': what, Why: why, 'What to do': fix }).flatMap(([title, text]) => [
    '',
    bold(title),
    ...wrap(text),
  ])
  const head = status === undefined ? name : `${name}, answered ${status}`
  io.out(values.json ? `${JSON.stringify(found)}\n` : `${[head, ...lines].join('\n')}\n`)
  return Promise.resolve(true)
}

function unknown(word: string): string {
  if (texts().size === 0) return Object.values(missing).join(' ')
  if (/^\d{3}$/.test(word)) {
    const own = Object.entries(codes).flatMap(([code, { status }]) => (String(status) === word ? [code] : []))
    return own.length > 0
      ? `The router answers ${word} for: ${own.join(', ')}. The answer's error.code says which; one without it came from something before the router, which doctor names.`
      : `The router never answers ${word}: something before it does. Run: express-smile-id doctor --url <url>.`
  }
  return `There is no code or cause of this name.${suggestion(word, [...texts().keys()])} A code is the word after "express-smile-id:" in the log, or error.code in the answer.`
}
