import { isRecord, type Json, parseJson } from '../../../lib/json.ts'
import { codes, isReportCode } from '../../../report/codes.ts'
import type { DeliveryReport, Stage } from '../../../report/report.ts'
import { checks } from '../checks.ts'

/** The known facts of a delivery that was reported elsewhere. */
export type KnownReport = Pick<DeliveryReport, 'code' | 'status' | 'stages'>
  & Partial<Pick<DeliveryReport, 'generation' | 'clientIp' | 'hint' | 'credential' | 'event' | 'body'>> & {
    cause?: string
  }

/** A report, a log line that holds one, as an object, below a key or as a string, or an answer of the router. */
export function reportIn(json: Json): KnownReport | undefined {
  const isReport = (one: unknown): one is Json =>
    isRecord(one) && ('stages' in one || 'status' in one || 'durationMs' in one) && factsOf(one) !== undefined
  const found = [json, ...Object.values(json)].find(isReport)
  if (found) return factsOf(found)
  const said = Object.values(json).find((one) => typeof one === 'string' && one.includes('express-smile-id: '))
  return typeof said === 'string' ? reportInText(said) : isRecord(json['error']) ? factsOf(json['error']) : undefined
}

/** The last report in lines of a log; refusals count more. */
export function reportInText(text: string): KnownReport | undefined {
  const found = text.split(/\r?\n/).flatMap((line) => {
    const json = line.trim().startsWith('{') ? parseJson(line) : undefined
    return (isRecord(json) ? reportIn(json) : reportInLine(line)) ?? []
  })
  return found.findLast(({ code }) => code !== 'accepted' && code !== 'duplicate') ?? found.at(-1)
}

/** Reads a console line: the code, `name=value` pairs, a sentence. */
function reportInLine(line: string): KnownReport | undefined {
  const [, code, rest = ''] = /express-smile-id: (\w+)(.*)/.exec(line) ?? []
  const pair = /\s([a-zA-Z]+)=("(?:\\.|[^"\\])*"|\S+)/g
  const { passed = '', ...facts }: Record<string, string> = Object.fromEntries(
    [...rest.matchAll(pair)].map(([, name = '', value = '']) => [name, value]),
  )
  const hint = rest
    .replace(pair, '')
    .replace(/express-smile-id explain .*$/, '')
    .replace(/^[.:\s]+/, '')
    .trim()
  const stages = passed.split(',').map((name) => ({ name }))
  return factsOf({ ...facts, code, stages, ...(hint !== '' && { hint }) })
}

const isString = (value: unknown): boolean => typeof value === 'string'
const shapes: Readonly<Record<string, (value: unknown) => boolean>> = {
  generation: (value) => value === 'v1' || value === 'v3',
  clientIp: isString,
  hint: isString,
  cause: isString,
  credential: isRecord,
  event: isRecord,
  body: isRecord,
}

function factsOf(facts: Json): KnownReport | undefined {
  const { code, stages } = facts
  if (!isString(code) || !isReportCode(code as string)) return undefined
  const named = (Array.isArray(stages) ? stages : []).filter(
    (one) => isRecord(one) && Object.hasOwn(checks, String(one['name'])),
  )
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([name, value]) => shapes[name]?.(value))),
    code: code as KnownReport['code'],
    status: codes[code as KnownReport['code']].status,
    stages: (named as { name: Stage }[]).map(({ name }) => ({ name, atMs: 0 })),
  }
}
