import type { DeliveryBody, HeadersLike } from '../receive/delivery.ts'
import type { Receive } from '../receive/receive.ts'
import { answerOf } from './answer.ts'
import { pathParams, propertyOf } from './request.ts'

/** Facts that a fetch server knows beside the request. */
export interface FetchContext {
  /** The sender's address from your host or proxy. */
  clientIp?: string | undefined
  /** Path params, such as `{ tenant }`. */
  params?: Readonly<Record<string, string>> | undefined
}

/**
 * The members of a request that are used: those of a `Request`, and of similar classes such as Azure's `HttpRequest`.
 */
export interface FetchRequest {
  /** Such as `POST`. */
  readonly method: string
  /** Required with `callbackSecret`. */
  readonly url: string
  /** Names in any case. */
  readonly headers: HeadersLike
  /** A web stream; null or '' if there is none. */
  readonly body?: unknown
  /** True if the body was read. */
  readonly bodyUsed: boolean
  /** The whole body, if there is no stream. */
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The fetch door: `Request` in, `Response` out. */
export type FetchHandler = (request: FetchRequest, context?: FetchContext) => Promise<Response>

export function fetchHandler(receive: Receive): FetchHandler {
  return async (request, context) => {
    const { clientIp, params } = (context as FetchContext | null | undefined) ?? {}
    const report = await receive({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: bodyOf(request),
      clientIp,
      params: pathParams(params),
    })
    const { status, headers, body } = answerOf(report)
    return new Response(request.method === 'HEAD' ? null : body, { status, headers })
  }
}

/**
 * Recognized by its members, not its class: hosts have their own. Unread data is left to the host: cancelling a stream
 * that wraps a Node request would destroy the connection before the answer, or end the process.
 */
function bodyOf(request: FetchRequest): DeliveryBody {
  const body = propertyOf(request, 'body') as (object & { locked?: boolean }) | null | undefined
  if (request.bodyUsed || body?.locked === true) return undefined
  if (body) return body
  return body === undefined && typeof request.arrayBuffer === 'function' ? whole(request) : ''
}

/** For hosts without streams. */
async function* whole(request: FetchRequest): AsyncGenerator<ArrayBuffer> {
  yield await request.arrayBuffer()
}
