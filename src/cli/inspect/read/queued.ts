import { isRecord, type Json } from '../../../lib/json.ts'
import type { Capture } from '../../shared/capture.ts'
import { isCallback } from './callback.ts'
import { pick, recordAt, requestOf, timeOf } from './request.ts'

type Read = (json: Json) => Capture[] | undefined

/** Records of SQS, SNS and Kinesis, messages as `aws sqs receive-message` prints them, events of EventBridge: what was put into the queue is inside. */
export function queued(json: Json, read: Read): Capture[] | undefined {
  const list = [json['Records'], json['Messages']].find(Array.isArray) ?? [json]
  return list.filter(isRecord).flatMap((one) => inMessage(one, read))
}

function inMessage(message: Json, read: Read): Capture[] {
  const sns = recordAt(message, 'Sns')
  const { data } = recordAt(message, 'kinesis')
  const isMessage = 'eventSource' in message || 'messageId' in message || 'MessageId' in message || 'EventSource' in message
  const text = (isMessage ? pick(message, 'body', 'Body', 'Message') : undefined) ?? sns['Message'] ?? (typeof data === 'string' ? Buffer.from(data, 'base64').toString() : undefined)
  const inner = typeof text === 'string' ? parsed(text) : 'detail-type' in message ? message['detail'] : undefined
  if (!isRecord(inner)) return []
  const found = read(inner)
  const sentAt = timeOf(pick(recordAt(message, 'attributes'), 'SentTimestamp') ?? pick(message, 'Timestamp', 'time') ?? sns['Timestamp'])
  const withTime = (capture: Capture): Capture => ({ ...(sentAt && { receivedAt: sentAt }), ...capture })
  if (found) return found.map(withTime)
  if (!isCallback(inner)) return []
  const attributes = pick(message, 'messageAttributes', 'MessageAttributes') ?? sns['MessageAttributes']
  const headers = Object.entries(isRecord(attributes) ? attributes : {}).map(([name, value]) => [name, pick(recordAt(value), 'stringValue', 'StringValue', 'Value')])
  return [withTime(requestOf({ headers, body: text ?? inner }))]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
