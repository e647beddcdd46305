import type { Capture } from '../../shared/body.ts'
import { UsageError } from '../../shared/usage.ts'

/**
 * Reads curl commands, as browsers and tools copy them. @throws UsageError for one that is incomplete, or that needs
 * files or variables
 */
export function curl(text: string): Capture[] | undefined {
  if (!isCurl.test(text)) return undefined
  const commands: string[][] = []
  const words = shellWords(text.trim())
  words.forEach((word, at) => {
    if (word === lineEnd) return
    const isFirst = at === 0 || words[at - 1] === lineEnd
    if (isFirst && word === '$') return
    const begins =
      /^curl(\.exe)?$/.test(word) && (isFirst || (words[at - 1] === '$' && (at === 1 || words[at - 2] === lineEnd)))
    if (begins) commands.push([])
    else commands.at(-1)?.push(word)
  })
  return commands.map(requestOfCurl)
}

const isCurl = /^\s*(\$\s*)?curl(\.exe)?\s/

function requestOfCurl(all: readonly string[]): Capture {
  const end = all.findIndex((word) => /^([|;&]|\|\||&&|\d?>>?)$/.test(word))
  const words = end < 0 ? all : all.slice(0, end)
  const headers: Record<string, string> = {}
  const data: string[] = []
  let method: string | undefined
  for (let at = 0; at < words.length; at += 1) {
    const { names, attached } = flagsOf(words[at] ?? '')
    const name = names.at(-1) ?? ''
    const value = () => attached ?? words[(at += 1)] ?? ''
    if (names.some((one) => one === '-G' || one === '--get')) method ??= 'GET'
    if (name === '-X' || name === '--request') method = value()
    else if (name === '-H' || name === '--header') setHeader(headers, value())
    else if (dataFlags.has(name)) data.push(dataOf(name, value()))
    else if (name === '-F' || name === '--form')
      throw new UsageError('The curl command sends a form; callbacks are JSON.')
    else if (name === '-T' || name === '--upload-file') fromFile('its body', value())
    else if (name === '-K' || name === '--config') fromFile('its options', value())
    else if (valued.test(name) || longValued.has(name)) value()
  }
  if (data.length > 0 && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) {
    // As curl does.
    headers['Content-Type'] = words.includes('--json') ? 'application/json' : 'application/x-www-form-urlencoded'
  }
  return { method: method ?? (data.length > 0 ? 'POST' : 'GET'), headers, body: data.join('&') }
}

const dataFlags: ReadonlySet<string> = new Set([
  '-d',
  '--data',
  '--data-raw',
  '--data-binary',
  '--data-ascii',
  '--data-urlencode',
  '--json',
])
/** Options with a value: all short ones, and the common long ones. */
const valued = /^-[AbcCdDeEFHKmoPQrtTuUwxXyYz]$/
const longValued: ReadonlySet<string> = new Set([
  '--user',
  '--user-agent',
  '--referer',
  '--cookie',
  '--cookie-jar',
  '--output',
  '--max-time',
  '--connect-timeout',
  '--retry',
  '--write-out',
  '--url',
  '--proxy',
  '--cacert',
  '--cert',
  '--key',
  '--connect-to',
  '--resolve',
])

/** `-sSX POST`, `-XPOST`, `--request=POST`. */
function flagsOf(word: string): { names: string[]; attached?: string } {
  const [, bare = '', last, rest] =
    /^-([^-AbcCdDeEFHKmoPQrtTuUwxXyYz]*)([AbcCdDeEFHKmoPQrtTuUwxXyYz])(.*)$/s.exec(word) ?? []
  if (last !== undefined)
    return { names: eachOf(bare + last), ...(rest !== '' && rest !== undefined && { attached: rest }) }
  if (/^-[^-]+$/.test(word)) return { names: eachOf(word.slice(1)) }
  const [, long, value] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? []
  return long !== undefined && value !== undefined ? { names: [long], attached: value } : { names: [word] }
}

const eachOf = (letters: string): string[] => Array.from(letters, (one) => `-${one}`)

function setHeader(headers: Record<string, string>, line: string): void {
  if (line.startsWith('@')) fromFile('headers', line.slice(1))
  const at = line.indexOf(':')
  if (at > 0) headers[line.slice(0, at).trim()] = line.slice(at + 1).trim()
}

function dataOf(name: string, value: string): string {
  if (value.startsWith('@') && name !== '--data-raw') fromFile('its body', value.slice(1))
  return value
}

function fromFile(what: string, file: string): never {
  throw new UsageError(
    `The curl command takes ${what} from the file ${file.slice(0, 80)}: put it into the command, or inspect a capture.`,
  )
}

/** Marks an end of line between two words. */
export const lineEnd = Symbol('line end')

const part =
  /[\\^`]\r?\n|\\([\s\S])|\$'((?:\\[\s\S]|[^'\\])*)'|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|(\s+)|(['"\\])|([^\s'"\\$^`]+|[$^`])/g

/**
 * Splits words as a POSIX shell does; also `$'…'`, lines continued with `^` or a backtick, and the form that browsers
 * copy for cmd.exe. @throws UsageError for words that only a shell can expand
 */
export function shellWords(given: string): (string | typeof lineEnd)[] {
  const isCmd = /\s\^"/.test(given)
  const text = isCmd ? withoutCarets(given) : given
  const words: (string | typeof lineEnd)[] = []
  let word: string | undefined
  let unquoted = ''
  const close = () => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  for (const [, escaped, ansi, single, double, space, open, bare] of text.matchAll(part)) {
    if (open !== undefined)
      throw new UsageError(
        open === '\\'
          ? 'The curl command is cut off: it goes on after its last line.'
          : 'The curl command ends inside a quotation mark: copy it whole.',
      )
    if (space !== undefined) {
      close()
      if (space.includes('\n')) words.push(lineEnd)
      unquoted = ''
      continue
    }
    if (bare !== undefined) unquoted += bare
    if (!isCmd) known(double ?? unquoted)
    const piece =
      escaped
      ?? (ansi === undefined ? undefined : ansiText(ansi))
      ?? single
      ?? double?.replace(/\\(["\\$`])/g, '$1')
      ?? bare
    if (piece !== undefined) word = (word ?? '') + piece
  }
  close()
  return words
}

/** Refuses variables and substitutions. */
function known(text: string): void {
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

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', "'": "'", '"': '"', '\\': '\\' }
const ansiText = (text: string): string =>
  text.replace(/\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|[\s\S])/g, (all) => {
    const kind = all.charAt(1)
    const isNumber = all.length > 2
    return isNumber ? String.fromCharCode(parseInt(all.slice(2), 16)) : (escapes[kind] ?? kind)
  })
