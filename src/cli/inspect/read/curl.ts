import type { Capture } from '../../shared/capture.ts'
import { UsageError } from '../../shared/usage.ts'

/** A curl command, as browsers and tools copy it. */
export function curl(text: string): Capture | undefined {
  if (!/^\s*\$?\s*curl(\.exe)?\s/.test(text)) return undefined
  const [, ...words] = shellWords(text.trim().replace(/^\$\s*/, ''))
  const headers: Record<string, string> = {}
  const data: string[] = []
  let method: string | undefined
  for (let at = 0; at < words.length; at += 1) {
    const { name, attached } = flagOf(words[at] ?? '')
    const value = () => attached ?? words[(at += 1)] ?? ''
    if (name === '-X' || name === '--request') method = value()
    else if (name === '-H' || name === '--header') setHeader(headers, value())
    else if (dataFlags.has(name)) data.push(dataOf(name, value()))
    else if (flagsWithValue.has(name)) value()
  }
  if (data.length > 0 && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) {
    // What curl says by itself.
    headers['Content-Type'] = words.includes('--json') ? 'application/json' : 'application/x-www-form-urlencoded'
  }
  return { method: method ?? (data.length > 0 ? 'POST' : 'GET'), headers, body: data.join('&') }
}

const dataFlags: ReadonlySet<string> = new Set(['-d', '--data', '--data-raw', '--data-binary', '--data-ascii', '--data-urlencode', '--json'])
const flagsWithValue: ReadonlySet<string> = new Set(['-u', '--user', '-A', '--user-agent', '-e', '--referer', '-b', '--cookie', '-o', '--output', '-m', '--max-time', '--url', '-x', '--proxy', '--cacert', '--connect-to', '--resolve'])

function flagOf(word: string): { name: string; attached?: string } {
  const [, short, rest] = /^(-[XHduAebomx])(.+)$/s.exec(word) ?? []
  if (short !== undefined && rest !== undefined) return { name: short, attached: rest }
  const [, long, value] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? []
  return long !== undefined && value !== undefined ? { name: long, attached: value } : { name: word }
}

function setHeader(headers: Record<string, string>, line: string): void {
  const at = line.indexOf(':')
  if (at > 0) headers[line.slice(0, at).trim()] = line.slice(at + 1).trim()
}

function dataOf(name: string, value: string): string {
  if (value.startsWith('@') && name !== '--data-raw') throw new UsageError(`The curl command takes its body from the file ${value.slice(1, 80)}: put the body into the command, or inspect a capture.`)
  return value
}

/** Words as a POSIX shell splits them; also `$'…'`, and lines continued with `\` or `^`. */
function shellWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  const part = /\\\r?\n|\^\r?\n|\\([\s\S])|\$'((?:\\[\s\S]|[^'\\])*)'|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|(\s+)|([^\s'"\\$^]+|[$^])/g
  for (const [all, escaped, ansi, single, double, space, bare] of text.matchAll(part)) {
    if (space !== undefined) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    const piece = escaped ?? (ansi === undefined ? undefined : ansiText(ansi)) ?? single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? bare
    if (piece === undefined) continue
    word = (word ?? '') + piece
    if (all === '') break
  }
  if (word !== undefined) words.push(word)
  return words
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', "'": "'", '"': '"', '\\': '\\' }
const ansiText = (text: string): string =>
  text.replace(/\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|[\s\S])/g, (all) => {
    const kind = all.charAt(1)
    const isNumber = all.length > 2
    return isNumber ? String.fromCharCode(parseInt(all.slice(2), 16)) : (escapes[kind] ?? kind)
  })
