import { callback, checkMethods } from '../lib/check.ts'
import { checkOptions, type ChecksOf } from '../lib/check-options.ts'
import type { Receive } from '../receive/receive.ts'
import { answerOf } from './answer.ts'
import { pathParams } from './params.ts'

type Texts = Readonly<Record<string, string | undefined>>
type Lists = Readonly<Record<string, readonly string[] | undefined>>

/** What is read of an event of a REST API, an HTTP API (both payload formats), a load balancer or a function URL. */
export interface LambdaEvent {
  readonly httpMethod?: string
  readonly path?: string
  readonly rawPath?: string
  readonly rawQueryString?: string
  readonly headers?: Texts | null
  readonly multiValueHeaders?: Lists | null
  readonly queryStringParameters?: Texts | null
  readonly multiValueQueryStringParameters?: Lists | null
  readonly pathParameters?: Texts | null
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
  readonly requestContext?: {
    readonly http?: { readonly method?: string; readonly sourceIp?: string }
    readonly identity?: { readonly sourceIp?: string | null }
    readonly elb?: unknown
  }
}

export interface LambdaAnswer {
  statusCode: number
  headers?: Record<string, string>
  /** In place of `headers` where a load balancer uses lists. */
  multiValueHeaders?: Record<string, string[]>
  body: string
  isBase64Encoded: false
}

export interface LambdaOptions {
  /** The sender's address. Default: `sourceIp` of the request context. A load balancer gives none: there take the last entry of `x-forwarded-for`. */
  readonly clientIp?: ((event: LambdaEvent) => string | null | undefined) | undefined
}

/**
 * A function of AWS Lambda behind a REST API, an HTTP API, a load balancer or a function URL.
 * @throws SmileIdConfigError `options_invalid` or `client_ip_invalid` for wrong arguments
 * @example export const handler = lambdaHandler(callbacks)
 */
export function lambdaHandler(callbacks: { readonly receive: Receive }, options?: LambdaOptions): (event: LambdaEvent) => Promise<LambdaAnswer> {
  checkMethods(callbacks, ['receive'], 'options_invalid', 'lambdaHandler takes what smileIdCallbacks() returns.')
  const { clientIp } = checkOptions(options, { clientIp: callback<LambdaOptions['clientIp'] & object>('client_ip_invalid') } satisfies ChecksOf<LambdaOptions>)
  return async (event) => {
    const { requestContext: context, multiValueHeaders } = event
    const usesLists = !event.headers && Boolean(multiValueHeaders)
    const report = await callbacks.receive({
      method: context?.http?.method ?? event.httpMethod ?? '',
      headers: event.headers ?? multiValueHeaders ?? {},
      body: Buffer.from(event.body ?? '', event.isBase64Encoded === true ? 'base64' : 'utf8'),
      clientIp: (clientIp ? addressBy(clientIp, event) : (context?.http?.sourceIp ?? context?.identity?.sourceIp)) ?? undefined,
      params: pathParams(event.pathParameters),
      url: `${event.rawPath ?? event.path ?? '/'}?${event.rawQueryString ?? queryOf(event)}`,
    })
    const { status, headers, body } = answerOf(report)
    const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
    return { statusCode: status, ...(usesLists ? { multiValueHeaders: lists } : { headers: { ...headers } }), body, isBase64Encoded: false }
  }
}

function addressBy(clientIp: NonNullable<LambdaOptions['clientIp']>, event: LambdaEvent): string | null | undefined {
  try {
    return clientIp(event)
  } catch {
    return undefined
  }
}

/** A load balancer hands the query over as it was sent; an API hands it over decoded. */
function queryOf({ multiValueQueryStringParameters: lists, queryStringParameters: texts, requestContext }: LambdaEvent): string {
  const code = requestContext?.elb === undefined ? encodeURIComponent : (text: string) => text
  return Object.entries<string | readonly string[] | undefined>(lists ?? texts ?? {})
    .flatMap(([name, values]) => (typeof values === 'string' ? [values] : (values ?? [])).map((value) => `${code(name)}=${code(value)}`))
    .join('&')
}
