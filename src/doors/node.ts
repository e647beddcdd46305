import type { IncomingMessage, ServerResponse } from 'node:http'
import { look } from '../lib/json.ts'
import type { IncomingDelivery } from '../receive/delivery.ts'
import type { Receive } from '../receive/receive.ts'
import type { Tell } from '../report/on-error.ts'
import type { NodeRequest } from '../types/delivery.ts'
import { answerOf } from './answer.ts'
import { bodyOf, pathParams, propertyOf } from './request.ts'
import { afterFailedAnswer, type Next, sendAnswer } from './send.ts'

/**
 * The door for every host with Node's own requests: bare `http.createServer`, connect, polka, koa-connect. It answers
 * each request that reaches it. `next` receives errors that a hook of the host throws while the answer is sent; without
 * it the connection is closed.
 */
export type NodeHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void

/** Options of a door for Node's requests. */
export interface NodeDoor {
  receive: Receive
  tell: Tell
  /** Default: `req.ip` if Express sets it, else the remote address of the connection. */
  clientIp: ((req: NodeRequest) => unknown) | undefined
}

export function nodeHandler({ receive, tell, clientIp }: NodeDoor): NodeHandler {
  return (req, res, next) => {
    void handle(req, res, next)
  }

  async function handle(req: IncomingMessage, res: ServerResponse, next: Next | undefined): Promise<void> {
    try {
      const report = await receive(deliveryOf(req))
      await sendAnswer(req, res, answerOf(report))
    } catch (error) {
      tell(error, { where: 'answer' })
      afterFailedAnswer(error, req, res, next)
    }
  }

  function deliveryOf(req: IncomingMessage): IncomingDelivery {
    const of = (name: string): unknown => propertyOf(req, name)
    return {
      method: (of('method') ?? '') as string,
      headers: of('headers') as IncomingMessage['headers'],
      body: bodyOf(req),
      clientIp: addressOf(req) as string,
      params: pathParams(of('params')),
      url: (of('originalUrl') ?? of('url')) as string | undefined,
    }
  }

  function addressOf(req: NodeRequest): unknown {
    if (clientIp) return () => clientIp(req)
    try {
      return look(req, 'ip') ?? req.socket.remoteAddress
    } catch (error) {
      // Express asks the app's trust function, or a host replaced these: the address is not known.
      tell(error, { where: 'clientIp' })
      return undefined
    }
  }
}
