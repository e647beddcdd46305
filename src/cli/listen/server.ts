import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { smileIdCallbacks } from '../../callbacks/callbacks.ts'
import type { CaptureFile } from '../../capture/folder.ts'
import { answerOf } from '../../doors/answer.ts'
import { defaults } from '../../options/config.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport } from '../../report/report.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import type { Mistake } from '../inspect/causes.ts'
import { inspect } from '../inspect/inspect.ts'
import { captureFile } from '../shared/body.ts'
import { isLoopback } from '../shared/usage.ts'

/** One delivery, received and answered. */
export interface ReceivedDelivery {
  path: string
  report: DeliveryReport
  event?: SmileIdEvent
  cause?: Mistake
  capture: CaptureFile
}

/** A receiver on any path, for any sender, that calls `onReceived` with each delivery. */
export function listenServer(
  credentials: readonly Credential[],
  onReceived: (received: ReceivedDelivery) => Promise<void>,
): Server {
  const events = new Map<string, SmileIdEvent>()
  const callbacks = smileIdCallbacks({ credentials, allowedIps: false, logger: false })
  callbacks.onAny((event) => {
    events.set(event.id, event)
  })

  const receive = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const receivedAt = new Date()
    const address = req.socket.remoteAddress
    const body = await readRequest(req, defaults.maxBodySize)
    if (body === undefined) return
    const headers = sentHeaders(req)
    const method = req.method ?? 'POST'
    const report = await callbacks.receive({ method, headers, body, clientIp: address })
    const answer = answerOf(report)
    res.writeHead(answer.status, answer.headers).end(answer.body)

    // Behind a tunnel the sender is this machine, which says nothing.
    const clientIp = address === undefined || isLoopback(address.replace(/^::ffff:/, '')) ? undefined : address
    const capture = captureFile(method, headers, body, receivedAt, clientIp)
    const event = report.event && events.get(report.event.id)
    const { cause } =
      report.status === 200
        ? {}
        : await inspect({ method, headers, body, receivedAt }, { credentials, allowedIps: false })
    if (event) events.delete(event.id)
    await onReceived({ path: req.url ?? '/', report, capture, ...(event && { event }), ...(cause && { cause }) })
  }
  return createServer((req, res) => {
    // The server continues, whatever one delivery does to it.
    receive(req, res).catch(() => res.destroy())
  })
}

/**
 * Reads the body up to one byte more than `limit`, so that a longer one shows; undefined if the sender disconnected.
 */
export async function readRequest(req: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of req as AsyncIterable<Buffer>) {
      // The rest is read and dropped: hanging up would hide the answer from the sender.
      if (bytes <= limit) parts.push(part)
      bytes += part.length
    }
  } catch {
    return undefined
  }
  return Buffer.concat(parts).subarray(0, limit + 1)
}

/** Headers under the names they were sent with; repeated ones are joined as in HTTP. */
export function sentHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value
  }
  return headers
}
