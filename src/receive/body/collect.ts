import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import getRawBody from 'raw-body'
import { look } from '../../lib/look.ts'
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
export function collect(stream: Readable, { length, limit, timeoutMs, share }: CollectRules): Promise<Collected | Refusal> {
  const arriving = relayOf(stream)
  return new Promise((resolve) => {
    const settle = (read: Collected | Refusal) => {
      clearTimeout(timer)
      arriving.removeAllListeners()
      if (share) share.onEvicted = undefined
      if (isRefusal(read)) pause(stream)
      resolve(read)
    }
    const stop = (code: ReportCode) => { settle(refuse(code)) }
    const timer = setTimeout(stop, timeoutMs, 'body_timeout')
    // raw-body does not settle when a stream is destroyed without an error.
    const onLost = () => { stop('body_incomplete') }
    arriving.on('error', onLost).on('close', onLost)
    getRawBody(arriving as unknown as NodeJS.ReadableStream, { limit, length: length ?? null }, (error: unknown, raw) => { settle(error ? refusalOf(error) : { source: 'stream', raw }) })
    if (share) {
      share.onEvicted = () => { stop('too_many_bodies') }
      arriving.on('data', (chunk: Buffer) => {
        if (!share.take(chunk.length)) stop('too_many_bodies')
      })
    }
    // By the door, for the sake of somebody who listened before.
    if (look(stream, 'readableFlowing') === false) stream.resume()
  })
}

/**
 * Tells what a stream tells, to whoever listens at the time. Its own listeners stay, since what goes wrong with a stream after
 * the answer is nobody's crash, and hold nothing else: V8 keeps those of finished requests until its next full collection,
 * which was a tenth of 2 kB's CPU. raw-body takes its listeners off again, which costs a request more than this emitter.
 */
function relayOf(stream: Readable): EventEmitter {
  const relay = new EventEmitter()
  for (const name of ['data', 'end', 'error', 'close']) {
    stream.on(name, (told: unknown) => {
      if (relay.listenerCount(name) > 0) relay.emit(name, told)
    })
  }
  return relay
}

function pause(stream: Readable): void {
  try {
    stream.pause()
  } catch {
    // Of somebody else who listens; nobody would catch it, in a timer.
  }
}

const refusalOf = (error: unknown): Refusal => refuse((error as { type?: string }).type === 'entity.too.large' ? 'body_too_large' : 'body_incomplete')
