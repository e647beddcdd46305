import { Readable } from 'node:stream'
import getRawBody from 'raw-body'
import type { DeliveryBody } from '../delivery.ts'
import { refuse, type Refusal } from '../refusal.ts'
import type { BodySource } from '../report.ts'
import { inflater } from './inflate.ts'

/** What was read: bytes or text still to be parsed, or what a parser before left. */
export type ReadBody =
  | { source: Exclude<BodySource, 'parsed'>; raw: Buffer | string; bytes: number }
  | { source: 'parsed'; value: unknown }

/** Reads the body from wherever it is, never more than `limit` bytes of it after inflating. */
export async function readBody(body: DeliveryBody, encoding: string, length: string | undefined, limit: number): Promise<ReadBody | Refusal> {
  if (body === undefined) {
    return refuse('body_incomplete', 'The body was read before the router and not kept: mount the router first, or behind a parser that sets req.body.')
  }
  if (body instanceof Readable) return readStream(body, encoding, length, limit)
  if (typeof body === 'string') return within({ source: 'bytes', raw: body, bytes: Buffer.byteLength(body) }, limit)
  if (!(body instanceof Uint8Array)) return { source: 'parsed', value: body }
  const raw = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  // A host may hand over the bytes as they were sent, or inflated with the header still there.
  if (encoding && encoding !== 'identity' && !looksLikeJson(raw)) return readStream(Readable.from([raw]), encoding, undefined, limit)
  return within({ source: 'bytes', raw, bytes: raw.length }, limit)
}

const within = (read: ReadBody & { bytes: number }, limit: number): ReadBody | Refusal =>
  read.bytes > limit ? refuse('body_too_large') : read

const looksLikeJson = (raw: Buffer): boolean => /^\s*[[{"]/.test(raw.toString('latin1', 0, 16))

function readStream(stream: Readable, encoding: string, length: string | undefined, limit: number): Promise<ReadBody | Refusal> {
  if (!stream.readable || stream.readableEncoding !== null) {
    return Promise.resolve(refuse('body_incomplete', 'The body was read, or given an encoding, before the router: mount the router before whatever reads the request.'))
  }
  const inflate = inflater(encoding)
  return new Promise((resolve) => {
    const settle = (read: ReadBody | Refusal) => {
      stream.off('close', onClose).off('error', onClose)
      if (inflate) stream.unpipe(inflate)
      inflate?.destroy()
      resolve(read)
    }
    // raw-body does not settle when a stream is destroyed without an error.
    const onClose = () => {
      if (!stream.readableEnded) settle(refuse('body_incomplete'))
    }
    stream.on('close', onClose).on('error', onClose)
    const expected = inflate ? null : (length ?? null)
    getRawBody(inflate ? stream.pipe(inflate) : stream, { limit, length: expected }, (error: unknown, raw) =>
      settle(error ? refusalOf(error) : { source: 'stream', raw, bytes: raw.length }),
    )
  })
}

function refusalOf(error: unknown): Refusal {
  const { type, code } = error as { type?: string; code?: string }
  if (type === 'entity.too.large') return refuse('body_too_large')
  // Not what its Content-Encoding says; a cut-off archive is Z_BUF_ERROR, or ERR_ for brotli's cut-off and damage alike.
  return refuse(code === 'Z_DATA_ERROR' ? 'malformed_json' : 'body_incomplete')
}
