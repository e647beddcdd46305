import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** A mistake on the command line; ends with exit code 2. */
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

/** Listens, and gives the URL without a path. @throws UsageError where that is not possible */
export async function listening(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UsageError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} is in use; --port 0 takes a free one.`
            : `${host}:${port} cannot be listened on.`,
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host.replace(/[[\]]/g, '')}]` : host}:${taken}`
}

export function portOf(text = '3000'): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== '') return port
  throw new UsageError('--port has to be a whole number up to 65535.')
}

export const stopped = (stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stop.aborted) resolve()
    else stop.addEventListener('abort', () => resolve(), { once: true })
  })

const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1|.+\.localhost)$/i

export const isLoopback = (host: string): boolean => loopback.test(host)

/** The URL to send to. @throws UsageError if it is not a URL, or not of this machine without `--allow-remote` */
export function readTarget(text: string | undefined, allowRemote: boolean, option = '--to'): URL {
  if (text === undefined)
    throw new UsageError(`${option} is missing, such as ${option} http://localhost:3000/smile-id.`)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`${option} has to be a whole URL, such as http://localhost:3000/smile-id.`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UsageError(`${option} has to begin with http:// or https://.`)
  if (!allowRemote && !isLoopback(url.hostname)) {
    throw new UsageError(`${url.hostname} is not this machine. If that is intended, add --allow-remote.`)
  }
  return url
}
