import type { Capture } from '../../shared/capture.ts'

/** `POST /path HTTP/1.1`, headers, an empty line, the body. */
export function rawHttp(text: string): Capture | undefined {
  const [, method, rest = ''] = /^([A-Z]+) \S+ HTTP\/[\d.]+\r?\n([\s\S]*)$/.exec(text) ?? []
  if (method === undefined) return undefined
  const end = /\r?\n\r?\n/.exec(rest)
  const head = end ? rest.slice(0, end.index) : rest
  const lines = head.split(/\r?\n/).filter((line) => line.includes(':'))
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  return { method, headers, body: end ? rest.slice(end.index + end[0].length) : '' }
}
