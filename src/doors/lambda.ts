import { callback, checkMethods, checkOptions, type ChecksOf } from '../lib/check.ts'
import { isRecord } from '../lib/json.ts'
import type { DeliveryBody } from '../receive/delivery.ts'
import type { Receive } from '../receive/receive.ts'
import { answerOf } from './answer.ts'
import { pathParams } from './request.ts'

type Texts = Readonly<Record<string, string | undefined>>
type Lists = Readonly<Record<string, readonly string[] | undefined>>

/**
 * The members that are read of an event of a REST API, an HTTP API (both payload formats), a load balancer or a
 * function URL.
 */
export interface LambdaEvent {
  /** REST API and load balancer. */
  readonly httpMethod?: string
  /** REST API and load balancer. */
  readonly path?: string
  /** HTTP API and function URL. */
  readonly rawPath?: string
  /** HTTP API and function URL. */
  readonly rawQueryString?: string
  /** One string each. */
  readonly headers?: Texts | null
  /** Arrays, if the load balancer is set to send them. */
  readonly multiValueHeaders?: Lists | null
  /** REST API and load balancer. */
  readonly queryStringParameters?: Texts | null
  /** The same, as arrays. */
  readonly multiValueQueryStringParameters?: Lists | null
  /** Path params of the delivery. */
  readonly pathParameters?: Texts | null
  /** The body, or its base64. */
  readonly body?: string | null
  /** True if `body` is base64. */
  readonly isBase64Encoded?: boolean
  /** Method and sender of an HTTP API, and the sender of a REST API. */
  readonly requestContext?: {
    readonly http?: { readonly method?: string; readonly sourceIp?: string }
    readonly identity?: { readonly sourceIp?: string | null }
    readonly elb?: unknown
  }
}

/** Result that Lambda returns to the gateway or load balancer. */
export interface LambdaAnswer {
  /** HTTP status. */
  statusCode: number
  /** Headers of the answer, one string each. */
  headers?: Record<string, string>
  /** Used instead of `headers` if a load balancer uses arrays. */
  multiValueHeaders?: Record<string, string[]>
  /** JSON. */
  body: string
  /** The body is plain text. */
  isBase64Encoded: false
}

/** Options of `lambdaHandler`. */
export interface LambdaOptions {
  /**
   * Finds the sender's address. Default: `sourceIp` of the request context. A load balancer gives none: use the last
   * entry of `x-forwarded-for`.
   */
  readonly clientIp?: ((event: LambdaEvent) => string | null | undefined) | undefined
}

/**
 * Creates an AWS Lambda function behind a REST API, an HTTP API, a load balancer or a function URL.
 * @throws SmileIdConfigError `options_invalid` or `client_ip_invalid` for wrong arguments
 * @example
 * import { lambdaHandler } from 'express-smile-id/lambda'
 *
 * export const handler = lambdaHandler(callbacks)
 */
export function lambdaHandler(
  callbacks: { readonly receive: Receive },
  options?: LambdaOptions,
): (event: LambdaEvent) => Promise<LambdaAnswer> {
  checkMethods(callbacks, ['receive'], 'options_invalid', 'lambdaHandler takes what smileIdCallbacks() returns.')
  const { clientIp } = checkOptions(options, {
    clientIp: callback<LambdaOptions['clientIp'] & object>('client_ip_invalid'),
  } satisfies ChecksOf<LambdaOptions>)
  return async (given) => {
    // A ping that keeps a function warm may be anything.
    const event: LambdaEvent = isRecord(given) ? given : {}
    const { requestContext: context, multiValueHeaders } = event
    const usesLists = !event.headers && Boolean(multiValueHeaders)
    const report = await callbacks.receive({
      method: context?.http?.method ?? event.httpMethod ?? '',
      headers: event.headers ?? multiValueHeaders ?? {},
      body: bodyOf(event),
      clientIp: clientIp
        ? () => clientIp(event)
        : (context?.http?.sourceIp ?? context?.identity?.sourceIp ?? undefined),
      params: pathParams(event.pathParameters),
      url: `${event.rawPath ?? event.path ?? '/'}?${event.rawQueryString ?? queryOf(event)}`,
    })
    const { status: statusCode, headers, body } = answerOf(report)
    const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
    const inForm = usesLists ? { multiValueHeaders: lists } : { headers: { ...headers } }
    return { statusCode, ...inForm, body, isBase64Encoded: false }
  }
}

/** Gateways that are set up by hand may pass the flag as a string, or a parsed body. */
function bodyOf({ body, isBase64Encoded }: LambdaEvent): DeliveryBody {
  if (isRecord(body)) return body
  return Buffer.from(body ?? '', String(isBase64Encoded) === 'true' ? 'base64' : 'utf8')
}

/** A load balancer passes the query as sent; an API passes it decoded. */
function queryOf({
  multiValueQueryStringParameters: lists,
  queryStringParameters: texts,
  requestContext,
}: LambdaEvent): string {
  const query = new URLSearchParams(
    Object.entries<string | readonly string[] | undefined>(lists ?? texts ?? {}).flatMap(([name, values]) =>
      [values ?? []].flat().map((value): [string, string] => [name, value]),
    ),
  )
  return requestContext?.elb === undefined
    ? query.toString()
    : [...query].map(([name, value]) => `${name}=${value}`).join('&')
}
