import type { DeliveryBody, HeadersLike } from '../receive/delivery.ts'
import type { Receive } from '../receive/receive.ts'
import { answerOf } from './answer.ts'
import { pathParams, propertyOf } from './request.ts'

/** What a fetch server knows beside the request. */
export interface FetchContext {
  /** The sender's address as your host or proxy gives it. */
  clientIp?: string | undefined
  /** Path params, such as `{ tenant }`. */
  params?: Readonly<Record<string, string>> | undefined
}

/**
 * What is needed of a request: a `Request` has it, and so have those that hosts bring themselves, such as Azure's
 * `HttpRequest`.
 */
export interface FetchRequest {
  /** Such as `POST`. */
  readonly method: string
  /** Needed where `callbackSecret` is set. */
  readonly url: string
  /** Names in any case. */
  readonly headers: HeadersLike
  /** A web stream; null or '' where there is none. */
  readonly body?: unknown
  /** Whether somebody has read the body. */
  readonly bodyUsed: boolean
  /** The whole body, where there is no stream. */
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
 * By what it can do, not by its class: hosts bring their own. What is not read of the stream is left as it is, and is
 * its host's:
 * to cancel it would destroy the connection before the answer where it wraps a Node request, or end the process.
 */
function bodyOf(request: FetchRequest): DeliveryBody {
  const body = propertyOf(request, 'body') as (object & { locked?: boolean }) | null | undefined
  if (request.bodyUsed || body?.locked === true) return undefined
  if (body) return body
  return body === undefined && typeof request.arrayBuffer === 'function' ? whole(request) : ''
}

/** Where a host has no streams. */
async function* whole(request: FetchRequest): AsyncGenerator<ArrayBuffer> {
  yield await request.arrayBuffer()
}
