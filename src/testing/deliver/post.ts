import { once } from 'node:events'
import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** An HTTP answer as received. */
export interface PostAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

interface PostOptions {
  /** Default: POST. */
  method?: string | undefined
  /** Keeps connections open for the next request. */
  agent?: Agent | undefined
  /** Ends the request. Default: 35 s, after which Smile ID gives up. */
  signal?: AbortSignal | undefined
}

/** Bytes: an endless answer must not fill the memory. */
const mostAnswer = 16 * 1_048_576

/**
 * Posts as a sender of callbacks does: no redirects, no retries, headers exactly as given. Not fetch: it refuses some
 * headers, and tests often replace it.
 */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  { method = 'POST', agent, signal = AbortSignal.timeout(35_000) }: PostOptions = {},
): Promise<PostAnswer> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  const length = { 'Content-Length': String(Buffer.byteLength(body)) }
  const outgoing = request(url, { method, headers: { ...length, ...headers }, agent: agent ?? false, signal })
  // A receiver may answer and hang up before the whole body is sent, as over the size limit.
  outgoing.on('error', () => undefined)
  outgoing.end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part)
      bytes += part.byteLength
      if (bytes > mostAnswer) throw Object.assign(new Error('The answer is too long.'), { code: 'ERR_ANSWER_TOO_LONG' })
    }
  } catch (error) {
    // Node reports a reset connection instead.
    signal.throwIfAborted()
    throw error
  }
  return { status: answer.statusCode ?? 0, headers: flat(answer.headers), text: Buffer.concat(parts).toString('utf8') }
}

const flat = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
