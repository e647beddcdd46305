import { isRecord, type Json, parseJson } from '../../../lib/json.ts'
import type { Capture } from '../../shared/body.ts'
import { rawHttp } from './raw-http.ts'
import { asText, bodyOf, headersOf, isCallback, pick, recordAt, requestOf, timeOf } from './request.ts'

/** The requests in an export of some tool; undefined if it is none that is known. */
export function requestsIn(json: Json): Capture[] | undefined {
  for (const read of readers) {
    const found = read(json)
    if (found && found.length > 0) return found
  }
  return undefined
}

const records = (value: unknown): Json[] | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isRecord) ? value : undefined

/** HTTP Archive: `log.entries[].request`. */
const har = (json: Json): Capture[] | undefined =>
  records(recordAt(json, 'log')['entries'])?.map((entry) => {
    const request = recordAt(entry, 'request')
    const { text, encoding } = recordAt(request, 'postData')
    return {
      ...requestOf({ ...request, startedDateTime: entry['startedDateTime'] }),
      body: bodyOf(text ?? '', encoding === 'base64'),
    }
  })

/** ngrok's inspector: `requests[].request.raw` is the whole request as base64. */
function ngrok(json: Json): Capture[] | undefined {
  const list = records(json['requests']) ?? (typeof recordAt(json, 'request')['raw'] === 'string' ? [json] : undefined)
  return list?.flatMap((one) => {
    const { raw, ...request } = recordAt(one, 'request')
    if (typeof raw !== 'string') return []
    const bytes = Buffer.from(raw, 'base64')
    // Split as bytes: a compressed body is no text.
    const end = bytes.indexOf('\r\n\r\n')
    const head = rawHttp(`${bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1')}\r\n\r\n`)
    if (!head) return []
    const { receivedAt } = requestOf({ start: one['start'] })
    const clientIp = typeof one['remote_addr'] === 'string' ? one['remote_addr'] : head.headers['X-Forwarded-For']
    const headers = Object.keys(head.headers).length > 0 ? head.headers : headersOf(request['headers'])
    return [
      {
        ...head,
        headers,
        body: end < 0 ? '' : asText(bytes.subarray(end + 4)),
        ...(clientIp !== undefined && { clientIp }),
        ...(receivedAt && { receivedAt }),
      },
    ]
  })
}

/** webhook.site: a request, or `data[]` of them, its body in `content`. */
function webhookSite(json: Json): Capture[] | undefined {
  const list = records(json['data']) ?? [json]
  return list.every((one) => typeof one['uuid'] === 'string' && 'content' in one) ? list.map(requestOf) : undefined
}

/** API Gateway (REST and HTTP), a function URL or a load balancer, as the function sees it. */
function lambda(json: Json): Capture[] | undefined {
  const context = recordAt(json, 'requestContext')
  if (Object.keys(context).length === 0 || !('body' in json)) return undefined
  const http = recordAt(context, 'http')
  const clientIp = pick({ ...recordAt(context, 'identity'), ...http }, 'sourceIp')
  const method = pick(
    { ...json, ...(http['method'] !== undefined && { httpMethod: http['method'] }) },
    'httpMethod',
    'method',
  )
  return [
    requestOf({
      headers: json['headers'],
      multiValueHeaders: json['multiValueHeaders'],
      body: json['body'],
      isBase64Encoded: json['isBase64Encoded'],
      clientIp,
      method,
      receivedAt: pick(context, 'timeEpoch', 'requestTimeEpoch'),
    }),
  ]
}

/** Pipedream: the event of a trigger, alone or in its steps. */
function pipedream(json: Json): Capture[] | undefined {
  const event = [
    recordAt(json, 'steps', 'trigger', 'event'),
    recordAt(json, 'trigger', 'event'),
    recordAt(json, 'event'),
  ].find((one) => 'headers' in one)
  return event && (lambda(event) ?? [requestOf(event)])
}

/** A log of Fastify, Next or the like: the request in `req` or `request`, its body there or beside it. */
function logged(json: Json): Capture[] | undefined {
  const request = [recordAt(json, 'req'), recordAt(json, 'request')].find((one) => 'headers' in one)
  if (!request) return undefined
  const body = pick(request, 'body', 'rawBody') ?? pick(json, 'body', 'rawBody')
  return [
    requestOf({
      ...request,
      body,
      time: json['time'],
      receivedAt: pick(request, 'receivedAt') ?? pick(json, 'receivedAt'),
    }),
  ]
}

const plain = (json: Json): Capture[] | undefined =>
  'headers' in json || 'rawHeaders' in json || ('body' in json && typeof json['method'] === 'string')
    ? [requestOf(json)]
    : undefined

const readers: readonly ((json: Json) => Capture[] | undefined)[] = [
  har,
  ngrok,
  webhookSite,
  lambda,
  pipedream,
  (json) => queued(json, requestsIn),
  logged,
  plain,
]

type Read = (json: Json) => Capture[] | undefined

/**
 * Records of SQS, SNS and Kinesis, messages as `aws sqs receive-message` prints them, events of EventBridge: what was
 * put into the queue is inside.
 */
export function queued(json: Json, read: Read): Capture[] | undefined {
  const list = [json['Records'], json['Messages']].find(Array.isArray) ?? [json]
  return list.filter(isRecord).flatMap((one) => inMessage(one, read))
}

function inMessage(message: Json, read: Read): Capture[] {
  const sns = recordAt(message, 'Sns')
  const { data } = recordAt(message, 'kinesis')
  const isMessage =
    'eventSource' in message || 'messageId' in message || 'MessageId' in message || 'EventSource' in message
  const text =
    (isMessage ? pick(message, 'body', 'Body', 'Message') : undefined)
    ?? sns['Message']
    ?? (typeof data === 'string' ? Buffer.from(data, 'base64').toString() : undefined)
  const inner = typeof text === 'string' ? parseJson(text) : 'detail-type' in message ? message['detail'] : undefined
  if (!isRecord(inner)) return []
  const found = read(inner)
  const sentAt = timeOf(
    pick(recordAt(message, 'attributes'), 'SentTimestamp') ?? pick(message, 'Timestamp', 'time') ?? sns['Timestamp'],
  )
  const withTime = (capture: Capture): Capture => ({ ...(sentAt && { receivedAt: sentAt }), ...capture })
  if (found) return found.map(withTime)
  if (!isCallback(inner)) return []
  const attributes = pick(message, 'messageAttributes', 'MessageAttributes') ?? sns['MessageAttributes']
  const headers = Object.entries(isRecord(attributes) ? attributes : {}).map(([name, value]) => [
    name,
    pick(recordAt(value), 'stringValue', 'StringValue', 'Value'),
  ])
  return [withTime(requestOf({ headers, body: text ?? inner }))]
}
