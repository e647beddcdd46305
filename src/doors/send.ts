import type { IncomingMessage, ServerResponse } from 'node:http'
import { definedOnly, look } from '../lib/json.ts'
import { hearFailure } from '../lib/promises.ts'
import type { Answer } from './answer.ts'
import { propertyOf } from './request.ts'

/** Sends an answer, unless one was sent. Throws or rejects with the errors of the host's hooks. */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: Answer): Promise<void> | undefined {
  const answered: unknown = look(res, 'headersSent') || look(res, 'destroyed') || look(res, 'writableEnded')
  if (answered) {
    // A host replaced these properties: they say nothing about an answer, and there may never be one.
    if (answered !== true) closeConnection(req, res)
    return undefined
  }
  // HTTP/2 ends the stream alone, and has no `Connection` header: Node would warn.
  const fitting = 'Connection' in answer.headers && isHttp2(req) ? withoutConnection(answer) : answer
  if (look(req, 'complete')) return answerInOnePiece(req, res, fitting)
  return isShort(req) || isHttp2(req) ? answerBeforeEnd(req, res, fitting) : answerEarly(req, res, fitting)
}

const withoutConnection = (answer: Answer): Answer => ({
  ...answer,
  headers: definedOnly({ ...answer.headers, Connection: undefined }),
})

async function answerInOnePiece(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: Answer,
): Promise<void> {
  // In separate calls: a host's `writeHead` need not return the response, and its `end` may be async.
  const begun: unknown = res.writeHead(status, headers)
  if (begun !== res) await begun
  const ended: unknown = res.end(body)
  if (ended !== res) await ended
  // Node releases an untouched request, but not one that had listeners.
  if (look(req, 'readableFlowing') === false) req.resume()
}

/**
 * Answers while the rest of a short body is still arriving, and keeps the connection: a new one would cost more than
 * reading the rest.
 */
async function answerBeforeEnd(req: IncomingMessage, res: ServerResponse, answer: Answer): Promise<void> {
  await answerInOnePiece(req, res, answer)
  closeAfterLinger(req, res)
}

/**
 * Answers while the body is still arriving, and reads none of it. Closing at once would reset the connection, and the
 * sender might never see the answer: so it stays open until the sender has closed it, or for a while.
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
  // A hook of the host may throw, now or later. The sender has its answer.
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

/** Time in which a sender may read its answer, or send the rest of a short body, ms. */
const lingerMs = 1_000

/** Largest declared body whose rest is still read once the answer is known, bytes. */
const shortBody = 16_384

const isShort = ({ headers }: IncomingMessage): boolean => Number(headers['content-length'] ?? Infinity) <= shortBody

/** True if the connection is shared with other requests. */
const isHttp2 = (req: IncomingMessage): boolean => req.httpVersionMajor > 1

/** `act` must not throw. Nothing before the answer waits for this timer: under a test's fake timers it never fires. */
function afterLinger(req: IncomingMessage, act: () => void): void {
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    act()
  }
  const timer = setTimeout(end, lingerMs)
  // In a browser-like environment a timer is a number.
  if (typeof timer === 'object') timer.unref()
  req.once('close', end)
}

/** Closes the connection even if the host has replaced `destroy`. A finished response has released its connection. */
function closeConnection(req: IncomingMessage, res: ServerResponse): void {
  const both = ['res', 'socket'] as const
  for (const one of propertyOf(res, 'writableFinished') === true && !isHttp2(req) ? both.toReversed() : both) {
    try {
      const stream = one === 'res' ? res : req.socket
      hearFailure(stream.destroy())
      if (propertyOf(stream, 'destroyed') === true) return
    } catch {
      // A host replaced it, or its `destroy` threw: the other one closes the connection as well.
    }
  }
}

export type Next = (error?: unknown) => void

/**
 * Cleans up when an answer could not be sent: by the host's error handling, or a closed connection. Never throws: an
 * uncaught exception would end the process.
 */
export function afterFailedAnswer(
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next | undefined,
): void {
  const orClose = (act: () => void) => {
    try {
      act()
    } catch {
      // A hook of the host threw once more: its owner is told of the first error.
      closeConnection(req, res)
    }
  }
  orClose(() => {
    if (!next || res.headersSent || res.destroyed || !(req.complete || isShort(req))) {
      closeConnection(req, res)
      return
    }
    const handOn = () => {
      orClose(() => {
        unhook(res)
        next(error)
      })
    }
    // As Express's final handler does, so that the connection can be kept.
    if (req.readableEnded) {
      handOn()
      return
    }
    req.once('end', handOn).resume()
    closeAfterLinger(req, res)
  })
}

/** Closes the connection if the rest of the body does not arrive soon. */
function closeAfterLinger(req: IncomingMessage, res: ServerResponse): void {
  afterLinger(req, () => {
    if (propertyOf(req, 'complete') !== true) closeConnection(req, res)
  })
}

/** Removes the host's hooks: one that threw may throw again when the host answers, where nothing catches it. */
function unhook(res: ServerResponse): void {
  for (const [name, own] of Object.entries(Object.getOwnPropertyDescriptors(res))) {
    const isHook = !('value' in own) || typeof own.value === 'function'
    if (isHook && name in (Object.getPrototypeOf(res) as object)) Reflect.deleteProperty(res, name)
  }
}
