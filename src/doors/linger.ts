import type { IncomingMessage, ServerResponse } from 'node:http'
import { ignoreFailure } from '../lib/ignore-failure.ts'
import { propertyOf } from './body.ts'

/** How long a sender may take to read its answer, or to send what is left of a short body, ms. */
const lingerMs = 1_000

/** Bytes of a declared body that may still be let in once the answer is known. */
const shortBody = 16_384

export const isShort = ({ headers }: IncomingMessage): boolean => Number(headers['content-length'] ?? Infinity) <= shortBody

/** Its connection is shared with other requests. */
export const isHttp2 = (req: IncomingMessage): boolean => req.httpVersionMajor > 1

/** Nothing on the way to an answer waits for this timer: under a test's fake ones it never ends. */
export function afterLinger(req: IncomingMessage, act: () => void): void {
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    try {
      act()
    } catch {
      // A hook of the host's; nobody else would catch it.
    }
  }
  const timer = setTimeout(end, lingerMs)
  // A number where a browser's timers stand in for Node's.
  if (typeof timer === 'object') timer.unref()
  req.once('close', end)
}

/** Whatever the host has put in the place of `destroy`. A response that is finished has let go of its connection. */
export function closeConnection(req: IncomingMessage, res: ServerResponse): void {
  const both = ['res', 'socket'] as const
  for (const one of propertyOf(res, 'writableFinished') === true && !isHttp2(req) ? both.toReversed() : both) {
    try {
      const stream = one === 'res' ? res : req.socket
      ignoreFailure(stream.destroy())
      if (propertyOf(stream, 'destroyed') === true) return
    } catch {
      // The other one, then.
    }
  }
}
