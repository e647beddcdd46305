import { Readable } from 'node:stream'
import { ReadableStream as NodeWebStream } from 'node:stream/web'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import type { SmileIdCallbacksOptions } from '../../src/index.ts'
import { v1Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const { body: text } = v1Delivery()
const bytes = Buffer.from(text)
const parts = [bytes.subarray(0, 7), bytes.subarray(7, 300), bytes.subarray(300)]

function post(body: unknown, headers: Record<string, string> = {}, options: Partial<SmileIdCallbacksOptions> = {}) {
  return receiver(options).post({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as object,
  })
}

/** The bytes somewhere in a larger buffer. */
function within(): { buffer: ArrayBuffer; at: number } {
  const buffer = new ArrayBuffer(bytes.length + 24)
  new Uint8Array(buffer).fill(0x78).set(bytes, 8)
  return { buffer, at: 8 }
}

const even = Buffer.from(bytes.length % 2 === 0 ? text : `${text} `)
const evenCopy = even.buffer.slice(even.byteOffset, even.byteOffset + even.length)
const copy = () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)

async function* generated(chunks: Iterable<unknown>): AsyncGenerator {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

/** A web stream of no class that Node knows, such as those of ponyfills; it notes what is done to it. */
function ponyfill(chunks: unknown[], cancel = vi.fn()) {
  const left = [...chunks]
  const stream = {
    locked: false,
    cancel,
    getReader() {
      stream.locked = true
      return {
        read: () =>
          Promise.resolve(
            left.length === 0
              ? { done: true as const, value: undefined }
              : { done: false as const, value: left.shift() },
          ),
        cancel,
        releaseLock: () => (stream.locked = false),
      }
    },
  }
  return stream
}

const sorts: [string, () => unknown][] = [
  ['text', () => text],
  ['a Buffer', () => bytes],
  ['a view into a larger buffer', () => new Uint8Array(within().buffer, within().at, bytes.length)],
  ['a view of two bytes at a time', () => new Uint16Array(evenCopy)],
  ['a DataView', () => new DataView(within().buffer, within().at, bytes.length)],
  ['an ArrayBuffer', copy],
  [
    'a SharedArrayBuffer',
    () => {
      const shared = new SharedArrayBuffer(bytes.length)
      new Uint8Array(shared).set(bytes)
      return shared
    },
  ],
  ['a Blob', () => new Blob([bytes])],
  ['a File', () => new File([bytes], 'body.json')],
  ['a Node stream', () => Readable.from(parts)],
  ['a Node stream of bytes', () => Readable.from(parts, { objectMode: false })],
  ['a Node stream of texts', () => Readable.from([text.slice(0, 9), text.slice(9)])],
  ['a web stream', () => Readable.toWeb(Readable.from(parts))],
  ['a web stream of bytes', () => new Response(bytes).body],
  [
    'a byte stream',
    () =>
      new NodeWebStream({
        type: 'bytes',
        start(controller) {
          for (const part of parts) controller.enqueue(new Uint8Array(part))
          controller.close()
        },
      }),
  ],
  ['the web stream of a ponyfill', () => ponyfill(parts)],
  [
    'one of texts, array buffers and views',
    () =>
      ponyfill([
        text.slice(0, 5),
        copy().slice(5, 50),
        new DataView(copy(), 50, 50),
        new Uint8Array(0),
        '',
        text.slice(100),
      ]),
  ],
  ['an async generator', () => generated(parts)],
  ['an async iterable', () => ({ [Symbol.asyncIterator]: () => generated([text.slice(0, 3), bytes.subarray(3)]) })],
  ['what a parser made', () => JSON.parse(text) as object],
]

describe('a body may be', () => {
  test.each(sorts)('%s', async (_, make) => {
    expect(await post(make())).toMatchObject({ code: 'accepted' })
  })

  test.each(sorts.slice(1, -1))('%s, too large by a byte', async (_, make) => {
    // 16-bit views have an even length.
    expect(await post(make(), {}, { maxBodySize: bytes.length - 1 })).toMatchObject({ code: 'body_too_large' })
  })

  test.each<[string, (raw: Buffer) => unknown]>([
    ['an ArrayBuffer', (raw) => raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length)],
    ['a Blob', (raw) => new Blob([raw])],
    ['a web stream', (raw) => new Response(raw).body],
    ['an async generator', (raw) => generated([raw.subarray(0, 10), raw.subarray(10)])],
  ])('%s, encoded', async (_, wrap) => {
    expect(await post(wrap(gzipSync(text)), { 'content-encoding': 'gzip' })).toMatchObject({ code: 'accepted' })
  })
})

describe('a stream that is not whole', () => {
  const failing = async function* (): AsyncGenerator {
    yield await Promise.resolve(parts[0])
    throw new Error('gone')
  }
  const odd = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        throw new Error('odd')
      },
    }),
  }
  test.each<[string, () => unknown]>([
    ['fails', failing],
    ['fails at its first part', () => odd],
    ['fails as a web stream', () => NodeWebStream.from(failing())],
    ['holds what is neither text nor bytes', () => generated([{}])],
    [
      'has a reader that cannot be had',
      () => ({
        getReader: () => {
          throw new TypeError('locked')
        },
      }),
    ],
    ['is shorter than it was said', () => generated([parts[0]])],
  ])('because it %s is incomplete', async (_, make) => {
    expect(await post(make(), { 'content-length': String(bytes.length) })).toMatchObject({
      code: 'body_incomplete',
      status: 400,
    })
  })

  test('because somebody has it, or has read of it, is refused with the fix', async () => {
    const locked = new Response(bytes).body!
    locked.getReader()
    const read = new Response(bytes).body!
    const reader = read.getReader()
    await reader.read()
    reader.releaseLock()
    for (const body of [locked, read, { ...ponyfill(parts), locked: true }]) {
      expect(await post(body)).toMatchObject({
        code: 'body_incomplete',
        hint: expect.stringContaining('mount the router before') as string,
      })
    }
  })

  test.each([0, 20])('and does not move, for %d ms, is let go, and its host keeps it', async (wait) => {
    const cancel = vi.fn()
    const body = {
      ...ponyfill([], cancel),
      getReader: () => ({ read: () => new Promise<never>(() => undefined), releaseLock: () => undefined, cancel }),
    }
    const report = post(body, {}, { bodyTimeout: 30 + wait })
    expect(await report).toMatchObject({ code: 'body_timeout' })
    expect(cancel).not.toHaveBeenCalled()
  })
})

test('a web stream is never cancelled, whether it is refused unread, half read, or read', async () => {
  for (const [options, headers, code] of [
    [{ allowedIps: ['192.0.2.1'] }, {}, 'ip_not_allowed'],
    [{ maxBodySize: 100 }, {}, 'body_too_large'],
    [{}, { 'content-encoding': 'gzip' }, 'accepted'],
    [{}, { 'response-signature': 'AAAA', 'response-timestamp': '2026-10-14T09:00:00.000Z' }, 'signature_mismatch'],
  ] as const) {
    const cancel = vi.fn()
    expect((await post(ponyfill(parts, cancel), headers, options as object)).code).toBe(code)
    expect(cancel).not.toHaveBeenCalled()
  }
})
