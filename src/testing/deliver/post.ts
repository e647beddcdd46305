import { type Agent, request as httpRequest } from 'node:http'
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
  /** Time limit for the answer, ms. Default: 35 s, after which Smile ID gives up. */
  timeout?: number | undefined
}

/** Bytes: an endless answer must not fill the memory. */
const mostAnswer = 16 * 1_048_576

/**
 * Posts as a sender of callbacks does: no redirects, no retries, headers exactly as given. Not fetch: it refuses some
 * headers, and tests often replace it.
 */
export function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  options: PostOptions = {},
): Promise<PostAnswer> {
  const { method = 'POST', agent, timeout = 35_000 } = options
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  const length = { 'Content-Length': String(Buffer.byteLength(body)) }
  const signal = AbortSignal.timeout(timeout)
  return new Promise((resolve, reject) => {
    let answered = false
    const outgoing = request(
      url,
      { method, headers: { ...length, ...headers }, agent: agent ?? false, signal },
      (answer) => {
        answered = true
        const parts: Buffer[] = []
        let bytes = 0
        answer.on('data', (part: Buffer) => {
          parts.push(part)
          bytes += part.byteLength
          if (bytes > mostAnswer)
            answer.destroy(Object.assign(new Error('The answer is too long.'), { code: 'ERR_ANSWER_TOO_LONG' }))
        })
        // Node reports both as a reset connection.
        answer.on('error', (error) => {
          reject(signal.aborted ? (signal.reason as Error) : error)
        })
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: flat(answer.headers),
            text: Buffer.concat(parts).toString('utf8'),
          }),
        )
      },
    )
    // A receiver may answer and hang up before the whole body is sent, as over the size limit.
    outgoing.on('error', (error) => {
      if (!answered) reject(error)
    })
    outgoing.end(body)
  })
}

const flat = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
