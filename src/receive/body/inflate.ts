import { isUtf8 } from 'node:buffer'
import { promisify } from 'node:util'
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'
import { type Refusal, refuse } from '../../report/refusal.ts'

/** Lets so many works run at once; the others wait for their turn, first come, first served. */
export class Turns {
  #free: number
  readonly #waiting = new Set<(hasTurn: boolean) => void>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Undefined if its turn has not come after `longestWaitMs` ms: then the work never runs. */
  async run<T>(work: () => Promise<T>, longestWaitMs: number): Promise<T | undefined> {
    if (this.#free > 0) this.#free -= 1
    else if (!(await this.#turn(longestWaitMs))) return undefined
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next) next(true)
      else this.#free += 1
    }
  }

  #turn(longestWaitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (hasTurn: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(settle)
        resolve(hasTurn)
      }
      const timer = setTimeout(settle, longestWaitMs, false)
      this.#waiting.add(settle)
    })
  }
}

/** Content codings that can be undone (RFC 9110, section 8.4.1); `x-gzip` is gzip. */
export type Coding = 'gzip' | 'deflate' | 'br'

const codings: ReadonlyMap<string, Coding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
])

/** Nobody needs more, and each costs another inflating. */
const mostCodings = 2

/**
 * What a Content-Encoding header names, in the order in which it was applied; undefined if that cannot be undone here.
 */
export function contentCodings(header: string | undefined): readonly Coding[] | undefined {
  if (header === undefined) return []
  const names = header
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  const known = names.flatMap((name) => codings.get(name) ?? [])
  return known.length === names.length && known.length <= mostCodings ? known : undefined
}

/** One row per format. The second one holds the process up, and is for commands. */
const decoders = {
  gzip: [promisify(gunzip), gunzipSync],
  zlib: [promisify(inflate), inflateSync],
  deflate: [promisify(inflateRaw), inflateRawSync],
  br: [promisify(brotliDecompress), brotliDecompressSync],
} as const

/**
 * A brotli decoder takes up to 18 MB for a body of 39 bytes: so there are never more than two, in the whole process.
 */
const turns = new Turns(2)

/**
 * Bytes decoded at a time. By Node's 16 kB, 1.5 MB go through the event loop a hundred times: on a busy one a bomb held
 * its turn for seconds.
 */
const chunkSize = 262_144

/**
 * Undoes the codings of a body that has arrived whole: a decoder lives for milliseconds, not as long as its sender
 * likes.
 * Bytes that are JSON already are left as they are: some hosts inflate, and leave the header. `limit` in bytes, for
 * each step.
 * Whoever waits longer than `timeoutMs` for a decoder is one too many.
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
      const [decode] = decoders[formatOf(bytes, coding)]
      const encoded = bytes
      const decoded = await turns.run(() => decode(encoded, { maxOutputLength: limit, chunkSize }), timeoutMs)
      if (!decoded) return refuse('too_many_bodies')
      bytes = decoded
    }
    return bytes
  } catch (error) {
    return refusalOf((error as NodeJS.ErrnoException).code)
  }
}

/** The same for a command, at once; throws where the router refuses. */
export function inflatedAtOnce(raw: Buffer, codings: readonly Coding[], limit: number): Buffer {
  if (looksLikeJson(raw)) return raw
  return codings
    .toReversed()
    .reduce((bytes, coding) => decoders[formatOf(bytes, coding)][1](bytes, { maxOutputLength: limit }), raw)
}

function refusalOf(code: string | undefined): Refusal {
  if (code === 'ERR_BUFFER_TOO_LARGE') return refuse('body_too_large')
  // Its end is missing; all else is damage, or not what Content-Encoding says.
  return refuse(code === 'Z_BUF_ERROR' ? 'body_incomplete' : 'malformed_json')
}

/** Some senders take one of these for another: gzip and zlib begin with a mark of their own, raw deflate with none. */
function formatOf([first = 0, second = 0]: Buffer, coding: Coding): keyof typeof decoders {
  if (coding === 'br') return 'br'
  if (first === 0x1f && second === 0x8b) return 'gzip'
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0 ? 'zlib' : coding
}

/** Brotli may begin with a bracket, too, but is hardly ever UTF-8. */
export function looksLikeJson(raw: Buffer): boolean {
  let at = raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0
  while (isSpace(raw[at])) at += 1
  const first = raw[at]
  return (first === 0x7b || first === 0x5b || first === 0x22) && isUtf8(raw)
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
