import { Router, type NextFunction, type Request, type Response } from 'express'
import { answerOf, type Answer } from './answer.ts'
import { finishEarly } from './early-answer.ts'
import type { DeliveryBody } from '../receive/delivery.ts'
import type { Log } from '../report/log.ts'
import { proxyCheck } from './proxy-check.ts'
import type { Receive } from '../receive/receive.ts'
import type { DeliveryReport } from '../report/report.ts'

/** How the Express door finds the sender's address. */
export interface ExpressDoor {
  receive: Receive
  /** Default: `req.ip`. */
  clientIp: ((req: Request) => string | undefined) | undefined
  /** Whether `req.ip` decides anything, so that a wrong `trust proxy` is worth a warning. */
  usesReqIp: boolean
  log: Log
}

type Handle = (req: Request, res: Response, next: NextFunction) => void

/** The Express door. It answers at its mount path alone, or wherever a route leads to it. */
export function expressRouter({ receive, clientIp, usesReqIp, log }: ExpressDoor): Router {
  const checkProxySetUp = usesReqIp ? proxyCheck(log) : undefined
  const receiveRequest = (req: Request, res: Response) => {
    checkProxySetUp?.(req)
    const incoming = {
      method: req.method,
      headers: req.headers,
      body: bodyOf(req),
      clientIp: addressOf(req, clientIp),
      params: textParams(req.params),
      url: req.originalUrl,
    }
    void receive(incoming).then((report) => answer(req, res, report))
  }
  const router = Router({ mergeParams: true }) as Router & { handle: Handle }
  const { handle } = router
  // Straight to the point: a layer of its own would parse the URL again and walk a stack of one for every delivery.
  router.handle = (req, res, next) => {
    if (isMountPath(req)) receiveRequest(req, res)
    else handle.call(router, req, res, next)
  }
  return router
}

const isMountPath = (req: Request): boolean => req.url === '/' || req.path === '/' || req.route !== undefined

function addressOf(req: Request, clientIp: ExpressDoor['clientIp']): string | undefined {
  try {
    return clientIp ? clientIp(req) : req.ip
  } catch {
    return undefined
  }
}

/**
 * The body from wherever it is: kept raw by a serverless host, left by a parser before, or still in the stream.
 * Express 4's parsers leave `{}` for what they did not read, so an empty object counts only once the stream is used up.
 */
function bodyOf(req: Request): DeliveryBody {
  const { rawBody } = req as { rawBody?: unknown }
  if (typeof rawBody === 'string' || rawBody instanceof Uint8Array) return rawBody
  const parsed: unknown = req.body
  if (parsed === undefined) return req.readableEnded ? undefined : req
  const usedUp = !req.readable || req.readableDidRead
  if (typeof parsed === 'string' || parsed instanceof Uint8Array) return parsed
  if (typeof parsed === 'object' && parsed !== null && (usedUp || Object.keys(parsed).length > 0)) return parsed
  return usedUp && req.readableEnded ? undefined : req
}

function textParams(params: Readonly<Record<string, string | string[]>>): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name of Object.keys(params)) {
    const value = params[name] ?? ''
    texts[name] = Array.isArray(value) ? value.join('/') : value
  }
  return texts
}

function answer(req: Request, res: Response, report: DeliveryReport): void {
  const ready = answerOf(report)
  if (req.complete || !isShort(req)) send(req, res, ready)
  // A short body is mostly here by the next turn of the event loop, unread: then the connection can be kept.
  else setImmediate(send, req, res, ready)
}

function send(req: Request, res: Response, { status, headers, body }: Answer): void {
  if (res.headersSent || res.destroyed) return
  if (req.complete) res.writeHead(status, headers).end(body)
  else finishEarly(req, res, { status, headers, body })
}

/** Bytes of a declared body that may arrive without being asked for. */
const shortBody = 16_384

const isShort = ({ headers }: Request): boolean => Number(headers['content-length'] ?? Infinity) <= shortBody
