import type { Capture } from '../../shared/body.ts'

/** `POST /path HTTP/1.1`, headers, an empty line, the body. */
export function rawHttp(text: string): Capture | undefined {
  const [, method, rest = ''] = /^([A-Z]+) \S+ HTTP\/[\d.]+\r?\n([\s\S]*)$/.exec(text) ?? []
  if (method === undefined) return undefined
  const end = /\r?\n\r?\n/.exec(rest)
  const head = end ? rest.slice(0, end.index) : rest
  const lines = head.split(/\r?\n/).filter((line) => line.includes(':'))
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { method, headers, body: end ? framed(headers, rest.slice(end.index + end[0].length)) : '' }
}

/** The body only, if chunk sizes or later text were copied with it. */
function framed(headers: Readonly<Record<string, string>>, text: string): string {
  const header = (name: string) => Object.entries(headers).find(([one]) => one.toLowerCase() === name)?.[1]
  if (header('transfer-encoding') === 'chunked' && /^[\da-f]+(;[^\r\n]*)?\r?\n/i.test(text))
    return unchunked(Buffer.from(text))
  const length = Number(header('content-length') ?? NaN)
  return Number.isInteger(length) ? Buffer.from(text).subarray(0, length).toString() : text
}

function unchunked(bytes: Buffer): string {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const [line = '', size = '0'] =
      /^(?:\r?\n)?([\da-f]+)(?:[;\s][^\r\n]*)?\r?\n/i.exec(bytes.subarray(at, at + 100).toString('latin1')) ?? []
    const length = parseInt(size, 16)
    if (length === 0) return Buffer.concat(parts).toString()
    parts.push(bytes.subarray(at + line.length, at + line.length + length))
    at += line.length + length
  }
}
