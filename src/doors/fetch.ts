import { Readable } from 'node:stream'
import { answerOf } from './answer.ts'
import type { Receive } from '../receive/receive.ts'

/** What a fetch server knows beside the request. */
export interface FetchContext {
  /** The sender's address as your host or proxy gives it. */
  clientIp?: string | undefined
  /** Path params, such as `{ tenant }`. */
  params?: Readonly<Record<string, string>> | undefined
}

/** The fetch door: `Request` in, `Response` out. */
export type FetchHandler = (request: Request, context?: FetchContext) => Promise<Response>

export function fetchHandler(receive: Receive): FetchHandler {
  return async (request, { clientIp, params } = {}) => {
    const body = bodyOf(request)
    const report = await receive({ method: request.method, url: request.url, headers: request.headers, body, clientIp, params })
    if (body instanceof Readable) body.destroy()
    const { status, headers, body: text } = answerOf(report)
    return new Response(request.method === 'HEAD' ? null : text, { status, headers })
  }
}

function bodyOf({ bodyUsed, body }: Request): Readable | string | undefined {
  if (bodyUsed || body?.locked) return undefined
  if (!body) return ''
  // The sender may go away before anybody reads: without a listener that would end the process.
  return Readable.fromWeb(body).on('error', () => undefined)
}
