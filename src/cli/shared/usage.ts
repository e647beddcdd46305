import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { nearest } from '../../lib/words.ts'
import { type Command, type commands, specOf } from '../help.ts'
import type { Io } from './io.ts'

/** A mistake on the command line; ends with exit code 2. */
export class UsageError extends Error {}

/** The options of a command, as they were given. */
export type Values<C extends Command> = ReturnType<
  typeof parseArgs<{ options: (typeof commands)[C]['options'] }>
>['values']

/** The arguments of a command. */
export interface Given<C extends Command> {
  values: Values<C>
  positionals: string[]
}

/** Runs a command; resolves to true if all was accepted. */
export type Run<C extends Command> = (given: Given<C>, io: Io) => Promise<boolean>

/** Reads a command's arguments. @throws UsageError for what the command does not know */
export function readArgs<C extends Command>(command: C, args: readonly string[]): Given<C> {
  const { options, instead } = specOf(command)
  const parsed = () => parseArgs({ args: [...args], options, allowPositionals: true })
  let found: ReturnType<typeof parsed>
  try {
    found = parsed()
  } catch (error) {
    // Node names the argument and the remedy; only its first sentence is meant for people.
    throw new UsageError((error as Error).message.split(/(?<=\.) /)[0] ?? 'The arguments cannot be read.')
  }
  const [first] = found.positionals
  if (first !== undefined && instead !== undefined) throw new UsageError(`${command} takes no "${first}": ${instead}.`)
  return found as Given<C>
}

/** Asks for the known word nearest to a typed one; empty if none is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? '' : ` Did you mean ${near}?`
}

/** The text of a file, or of standard input for `-`. @throws UsageError if it cannot be read */
export async function readText(path: string, io?: Pick<Io, 'readStdin'>): Promise<string> {
  if (path === '-' && io) return io.readStdin()
  const bytes = await readFile(path).catch(() => {
    throw new UsageError(`${path} cannot be read.`)
  })
  // The Windows shell redirects output as UTF-16.
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8')
}

export function oneOf<T extends string>(name: string, value: string | undefined, known: readonly T[]): T | undefined {
  if (value === undefined || known.includes(value as T)) return value as T | undefined
  throw new UsageError(`--${name} has to be one of: ${known.join(', ')}.`)
}

export function positiveNumber(name: string, value: string | undefined, { integer = false } = {}): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (number > 0 && Number.isFinite(number) && (!integer || Number.isSafeInteger(number))) return number
  throw new UsageError(`--${name} has to be a ${integer ? 'whole ' : ''}number above 0.`)
}

/** Partner params, as `key=value`. */
export function readParams(values: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    values.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageError('--param has to be key=value.')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1|.+\.localhost)$/i

export const isLoopback = (host: string): boolean => loopback.test(host)

/** The URL to send to. @throws UsageError if it is not a URL, or not of this machine without `--allow-remote` */
export function readTarget(text: string | undefined, allowRemote: boolean | undefined, option = '--to'): URL {
  if (text === undefined)
    throw new UsageError(`${option} is missing, such as ${option} http://localhost:3000/smile-id.`)
  if (!URL.canParse(text))
    throw new UsageError(`${option} has to be a whole URL, such as http://localhost:3000/smile-id.`)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UsageError(`${option} has to begin with http:// or https://.`)
  if (!allowRemote && !isLoopback(url.hostname))
    throw new UsageError(`${url.hostname} is not this machine. If that is intended, add --allow-remote.`)
  return url
}
