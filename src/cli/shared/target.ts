import { UsageError } from './usage.ts'

const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1|.+\.localhost)$/i

export const isLoopback = (host: string): boolean => loopback.test(host)

/** The URL to send to. @throws UsageError if it is not a URL, or not of this machine without `--allow-remote` */
export function readTarget(text: string | undefined, allowRemote: boolean, option = '--to'): URL {
  if (text === undefined) throw new UsageError(`${option} is missing, such as ${option} http://localhost:3000/smile-id.`)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`${option} has to be a whole URL, such as http://localhost:3000/smile-id.`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new UsageError(`${option} has to begin with http:// or https://.`)
  if (!allowRemote && !isLoopback(url.hostname)) {
    throw new UsageError(`${url.hostname} is not this machine. If you mean it, add --allow-remote.`)
  }
  return url
}
