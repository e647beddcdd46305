import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'

/** How long a sender may take to read its answer while the rest of its body is left unread, ms. */
const lingerMs = 1_000

/**
 * Answers while the body is still arriving, and reads none of it. Closing at once would reset the connection,
 * and the sender might never see the answer: so it stays open until the sender has closed it, or `lingerMs`.
 */
export function finishEarly(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): void {
  res.writeHead(status, { ...headers, Connection: 'close' })
  res.write(body)
  const end = () => {
    clearTimeout(timer)
    req.off('close', end)
    res.end()
  }
  const timer = setTimeout(end, lingerMs)
  timer.unref()
  req.once('close', end)
}
