import { Readable } from 'node:stream'
import { isAnyArrayBuffer } from 'node:util/types'
import { look } from '../../lib/json.ts'
import { isRefusal, type Refusal, refuse } from '../../report/refusal.ts'
import type { BodySource } from '../../report/report.ts'
import type { DeliveryBody } from '../delivery.ts'
import type { Coding } from '../headers.ts'
import { collect, type CollectRules } from './collect.ts'
import { inflated } from './inflate.ts'

/** A body that was read: bytes still to be parsed, or the value of an earlier parser. */
export type ReadBody = { source: Exclude<BodySource, 'parsed'>; raw: Buffer } | { source: 'parsed'; value: unknown }

/**
 * How a body is encoded, and how much of it is read: `limit` holds for the bytes that arrive, and again after
 * decompression.
 */
export interface BodyRules extends CollectRules {
  codings: readonly Coding[]
}

const consumed =
  'The body was read before the router and not kept: mount the router first, or behind a parser that sets req.body.'
const inUse =
  'The body was read, locked or given an encoding before the router: mount the router before the code that reads the request.'

/** Reads the body from any source, never more than `limit` bytes of it. */
export function readBody(body: DeliveryBody, rules: BodyRules): ReadBody | Refusal | Promise<ReadBody | Refusal> {
  if (body === undefined) return refuse('body_incomplete', consumed)
  if (typeof body === 'string')
    return Buffer.byteLength(body) > rules.limit
      ? refuse('body_too_large')
      : { source: 'bytes', raw: Buffer.from(body) }
  if (typeof body !== 'object' || body === null) return { source: 'parsed', value: body }
  const bytes = bytesOf(body)
  if (bytes) return readBytes(bytes, rules)
  const stream = streamOf(body, rules)
  if (stream === undefined) return { source: 'parsed', value: body }
  if (isRefusal(stream)) return stream
  return rules.codings.length === 0 ? collect(stream, rules) : readEncodedStream(stream, rules)
}

function readBytes(raw: Buffer, rules: BodyRules) {
  if (raw.length > rules.limit) return refuse('body_too_large')
  return rules.codings.length === 0 ? { source: 'bytes' as const, raw } : readEncoded('bytes', raw, rules)
}

async function readEncodedStream(stream: Readable, rules: BodyRules) {
  // A host that has decompressed the stream may have left the original length.
  const read = await collect(stream, { ...rules, length: undefined })
  return isRefusal(read) ? read : readEncoded('stream', read.raw, rules)
}

async function readEncoded(
  source: 'bytes' | 'stream',
  encoded: Buffer,
  { codings, limit, timeoutMs, share }: BodyRules,
): Promise<ReadBody | Refusal> {
  const raw = await inflated(encoded, codings, limit, timeoutMs)
  if (isRefusal(raw)) return raw
  return share && !share.change(raw.length) ? refuse('too_many_bodies') : { source, raw }
}

/** Undefined if it is not a stream: the value of an earlier parser. */
function streamOf(body: object, { limit }: BodyRules): Readable | Refusal | undefined {
  if (body instanceof Readable) {
    if (!look(body, 'readable') || look(body, 'readableEncoding') !== null) return refuse('body_incomplete', inUse)
    return look(body, 'readableObjectMode') ? fromChunks(body) : body
  }
  if (isWebStream(body))
    return body.locked === true || Readable.isDisturbed(body as never)
      ? refuse('body_incomplete', inUse)
      : fromChunks(webChunks(body))
  if (isBlob(body)) return body.size > limit ? refuse('body_too_large') : fromChunks(blobChunks(body))
  return isAsyncIterable(body) ? fromChunks(body) : undefined
}

const isWebStream = (body: object): body is WebStream => 'getReader' in body && typeof body.getReader === 'function'
const isBlob = (body: object): body is BlobLike =>
  'arrayBuffer' in body && typeof body.arrayBuffer === 'function' && 'size' in body
const isAsyncIterable = (body: object): body is AsyncIterable<unknown> => Symbol.asyncIterator in body

/** A web stream, recognized by its members, not its class: hosts and ponyfills have their own. */
interface WebStream {
  readonly locked?: boolean
  getReader(): { read(): Promise<{ done: boolean; value?: unknown }>; releaseLock?(): void }
}

/** A Blob, or a File. */
interface BlobLike {
  readonly size: number
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The bytes of a view or an array buffer, not copied; undefined for anything else. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return isAnyArrayBuffer(value) ? Buffer.from(value) : undefined
}

/** A stream of bytes from anything that yields chunks. */
const fromChunks = (chunks: AsyncIterable<unknown>): Readable => Readable.from(asBytes(chunks), { objectMode: false })

async function* asBytes(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : bytesOf(chunk)
    if (!bytes) throw new TypeError('A chunk is neither a string nor bytes.')
    if (bytes.length > 0) yield bytes
  }
}

/**
 * Never cancels: unread data stays the host's. If the stream wraps a Node request, cancelling it would destroy the
 * connection before the answer, or end the process.
 */
async function* webChunks(stream: WebStream): AsyncGenerator {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.releaseLock?.()
  }
}

async function* blobChunks(blob: BlobLike): AsyncGenerator {
  yield await blob.arrayBuffer()
}
