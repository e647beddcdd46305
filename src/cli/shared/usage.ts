import { parseArgs, type ParseArgsConfig } from 'node:util'

/** The user's mistake on the command line; ends with exit code 2. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>

/** Reads a command's arguments. @throws UsageError for what the command does not know */
export function readArgs<const T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    // Node names the argument and the remedy; only its first sentence is meant for people.
    throw new UsageError((error as Error).message.split(/(?<=\.) /)[0] ?? 'The arguments cannot be read.')
  }
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

/** `key=value`, several times. */
export function pairs(name: string, values: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    values.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageError(`--${name} has to be key=value.`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
