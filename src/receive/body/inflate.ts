import { isUtf8 } from 'node:buffer'
import zlib from 'node:zlib'
import { Turns } from '../../lib/limits.ts'
import { type Refusal, refuse } from '../../report/refusal.ts'
import type { Coding } from '../headers.ts'
import { afterSpace } from './json-bounds.ts'

/** The function of Node for each format; with `Sync` at its end, the one for commands. */
const decoders = { gzip: 'gunzip', zlib: 'inflate', deflate: 'inflateRaw', br: 'brotliDecompress' } as const

const decode = (format: keyof typeof decoders, bytes: Buffer, maxOutputLength: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const inflate: typeof zlib.gunzip = zlib[decoders[format]]
    inflate(bytes, { maxOutputLength, chunkSize }, (error, decoded) => {
      if (error) reject(error)
      else resolve(decoded)
    })
  })

/** A brotli decoder takes up to 18 MB for a body of 39 bytes: so the process has at most two. */
const decoderTurns = new Turns(2)

/**
 * Bytes decoded at a time. In Node's chunks of 16 kB, 1.5 MB take a hundred turns of the event loop: in a busy process
 * a decompression bomb held its slot for seconds.
 */
const chunkSize = 262_144

/**
 * Decompresses a body that has arrived whole, so that a decoder lives for milliseconds, not as long as its sender
 * chooses. JSON is left as it is: some hosts decompress, and leave the header. `limit` in bytes, for each step. Refuses
 * a body that waits longer than `timeoutMs` for a decoder.
 */
export async function inflated(
  raw: Buffer,
  codings: readonly Coding[],
  limit: number,
  timeoutMs: number,
): Promise<Buffer | Refusal> {
  if (codings.length === 0 || looksLikeJson(raw)) return raw
  try {
    let bytes = raw
    for (const coding of codings.toReversed()) {
      const encoded = bytes
      const act = () => decode(formatOf(encoded, coding), encoded, limit)
      const decoded = await (decoderTurns.runNow('', act)
        ?? decoderTurns.runNext('', act, AbortSignal.timeout(timeoutMs), () => undefined))
      if (!decoded) return refuse('too_many_bodies')
      bytes = decoded
    }
    return bytes
  } catch (error) {
    return refusalOf((error as NodeJS.ErrnoException).code)
  }
}

/** The same, synchronously, for a command; throws if the router would refuse. */
export function inflatedAtOnce(raw: Buffer, codings: readonly Coding[], limit: number): Buffer {
  if (looksLikeJson(raw)) return raw
  return codings
    .toReversed()
    .reduce((bytes, coding) => zlib[`${decoders[formatOf(bytes, coding)]}Sync`](bytes, { maxOutputLength: limit }), raw)
}

function refusalOf(code: string | undefined): Refusal {
  if (code === 'ERR_BUFFER_TOO_LARGE') return refuse('body_too_large')
  // Z_BUF_ERROR: the end is missing; every other error is damage, or a wrong Content-Encoding.
  return refuse(code === 'Z_BUF_ERROR' ? 'body_incomplete' : 'malformed_json')
}

/** Some senders mix these up: gzip and zlib begin with a mark of their own, raw deflate has none. */
function formatOf([first = 0, second = 0]: Buffer, coding: Coding): keyof typeof decoders {
  if (coding === 'br') return 'br'
  if (first === 0x1f && second === 0x8b) return 'gzip'
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0 ? 'zlib' : coding
}

/** Brotli may also begin with a bracket, but is hardly ever UTF-8. */
export function looksLikeJson(raw: Buffer): boolean {
  const first = raw[afterSpace(raw, raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0)]
  return (first === 0x7b || first === 0x5b || first === 0x22) && isUtf8(raw)
}
