import type { Readable } from 'node:stream'
import getRawBody from 'raw-body'
import { look } from '../../lib/json.ts'
import { isRefusal, refuse, type Refusal } from '../../report/refusal.ts'
import type { ReportCode } from '../../report/report.ts'
import type { BodyShare } from './budget.ts'

/** Limits on reading a stream. */
export interface CollectRules {
  /** Content-Length, if it is the length of these bytes. */
  length: string | undefined
  /** Bytes. */
  limit: number
  /** From the start of the read to the last byte, ms. */
  timeoutMs: number
  share?: BodyShare | undefined
}

/** All bytes of a stream. */
interface Collected {
  source: 'stream'
  raw: Buffer
}

/** Reads a stream to its end; refuses it if it is incomplete, late, over the limit or over the budget. */
export function collect(
  stream: Readable,
  { length, limit, timeoutMs, share }: CollectRules,
): Promise<Collected | Refusal> {
  const listeners = listenTo(stream)
  return new Promise((resolve) => {
    const settle = (read: Collected | Refusal) => {
      clearTimeout(timer)
      listeners.onChunk = listeners.onEnd = listeners.onLost = undefined
      if (share) share.onEvicted = undefined
      if (isRefusal(read)) pause(stream)
      resolve(read)
    }
    const stop = (code: ReportCode) => {
      settle(refuse(code))
    }
    const timer = setTimeout(stop, timeoutMs, 'body_timeout')
    getRawBody(
      listeners as unknown as NodeJS.ReadableStream,
      { limit, length: length ?? null },
      (error: unknown, raw) => {
        settle(error ? refusalOf(error) : { source: 'stream', raw })
      },
    )
    listeners.onLost = () => {
      stop('body_incomplete')
    }
    if (share) {
      share.onEvicted = () => {
        stop('too_many_bodies')
      }
      const { onChunk } = listeners
      listeners.onChunk = (chunk) => {
        if (share.take(chunk.length)) onChunk?.(chunk)
        else stop('too_many_bodies')
      }
    }
    // Started here, because an earlier listener may have left it paused.
    if (look(stream, 'readableFlowing') === false) stream.resume()
  })
}

/**
 * Looks like a stream to raw-body, whose own listeners would cost an Express request 0.7 µs each, and as much again to
 * remove. Must be a class: V8 pretenures such literals and keeps everything they reference alive.
 */
class StreamListeners {
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
 * The listeners stay, since a stream error after the answer must not crash the process. They reference nothing that is
 * not released: V8 keeps those of finished requests until its next full collection, which was a tenth of the CPU of a 2
 * kB delivery.
 */
function listenTo(stream: Readable): StreamListeners {
  const listeners = new StreamListeners()
  const onLost = () => listeners.onLost?.()
  stream
    .on('data', (chunk: Buffer) => listeners.onChunk?.(chunk))
    .on('end', () => listeners.onEnd?.())
    .on('error', onLost)
    .on('close', onLost)
  return listeners
}

function pause(stream: Readable): void {
  try {
    stream.pause()
  } catch {
    // Another listener threw; in a timer nothing would catch it.
  }
}

const refusalOf = (error: unknown): Refusal =>
  refuse((error as { type?: string }).type === 'entity.too.large' ? 'body_too_large' : 'body_incomplete')
