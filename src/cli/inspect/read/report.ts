import { isRecord, type Json } from '../../../lib/json.ts'
import { codes, type ReportCode } from '../../../report/codes.ts'
import type { DeliveryReport, Stage } from '../../../report/report.ts'

/** The known facts of a delivery that was reported elsewhere. */
export type KnownReport = Pick<DeliveryReport, 'code' | 'status' | 'stages'>
  & Partial<Omit<DeliveryReport, 'receivedAt' | 'signedAt' | 'cause'>> & { cause?: string }

const isCode = (value: unknown): value is ReportCode => typeof value === 'string' && Object.hasOwn(codes, value)
const stageNames = [
  'admitted',
  'read',
  'verified',
  'decoded',
  'claimed',
  'confirmed',
] as const satisfies readonly Stage[]

/** A report, or a log line that holds one: as an object, or below the keys of some loggers. */
export function reportIn(json: Json): KnownReport | undefined {
  const found = [
    json,
    json['report'],
    json['delivery'],
    json['facts'],
    json['context'],
    json['meta'],
    json['jsonPayload'],
  ].find(
    (one): one is Json =>
      isRecord(one) && isCode(one['code']) && ('stages' in one || 'status' in one || 'durationMs' in one),
  )
  const { error } = json
  // The router's answer.
  return found
    ? fromFacts(found)
    : isRecord(error) && isCode(error['code'])
      ? fromFacts({ code: error['code'] })
      : undefined
}

/** Reads a console line: the code, `name=value` pairs, a sentence. The last refusal of several lines counts. */
export function reportInText(text: string): KnownReport | undefined {
  const lines = text.split(/\r?\n/).filter((line) => isCode(/express-smile-id: (\w+)/.exec(line)?.[1]))
  const line = lines.findLast((one) => !/express-smile-id: (accepted|duplicate)\b/.test(one)) ?? lines.at(-1)
  if (line === undefined) return undefined
  const [, code, rest = ''] = /express-smile-id: (\w+)(.*)/.exec(line) ?? []
  const pairs = Object.fromEntries(
    [...rest.matchAll(/\s([a-zA-Z]+)=("(?:\\.|[^"\\])*"|\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  )
  const { passed = '', generation, clientIp, cause } = pairs
  const stages = passed.split(',').map((name) => ({ name, atMs: 0 }))
  const sentence = rest
    .replace(/\s[a-zA-Z]+=("(?:\\.|[^"\\])*"|\S+)/g, '')
    .replace(/express-smile-id explain .*$/, '')
    .replace(/^[.:\s]+/, '')
    .trim()
  return fromFacts({ code, stages, generation, clientIp, cause, ...(sentence !== '' && { hint: sentence }) })
}

function fromFacts(facts: Json): KnownReport | undefined {
  const { code, stages, generation, clientIp, hint, cause, credential, event, body } = facts
  if (!isCode(code)) return undefined
  const passed = Array.isArray(stages) ? stages.filter(isRecord).map(({ name }) => name) : []
  return {
    code,
    status: codes[code].status,
    stages: stageNames
      .filter((name) => passed.includes(name))
      .sort((a, b) => passed.indexOf(a) - passed.indexOf(b))
      .map((name) => ({ name, atMs: 0 })),
    ...((generation === 'v1' || generation === 'v3') && { generation }),
    ...(typeof clientIp === 'string' && { clientIp }),
    ...(typeof hint === 'string' && { hint }),
    ...(typeof cause === 'string' && { cause }),
    ...(isRecord(credential) && { credential: credential as unknown as NonNullable<KnownReport['credential']> }),
    ...(isRecord(event) && { event: event as unknown as NonNullable<KnownReport['event']> }),
    ...(isRecord(body) && { body: body as unknown as NonNullable<KnownReport['body']> }),
  }
}
