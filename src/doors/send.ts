import type { IncomingMessage, ServerResponse } from 'node:http'
import { look } from '../lib/json.ts'
import { hearFailure } from '../lib/promises.ts'
import type { Answer } from './answer.ts'
import { propertyOf } from './request.ts'

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

async function answerInOnePiece(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: Answer,
): Promise<void> {
  // Apart: what a host has put in the place of `writeHead` need not return the response, and its `end` may be async.
  const begun: unknown = res.writeHead(status, headers)
  if (begun !== res) await begun
  const ended: unknown = res.end(body)
  if (ended !== res) await ended
  // Node lets go of what nobody has touched, but not of what somebody listened to.
  if (look(req, 'readableFlowing') === false) req.resume()
}

/**
 * Answers while the rest of a short body is still arriving, and keeps the connection: a new one would cost more than to
 * let that in.
 */
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
async function answerEarly(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: Answer,
): Promise<void> {
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
    end().catch(() => {
      closeConnection(req, res)
    })
  })
}

/** How long a sender may take to read its answer, or to send what is left of a short body, ms. */
const lingerMs = 1_000

/** Bytes of a declared body that may still be let in once the answer is known. */
const shortBody = 16_384

export const isShort = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? Infinity) <= shortBody

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
      hearFailure(stream.destroy())
      if (propertyOf(stream, 'destroyed') === true) return
    } catch {
      // The other one, then.
    }
  }
}

export type Next = (error?: unknown) => void

/**
 * What is left when an answer could not be sent: the host's error handling, or a closed connection. Never an exception:
 * nobody
 * would catch it, and it would end the process.
 */
export function afterFailedAnswer(
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next | undefined,
): void {
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
