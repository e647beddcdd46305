import { type Capture, headersIn } from '../../shared/body.ts'
import { UsageError } from '../../shared/usage.ts'

/**
 * Reads curl commands, as browsers and tools copy them. @throws UsageError for one that is incomplete, or that needs
 * files or variables
 */
export function curl(text: string): Capture[] | undefined {
  if (!/^\s*(\$\s*)?curl(\.exe)?\s/.test(text)) return undefined
  const commands: string[][] = []
  let isFirst = true
  for (const word of shellWords(text.trim())) {
    if (word === lineEnd) isFirst = true
    else if (isFirst && word === '$') continue
    else if (isFirst && /^curl(\.exe)?$/.test(word)) commands.push([])
    else commands.at(-1)?.push(word)
    isFirst &&= word === lineEnd
  }
  return commands.map(requestOfCurl)
}

/** `-XPOST` and `-sSX POST`: the short options that take a value. Bare words are the URL, or values of no interest. */
const short = /^-([^-AbcCdDeEFHKmoPQrtTuUwxXyYz]*)([AbcCdDeEFHKmoPQrtTuUwxXyYz])(.*)$/s

function requestOfCurl(all: readonly string[]): Capture {
  const end = all.findIndex((word) => /^([|;&]|\|\||&&|\d?>>?)$/.test(word))
  const words = (end < 0 ? all : all.slice(0, end)).values()
  const lines: string[] = []
  const data: string[] = []
  let method: string | undefined
  let type = 'application/x-www-form-urlencoded'
  for (const word of words) {
    const [, flags = '', letter, rest = ''] = short.exec(word) ?? []
    const [, long = word, given] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? []
    const name = letter === undefined ? long : `-${letter}`
    const value = (): string => (letter === undefined ? given : rest || undefined) ?? words.next().value ?? ''
    if (flags.includes('G') || /^-[a-zA-Z]*G/.test(word) || word === '--get') method ??= 'GET'
    if (/^(-X|--request)$/.test(name)) method = value()
    else if (/^(-H|--header)$/.test(name)) lines.push(notOfFile('headers', value()))
    else if (/^(-d|--data(-raw|-binary|-ascii|-urlencode)?|--json)$/.test(name)) {
      if (name === '--json') type = 'application/json'
      data.push(name === '--data-raw' ? value() : notOfFile('its body', value()))
    } else if (/^(-F|--form)$/.test(name)) throw new UsageError('The curl command sends a form; callbacks are JSON.')
    else if (/^(-T|--upload-file)$/.test(name)) notOfFile('its body', `@${value()}`)
    else if (/^(-K|--config)$/.test(name)) notOfFile('its options', `@${value()}`)
    else if (letter !== undefined) value()
  }
  // As curl does.
  if (data.length > 0 && !lines.some((line) => /^content-type\s*:/i.test(line))) lines.push(`Content-Type: ${type}`)
  const headers = headersIn(lines)
  return { method: method ?? (data.length > 0 ? 'POST' : 'GET'), headers, body: data.join('&') }
}

function notOfFile(what: string, value: string): string {
  if (!value.startsWith('@')) return value
  throw new UsageError(
    `The curl command takes ${what} from the file ${value.slice(1, 81)}: put it into the command, or inspect a capture.`,
  )
}

/** Marks an end of line between two words. */
const lineEnd = Symbol('line end')

const part =
  /[\\^`]\r?\n|\\([\s\S])|\$'((?:\\[\s\S]|[^'\\])*)'|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|(\s+)|(['"\\])|([^\s'"\\$^`]+|[$^`])/g

/**
 * Splits words as a POSIX shell does; also `$'…'`, lines continued with `^` or a backtick, and the form that browsers
 * copy for cmd.exe. @throws UsageError for words that only a shell can expand
 */
function shellWords(given: string): (string | typeof lineEnd)[] {
  const isCmd = /\s\^"/.test(given)
  const text = isCmd ? withoutCarets(given) : given
  const words: (string | typeof lineEnd)[] = []
  let word: string | undefined
  let unquoted = ''
  for (const [, escaped, ansi, single, double, space, open, bare] of text.matchAll(part)) {
    if (open !== undefined)
      throw new UsageError(
        open === '\\'
          ? 'The curl command is cut off: it goes on after its last line.'
          : 'The curl command ends inside a quotation mark: copy it whole.',
      )
    if (space !== undefined) {
      if (word !== undefined) words.push(word)
      if (space.includes('\n')) words.push(lineEnd)
      word = undefined
      unquoted = ''
      continue
    }
    unquoted += bare ?? ''
    if (!isCmd) refuseVariables(double ?? unquoted)
    const piece = escaped ?? ansi?.replace(/\\(u[\da-fA-F]{4}|x[\da-fA-F]{2}|[\s\S])/g, unescaped) ?? single
    const whole = piece ?? double?.replace(/\\(["\\$`])/g, '$1') ?? bare
    if (whole !== undefined) word = (word ?? '') + whole
  }
  return word === undefined ? words : [...words, word]
}

function refuseVariables(text: string): void {
  const [, variable] = /(?<!\\)(?:\\\\)*(\$(?:\w+|\{\w+|\(\S*)|`\S+)/.exec(text) ?? []
  if (variable !== undefined)
    throw new UsageError(
      `The curl command holds ${variable.slice(0, 40)}, which only the shell can expand: write its value instead.`,
    )
}

const withoutCarets = (text: string): string =>
  text
    .replace(/\^(\r?\n)\r?\n/g, '$1')
    .replace(/\^\r?\n/g, '')
    .replace(/\^([\s\S])/g, '$1')

/** An escape in `$'…'`. */
function unescaped(_all: string, escape: string): string {
  if (escape.length > 1) return String.fromCharCode(parseInt(escape.slice(1), 16))
  return { n: '\n', r: '\r', t: '\t' }[escape] ?? escape
}
