import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'
import { look } from '../lib/look.ts'
import { propertyOf } from './body.ts'
import { afterLinger, closeConnection, isHttp2, isShort } from './linger.ts'

/** Sends an answer, unless somebody else has. Throws or rejects with what a hook of the host throws. */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: Answer): Promise<void> | undefined {
  const answered: unknown = look(res, 'headersSent') || look(res, 'destroyed') || look(res, 'writableEnded')
  if (answered) {
    // Something else in the place of these tells nothing of an answer, and nobody might give one.
    if (answered !== true) closeConnection(req, res)
    return undefined
  }
  // HTTP/2 ends the stream alone, and knows no `Connection`: Node would warn of it.
  const fitting = 'Connection' in answer.headers && isHttp2(req) ? withoutConnection(answer) : answer
  if (look(req, 'complete')) return answerInOnePiece(req, res, fitting)
  return isShort(req) || isHttp2(req) ? answerBeforeEnd(req, res, fitting) : answerEarly(req, res, fitting)
}

function withoutConnection(answer: Answer): Answer {
  const headers: Record<string, string> = { ...answer.headers }
  delete headers['Connection']
  return { ...answer, headers }
}

async function answerInOnePiece(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  // Apart: what a host has put in the place of `writeHead` need not return the response, and its `end` may be async.
  const begun: unknown = res.writeHead(status, headers)
  if (begun !== res) await begun
  const ended: unknown = res.end(body)
  if (ended !== res) await ended
  // Node lets go of what nobody has touched, but not of what somebody listened to.
  if (look(req, 'readableFlowing') === false) req.resume()
}

/** Answers while the rest of a short body is still arriving, and keeps the connection: a new one would cost more than to let that in. */
async function answerBeforeEnd(req: IncomingMessage, res: ServerResponse, answer: Answer): Promise<void> {
  await answerInOnePiece(req, res, answer)
  afterLinger(req, () => {
    if (propertyOf(req, 'complete') !== true) closeConnection(req, res)
  })
}

/**
 * Answers while the body is still arriving, and reads none of it. Closing at once would reset the connection,
 * and the sender might never see the answer: so it stays open until the sender has closed it, or for a while.
 */
async function answerEarly(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  const begun: unknown = res.writeHead(status, { ...headers, Connection: 'close' })
  if (begun !== res) await begun
  const written: unknown = res.write(body)
  await written
  // A hook of the host's may throw, now or later. The sender has its answer.
  const end = async () => {
    const ended: unknown = res.end()
    await ended
  }
  afterLinger(req, () => {
    end().catch(() => { closeConnection(req, res) })
  })
}
