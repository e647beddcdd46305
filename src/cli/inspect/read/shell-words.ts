import { UsageError } from '../../shared/usage.ts'

/** Stands between two words that an end of line divides. */
export const lineEnd = Symbol('line end')

const part = /[\\^`]\r?\n|\\([\s\S])|\$'((?:\\[\s\S]|[^'\\])*)'|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|(\s+)|(['"\\])|([^\s'"\\$^`]+|[$^`])/g

/** Words as a POSIX shell splits them; also `$'…'`, lines continued with `^` or a backtick, and what browsers copy for cmd.exe. @throws UsageError where only a shell knows more */
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
    if (open !== undefined) throw new UsageError(open === '\\' ? 'The curl command is cut off: it goes on after its last line.' : 'The curl command ends inside a quotation mark: copy it whole.')
    if (space !== undefined) {
      close()
      if (space.includes('\n')) words.push(lineEnd)
      unquoted = ''
      continue
    }
    if (bare !== undefined) unquoted += bare
    if (!isCmd) known(double ?? unquoted)
    const piece = escaped ?? (ansi === undefined ? undefined : ansiText(ansi)) ?? single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? bare
    if (piece !== undefined) word = (word ?? '') + piece
  }
  close()
  return words
}

/** What a shell would put in cannot be read from here. */
function known(text: string): void {
  const [, variable] = /(?<!\\)(?:\\\\)*(\$(?:\w+|\{\w+|\(\S*)|`\S+)/.exec(text) ?? []
  if (variable !== undefined) throw new UsageError(`The curl command holds ${variable.slice(0, 40)}, which only the shell knew: write its value in.`)
}

const withoutCarets = (text: string): string => text.replace(/\^(\r?\n)\r?\n/g, '$1').replace(/\^\r?\n/g, '').replace(/\^([\s\S])/g, '$1')

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', "'": "'", '"': '"', '\\': '\\' }
const ansiText = (text: string): string =>
  text.replace(/\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|[\s\S])/g, (all) => {
    const kind = all.charAt(1)
    const isNumber = all.length > 2
    return isNumber ? String.fromCharCode(parseInt(all.slice(2), 16)) : (escapes[kind] ?? kind)
  })
