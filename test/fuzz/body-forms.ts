import { Readable } from 'node:stream'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { IncomingDelivery } from '../../src/index.ts'
import type { Random } from './random.ts'

const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }
const wide = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 1,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: 16_000_000,
  },
}

const encodings: readonly [header: string, encode: (raw: Uint8Array) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', (raw) => brotliCompressSync(raw, quick)],
  ['br', (raw) => brotliCompressSync(raw, wide)],
  ['GZIP , identity', gzipSync],
  ['gzip, br', (raw) => brotliCompressSync(gzipSync(raw), quick)],
  ['gzip', (raw) => Buffer.concat([gzipSync(''), gzipSync(raw), gzipSync('')])],
  ['gzip', (raw) => Buffer.concat([Buffer.from('\ufeff'), raw])],
  ['gzip', deflateSync],
  ['br', gzipSync],
]

/** The body as one of the encodings: whole, cut off, damaged, or with more behind its end. */
export function encoded(random: Random, body: string | Uint8Array): { body: Buffer; header: string } {
  const [header, encode] = random.pick(encodings)
  const raw = encode(Buffer.from(body))
  const at = random.below(raw.length + 1)
  const harm: readonly (() => Buffer)[] = [
    () => raw,
    () => raw,
    () => raw.subarray(0, at),
    () =>
      Buffer.concat([raw.subarray(0, at), Buffer.from([random.below(256), random.below(256)]), raw.subarray(at + 2)]),
    () => Buffer.concat([raw, raw.subarray(0, at)]),
  ]
  return { body: random.pick(harm)(), header }
}

type Wrap = (raw: Buffer, random: Random) => NonNullable<IncomingDelivery['body']>

function parts(raw: Buffer, random: Random): Buffer[] {
  const at = random.below(raw.length + 1)
  return [raw.subarray(0, at), raw.subarray(at)]
}

async function* generated(chunks: readonly unknown[], fails: boolean): AsyncGenerator {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
  if (fails) throw new Error('the sender is gone')
}

const arrayBuffer = (raw: Buffer): ArrayBuffer => new Uint8Array(raw).buffer

/** Everything that can be given to `receive` as a body, and some that cannot. */
const forms: readonly Wrap[] = [
  (raw) => raw,
  (raw) => raw.toString(),
  arrayBuffer,
  (raw) => new DataView(arrayBuffer(raw)),
  (raw) => new Uint8Array(Buffer.concat([Buffer.alloc(3), raw]).subarray(3)),
  (raw) => new Blob([new Uint8Array(raw)]),
  (raw, random) => Readable.from(parts(raw, random)),
  (raw, random) => Readable.from(parts(raw, random), { objectMode: false }),
  (raw, random) => Readable.toWeb(Readable.from(parts(raw, random))),
  (raw, random) => generated(parts(raw, random), random.chance(0.2)),
  (raw, random) =>
    generated([...parts(raw, random), random.pick([null, undefined, 0, {}, '', 'x', new Date(0)])], false),
  (raw) => ({
    getReader: () => ({
      read: () => Promise.resolve(raw.length % 2 === 0 ? { done: true } : { done: false, value: 7 }),
    }),
  }),
  () => ({
    getReader: () => {
      throw new Error('no reader')
    },
  }),
  () => ({ arrayBuffer: () => Promise.reject(new Error('no bytes')), size: 3 }),
  (raw) => parsed(raw),
]

/** What a parser before the receiver would have made of it. */
function parsed(raw: Buffer): object {
  try {
    const value: unknown = JSON.parse(raw.toString())
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

export const formed = (random: Random, body: string | Uint8Array): NonNullable<IncomingDelivery['body']> =>
  random.pick(forms)(Buffer.from(body), random)
