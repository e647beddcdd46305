import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'

/** How long a sender may take to read its answer, or to send what is left of a short body, ms. */
const lingerMs = 1_000

/**
 * Answers while the body is still arriving, and reads none of it. Closing at once would reset the connection,
 * and the sender might never see the answer: so it stays open until the sender has closed it, or `lingerMs`.
 */
export function answerEarly(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): void {
  res.writeHead(status, { ...headers, Connection: 'close' })
  res.write(body)
  afterLinger(req, () => {
    try {
      res.end()
    } catch {
      // A hook of the host's. The sender has its answer.
      res.destroy()
    }
  })
}

/** Answers while the rest of a short body is still arriving, and keeps the connection: a new one would cost more than to let that in. */
export async function answerBeforeEnd(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  res.writeHead(status, headers)
  const ended: unknown = res.end(body)
  await ended
  // Node lets go of what nobody has touched, but not of what somebody listened to.
  if (req.isPaused()) req.resume()
  afterLinger(req, () => {
    if (!req.complete) req.destroy()
  })
}

/** Nothing on the way to the answer waits for this timer: under a test's fake ones it never ends. */
function afterLinger(req: IncomingMessage, act: () => void): void {
  const end = () => {
    clearTimeout(timer)
    req.off('close', end)
    act()
  }
  const timer = setTimeout(end, lingerMs)
  // A number where a browser's timers stand in for Node's.
  if (typeof timer === 'object') timer.unref()
  req.once('close', end)
}
