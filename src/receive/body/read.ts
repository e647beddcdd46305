import { Readable } from 'node:stream'
import getRawBody from 'raw-body'
import type { DeliveryBody } from '../delivery.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'
import type { BodySource, ReportCode } from '../../report/report.ts'
import type { BodyShare } from './budget.ts'
import { byteStream } from './bytes-of.ts'
import { inflater } from './inflate.ts'

/** What was read: bytes still to be parsed, or what a parser before left. */
export type ReadBody =
  | { source: Exclude<BodySource, 'parsed'>; raw: Buffer }
  | { source: 'parsed'; value: unknown }

/** How a body is sent, and how much of it is taken. */
export interface BodyRules {
  /** Content-Encoding, lower case; empty for none. */
  encoding: string
  /** Content-Length. */
  length: string | undefined
  /** Bytes after inflating. */
  limit: number
  /** From the first look at the body to its last byte, ms. */
  timeoutMs: number
  /** Absent once the sender has proved itself. */
  share?: BodyShare | undefined
}

/** Reads the body from wherever it is, never more than `limit` bytes of it after inflating. */
export function readBody(body: DeliveryBody, rules: BodyRules): ReadBody | Refusal | Promise<ReadBody | Refusal> {
  const { encoding, limit } = rules
  if (body === undefined) {
    return refuse('body_incomplete', 'The body was read before the router and not kept: mount the router first, or behind a parser that sets req.body.')
  }
  if (body instanceof Readable) return readStream(body, rules)
  if (typeof body === 'string') return Buffer.byteLength(body) > limit ? refuse('body_too_large') : { source: 'bytes', raw: Buffer.from(body) }
  if (!(body instanceof Uint8Array)) return { source: 'parsed', value: body }
  const raw = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  // A host may hand over the bytes as they were sent, or inflated with the header still there.
  if (encoding && encoding !== 'identity' && !looksLikeJson(raw)) return readStream(Readable.from([raw]), { ...rules, length: undefined })
  return raw.length > limit ? refuse('body_too_large') : { source: 'bytes', raw }
}

const looksLikeJson = (raw: Buffer): boolean => /^\s*[[{"]/.test(raw.toString('latin1', 0, 16))

function readStream(given: Readable, { encoding, length, limit, timeoutMs, share }: BodyRules): Refusal | Promise<ReadBody | Refusal> {
  if (!given.readable || given.readableEncoding !== null) {
    return refuse('body_incomplete', 'The body was read, or given an encoding, before the router: mount the router before whatever reads the request.')
  }
  const stream = byteStream(given)
  const inflate = inflater(encoding)
  const source = inflate ?? stream
  return new Promise((resolve) => {
    let isSettled = false
    const settle = (read: ReadBody | Refusal) => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      if (inflate) stream.unpipe(inflate)
      inflate?.destroy()
      resolve(read)
    }
    const stop = (code: ReportCode) => {
      settle(refuse(code))
      // raw-body lets go of the chunks it holds once its stream fails.
      source.emit('aborted')
      stream.pause()
    }
    const timer = setTimeout(stop, timeoutMs, 'body_timeout')
    // raw-body does not settle when a stream is destroyed without an error. The listeners stay: taking them off costs
    // as much as reading a small body, and what goes wrong with the stream after the answer is nobody's crash.
    const onLost = () => {
      if (!stream.readableEnded) settle(refuse('body_incomplete'))
    }
    stream.on('error', onLost).on('close', onLost)
    const expected = inflate ? null : (length ?? null)
    getRawBody(inflate ? stream.pipe(inflate) : stream, { limit, length: expected }, (error: unknown, raw) =>
      settle(error ? refusalOf(error) : { source: 'stream', raw }),
    )
    if (!share) return
    source.on('data', (chunk: Buffer) => {
      if (!isSettled && !share.take(chunk.length)) stop('too_many_bodies')
    })
  })
}

function refusalOf(error: unknown): Refusal {
  const { type, code } = error as { type?: string; code?: string }
  if (type === 'entity.too.large') return refuse('body_too_large')
  // Not what its Content-Encoding says; a cut-off archive is Z_BUF_ERROR, or ERR_ for brotli's cut-off and damage alike.
  return refuse(code === 'Z_DATA_ERROR' ? 'malformed_json' : 'body_incomplete')
}
