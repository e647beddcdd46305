import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'
import { answerBeforeEnd, answerEarly } from './early-answer.ts'

/** Bytes of a declared body that may still be let in once the answer is sent. */
const shortBody = 16_384

/** Sends an answer, unless somebody else has. Rejects with what a hook of the host throws. */
export async function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: Answer): Promise<void> {
  if (res.headersSent || res.destroyed || res.writableEnded) return
  if (!req.complete) {
    if (isShort(req)) await answerBeforeEnd(req, res, answer)
    else answerEarly(req, res, answer)
    return
  }
  // Apart: what a host has put in the place of `writeHead` need not return the response, and its `end` may be async.
  res.writeHead(answer.status, answer.headers)
  const ended: unknown = res.end(answer.body)
  await ended
  if (req.isPaused()) req.resume()
}

const isShort = ({ headers }: IncomingMessage): boolean => Number(headers['content-length'] ?? Infinity) <= shortBody
