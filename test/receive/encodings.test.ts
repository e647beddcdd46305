import { Readable } from 'node:stream'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { SmileIdCallbacksOptions } from '../../src/index.ts'
import { v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const { body: text } = v1Delivery()
const json = Buffer.from(text)
const br = (raw: Buffer) => brotliCompressSync(raw)
const long = Buffer.from(`${' '.repeat(70_000)}${text}`)

async function codeOf(
  body: Buffer,
  encoding: string | string[],
  options: Partial<SmileIdCallbacksOptions> = {},
): Promise<string> {
  const { post } = receiver(options)
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
  const codes = await Promise.all(
    [body, Readable.from([body]), Readable.from([body.subarray(0, 1), body.subarray(1)])].map(
      async (form) => (await post({ method: 'POST', headers, body: form })).code,
    ),
  )
  return [...new Set(codes)].join()
}

describe('a content encoding, by bytes at hand and by stream', () => {
  test.each<[string, string | string[], Buffer]>([
    ['gzip', 'gzip', gzipSync(json)],
    ['x-gzip in capitals', 'X-GZIP', gzipSync(json)],
    ['deflate, which is zlib', 'deflate', deflateSync(json)],
    ['deflate without the zlib header, as some send it', 'deflate', deflateRawSync(json)],
    ['br', 'br', br(json)],
    ['br whose first byte is that of a list', 'br', br(long)],
    ['gzip whose header says deflate', 'deflate', gzipSync(json)],
    ['zlib whose header says gzip', 'gzip', deflateSync(json)],
    ['gzip and identity', 'gzip, identity', gzipSync(json)],
    ['identity alone', 'identity', json],
    ['an empty list', ' , ', json],
    ['a header that comes twice', ['gzip', 'identity'], gzipSync(json)],
    ['gzip twice', 'gzip, gzip', gzipSync(gzipSync(json))],
    ['gzip, then br', 'gzip, br', br(gzipSync(json))],
    ['gzip in two members', 'gzip', Buffer.concat([gzipSync(json.subarray(0, 50)), gzipSync(json.subarray(50))])],
    ['a left-over header over plain JSON', 'gzip', json],
    ['a left-over header and a byte order mark', 'gzip', Buffer.from(`\ufeff${text}`)],
    ['a left-over header and much white space', 'br', Buffer.from(`${' \r\n\t'.repeat(5_000)}${text}`)],
    ['a left-over list', 'gzip, br', Buffer.from(`\ufeff\n${text}`)],
  ])('%s is read', async (_, encoding, body) => {
    expect(await codeOf(body, encoding)).toBe('accepted')
  })

  test('five of them are more than anybody needs', async () => {
    expect(await codeOf(json, 'gzip, gzip, gzip, gzip, gzip')).toBe('unsupported_media_type')
    expect(await codeOf(json, 'gzip, zstd')).toBe('unsupported_media_type')
  })

  const damaged = (raw: Buffer) => Buffer.concat([raw.subarray(0, 20), Buffer.alloc(40, 0xff), raw.subarray(60)])
  test.each<[string, string, Buffer, string]>([
    ['gzip that is cut off', 'gzip', gzipSync(json).subarray(0, -9), 'body_incomplete'],
    ['zlib that is cut off', 'deflate', deflateSync(json).subarray(0, -5), 'body_incomplete'],
    ['raw deflate that is cut off', 'deflate', deflateRawSync(json).subarray(0, -2), 'body_incomplete'],
    ['br that is cut off', 'br', br(json).subarray(0, -4), 'body_incomplete'],
    ['gzip twice, the inner one cut off', 'gzip, gzip', gzipSync(gzipSync(json).subarray(0, -9)), 'body_incomplete'],
    ['nothing at all', 'gzip', Buffer.alloc(0), 'body_incomplete'],
    ['gzip with damage', 'gzip', damaged(gzipSync(json)), 'malformed_json'],
    ['zlib with damage', 'deflate', damaged(deflateSync(json)), 'malformed_json'],
    ['br with damage', 'br', damaged(br(json)), 'malformed_json'],
    ['zlib that asks for a dictionary', 'deflate', deflateSync(json, { dictionary: json }), 'malformed_json'],
    ['something else', 'gzip', Buffer.from('no archive'), 'malformed_json'],
  ])('%s is %s: %s', async (_, encoding, body, code) => {
    expect(await codeOf(body, encoding)).toBe(code)
  })
})

describe('an encoded body is bounded', () => {
  const blanks = Buffer.alloc(40_000, ' ')
  const bombs: [string, string, Buffer][] = [
    ['gzip', 'gzip', gzipSync(blanks)],
    ['deflate', 'deflate', deflateRawSync(blanks)],
    ['br', 'br', br(blanks)],
    [
      'gzip twice, the inner one',
      'gzip, gzip',
      gzipSync(gzipSync(Buffer.alloc(40_000, Buffer.from(Array.from({ length: 997 }, (_, i) => (i * i * 31) % 256))))),
    ],
  ]
  test.each(bombs)('after inflating: %s', async (_, encoding, body) => {
    expect(await codeOf(body, encoding, { maxBodySize: 39_999 })).toBe('body_too_large')
  })

  const empties: [string, string, Buffer][] = [
    ['empty gzip members', 'gzip', Buffer.concat([...Array<Buffer>(2_000).fill(gzipSync('')), gzipSync(json)])],
    [
      'empty stored blocks',
      'deflate',
      Buffer.concat([...Array<Buffer>(8_000).fill(Buffer.from([0, 0, 0, 0xff, 0xff])), deflateRawSync(json)]),
    ],
    // A metadata block: not the last one, no bytes of it count (RFC 7932, section 9.2).
    ['empty metadata blocks', 'br', emptyMetadata(40_000)],
    ['bytes after the end', 'br', Buffer.concat([br(json), Buffer.alloc(40_000)])],
  ]
  test.each(empties)('on the wire: %s', async (_, encoding, body) => {
    expect(body.length).toBeGreaterThan(39_000)
    expect(await codeOf(body, encoding, { maxBodySize: 39_000 })).toBe('body_too_large')
  })

  test.each(['gzip', 'deflate', 'br'])('for verified senders too, while it arrives: %s', async (encoding) => {
    const { post } = receiver({ maxBodySize: 100_000 })
    const block = { gzip: gzipSync(''), deflate: Buffer.from([0, 0, 0, 0xff, 0xff]), br: emptyMetadata(1_000) }[
      encoding
    ]!
    let sent = 0
    const endless = new Readable({
      read() {
        if (sent > 100_000_000) return void this.push(null)
        const chunk = Buffer.alloc(16_384, block)
        sent += chunk.length
        this.push(chunk)
      },
    })
    const { headers } = v3Delivery()
    const report = await post({ method: 'POST', headers: { ...headers, 'Content-Encoding': encoding }, body: endless })
    expect(report.code).toBe('body_too_large')
    expect(sent).toBeLessThan(1_000_000)
  })
})

/** A window of 64 kB, then metadata blocks of one byte each. */
function emptyMetadata(length: number): Buffer {
  const bits: number[] = [0]
  // ISLAST 0, MNIBBLES 3 (0 nibbles), reserved 0, MSKIPBYTES 1, then a length of one byte less one, and to the next
  // byte.
  const block = [0, 1, 1, 0, 1, 0]
  while (bits.length < 8 * length) {
    bits.push(...block, ...Array<number>(8).fill(0))
    while (bits.length % 8 !== 0) bits.push(0)
    bits.push(...Array<number>(8).fill(0))
  }
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8))
  bits.forEach((bit, i) => (bytes[i >> 3]! |= bit << (i & 7)))
  return bytes
}

test('what brotli’s slowest and widest setting makes is read', async () => {
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11 }
  expect(await codeOf(brotliCompressSync(json, { params }), 'br')).toBe('accepted')
})
