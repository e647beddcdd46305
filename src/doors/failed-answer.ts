import type { IncomingMessage, ServerResponse } from 'node:http'

export type Next = (error?: unknown) => void

/**
 * What is left when an answer could not be sent: the host's error handling, or a closed socket. Never an exception: nobody
 * would catch it, and it would end the process.
 */
export function afterFailedAnswer(error: unknown, req: IncomingMessage, res: ServerResponse, next: Next | undefined): void {
  const isLost = !next || res.headersSent || req.destroyed || !req.complete
  if (isLost) {
    close(res)
    return
  }
  const handOver = () => {
    try {
      next(error)
    } catch {
      close(res)
    }
  }
  // Express's own last handler waits for the end of the request before it answers, and the same hook may throw once more then,
  // where nobody catches it. So the end is waited for here.
  if (req.readableEnded) handOver()
  else req.once('end', handOver).resume()
}

function close(res: ServerResponse): void {
  try {
    res.destroy()
  } catch {
    // A hook of the host's, once more.
  }
}
