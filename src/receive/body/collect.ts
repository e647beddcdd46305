import type { Readable } from 'node:stream'
import getRawBody from 'raw-body'
import { look } from '../../lib/json.ts'
import { isRefusal, refuse, type Refusal } from '../../report/refusal.ts'
import type { ReportCode } from '../../report/report.ts'
import type { BodyShare } from './budget.ts'

/** How much of a stream is taken, and for how long. */
export interface CollectRules {
  /** Content-Length, where it is that of these bytes. */
  length: string | undefined
  /** Bytes. */
  limit: number
  /** From the first look at the body to its last byte, ms. */
  timeoutMs: number
  share?: BodyShare | undefined
}

/** All bytes of a stream. */
export interface Collected {
  source: 'stream'
  raw: Buffer
}

/** Reads a stream to its end, if its bytes arrive whole, in time, under the limit, and while there is room for them. */
export function collect(
  stream: Readable,
  { length, limit, timeoutMs, share }: CollectRules,
): Promise<Collected | Refusal> {
  const ears = listenTo(stream)
  return new Promise((resolve) => {
    const settle = (read: Collected | Refusal) => {
      clearTimeout(timer)
      ears.onChunk = ears.onEnd = ears.onLost = undefined
      if (share) share.onEvicted = undefined
      if (isRefusal(read)) pause(stream)
      resolve(read)
    }
    const stop = (code: ReportCode) => {
      settle(refuse(code))
    }
    const timer = setTimeout(stop, timeoutMs, 'body_timeout')
    getRawBody(ears as unknown as NodeJS.ReadableStream, { limit, length: length ?? null }, (error: unknown, raw) => {
      settle(error ? refusalOf(error) : { source: 'stream', raw })
    })
    ears.onLost = () => {
      stop('body_incomplete')
    }
    if (share) {
      share.onEvicted = () => {
        stop('too_many_bodies')
      }
      const { onChunk } = ears
      ears.onChunk = (chunk) => {
        if (share.take(chunk.length)) onChunk?.(chunk)
        else stop('too_many_bodies')
      }
    }
    // By the door, for the sake of somebody who listened before.
    if (look(stream, 'readableFlowing') === false) stream.resume()
  })
}

/**
 * What hears a stream, and is one to raw-body: its own listeners would cost a request of Express 0.7 µs each, and as
 * much again
 * when it takes them off. A class: of a literal that V8 has seen living long it makes old objects, with all that hangs
 * on them.
 */
class Ears {
  onChunk: ((chunk: Buffer) => void) | undefined
  onEnd: (() => void) | undefined
  onLost: (() => void) | undefined

  on(name: string, listener: () => void): void {
    if (name === 'data') this.onChunk = listener
    if (name === 'end') this.onEnd = listener
  }

  removeListener(): void {}
  unpipe(): void {}
  pause(): void {}
}

/**
 * The listeners stay, since what goes wrong with a stream after the answer is nobody's crash. They hold nothing that is
 * not
 * let go of: V8 keeps those of finished requests until its next full collection, which was a tenth of 2 kB's CPU.
 */
function listenTo(stream: Readable): Ears {
  const ears = new Ears()
  const onLost = () => ears.onLost?.()
  stream
    .on('data', (chunk: Buffer) => ears.onChunk?.(chunk))
    .on('end', () => ears.onEnd?.())
    .on('error', onLost)
    .on('close', onLost)
  return ears
}

function pause(stream: Readable): void {
  try {
    stream.pause()
  } catch {
    // Of somebody else who listens; nobody would catch it, in a timer.
  }
}

const refusalOf = (error: unknown): Refusal =>
  refuse((error as { type?: string }).type === 'entity.too.large' ? 'body_too_large' : 'body_incomplete')
