import { isRecord } from '../../../lib/json.ts'
import type { Capture } from '../../shared/capture.ts'
import { UsageError } from '../../shared/usage.ts'
import { requestOf } from './request.ts'

const call = /(?:await\s+)?fetch\(\s*"(?:\\.|[^"\\])*"\s*(?:,\s*(\{(?:[^"]|"(?:\\.|[^"\\])*")*?\})\s*)?\)[\s;]*/y

/** `fetch("…", {…})`, as browsers copy one request or all: its options are JSON. @throws UsageError for other JavaScript */
export function fetchCalls(text: string): Capture[] | undefined {
  const given = text.trim()
  if (!/^(?:await\s+)?fetch\(/.test(given)) return undefined
  const found: Capture[] = []
  call.lastIndex = 0
  while (call.lastIndex < given.length) {
    const options = optionsOf(call.exec(given))
    if (!options) throw new UsageError('This is a call of fetch() that is not as browsers copy it: only options that are whole JSON can be read. Give inspect the headers and the body as JSON.')
    found.push({ ...requestOf(options), method: typeof options['method'] === 'string' ? options['method'].toUpperCase() : 'GET' })
  }
  return found
}

function optionsOf(match: RegExpExecArray | null) {
  try {
    const options: unknown = match ? JSON.parse(match[1] ?? '{}') : undefined
    return isRecord(options) ? options : undefined
  } catch {
    return undefined
  }
}
