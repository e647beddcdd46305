import { Readable } from 'node:stream'

/**
 * A stream of bytes. Streams of texts or objects, such as those of `Readable.from`, are turned into one:
 * raw-body would throw at their end, where nobody catches it.
 */
export function byteStream(stream: Readable): Readable {
  return stream.readableObjectMode ? Readable.from(bytesOf(stream), { objectMode: false }) : stream
}

async function* bytesOf(stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream as AsyncIterable<unknown>) {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) throw new TypeError('The stream holds neither texts nor bytes.')
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}
