import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterLinger, closeConnection, isShort } from './linger.ts'

export type Next = (error?: unknown) => void

/**
 * What is left when an answer could not be sent: the host's error handling, or a closed connection. Never an exception: nobody
 * would catch it, and it would end the process.
 */
export function afterFailedAnswer(error: unknown, req: IncomingMessage, res: ServerResponse, next: Next | undefined): void {
  try {
    handOver(error, req, res, next)
  } catch {
    closeConnection(req, res)
  }
}

function handOver(error: unknown, req: IncomingMessage, res: ServerResponse, next: Next | undefined): void {
  if (!next || res.headersSent || res.destroyed || !(req.complete || isShort(req))) {
    closeConnection(req, res)
    return
  }
  const handOn = () => {
    try {
      unhook(res)
      next(error)
    } catch {
      closeConnection(req, res)
    }
  }
  // As Express's own last handler does, so that the connection can be kept.
  if (req.readableEnded) {
    handOn()
    return
  }
  req.once('end', handOn).resume()
  afterLinger(req, () => {
    if (!req.complete) closeConnection(req, res)
  })
}

/** What threw once may throw again when the host answers, at a time when nobody catches it. */
function unhook(res: ServerResponse): void {
  for (const [name, own] of Object.entries(Object.getOwnPropertyDescriptors(res))) {
    const isHook = !('value' in own) || typeof own.value === 'function'
    if (isHook && name in (Object.getPrototypeOf(res) as object)) Reflect.deleteProperty(res, name)
  }
}
