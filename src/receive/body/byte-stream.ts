import { Readable } from 'node:stream'
import { isAnyArrayBuffer } from 'node:util/types'

/** A web stream by what it can do, not by its class: hosts and ponyfills bring their own. */
export interface WebStream {
  readonly locked?: boolean
  getReader(): { read(): Promise<{ done: boolean; value?: unknown }>; releaseLock?(): void }
}

/** A Blob, or a File. */
export interface BlobLike {
  readonly size: number
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The bytes of a view or an array buffer, not copied; undefined for all else. */
export function bytesOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return isAnyArrayBuffer(value) ? Buffer.from(value) : undefined
}

/** A stream of bytes that a collector can listen to, from whatever gives chunks one after the other. */
export const fromChunks = (chunks: AsyncIterable<unknown>): Readable => Readable.from(asBytes(chunks), { objectMode: false })

async function* asBytes(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : bytesOf(chunk)
    if (!bytes) throw new TypeError('A chunk is neither text nor bytes.')
    if (bytes.length > 0) yield bytes
  }
}

/**
 * Never cancels: what is left unread stays its host's. Where the stream wraps a Node request, to cancel it would
 * destroy the connection before the answer, or end the process.
 */
export async function* webChunks(stream: WebStream): AsyncGenerator {
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

export async function* blobChunks(blob: BlobLike): AsyncGenerator {
  yield await blob.arrayBuffer()
}
