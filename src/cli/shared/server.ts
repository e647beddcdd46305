import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Capture, joinedHeaders } from './body.ts'
import { UsageError } from './usage.ts'

/** One request, read to its end. */
export interface WholeRequest extends Capture {
  path: string
  body: Buffer
  receivedAt: Date
}

/**
 * A server whose `answer` gets whole requests, with at most one byte of the body more than `limit`, so that a longer
 * one shows. It continues, whatever one request does to it.
 */
export function serving(
  limit: number,
  answer: (request: WholeRequest, res: ServerResponse, req: IncomingMessage) => Promise<void>,
): Server {
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const receivedAt = new Date()
    const parts: Buffer[] = []
    let bytes = 0
    for await (const part of req as AsyncIterable<Buffer>) {
      // The rest is read and dropped: hanging up would hide the answer from the sender.
      if (bytes <= limit) parts.push(part)
      bytes += part.length
    }
    const body = Buffer.concat(parts).subarray(0, limit + 1)
    const { method = 'POST', url: path = '/' } = req
    await answer({ method, path, headers: sentHeaders(req), body, receivedAt }, res, req)
  }
  return createServer((req, res) => {
    handle(req, res).catch(() => res.destroy())
  })
}

const sentHeaders = ({ rawHeaders }: IncomingMessage): Record<string, string> =>
  joinedHeaders(rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [])))

/** Listens, and gives the URL without a path. @throws UsageError where that is not possible */
export async function listening(server: Server, port: number, host = '127.0.0.1'): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      const isTaken = code === 'EADDRINUSE'
      reject(
        new UsageError(
          isTaken ? `Port ${port} is in use; --port 0 takes a free one.` : `${host}:${port} cannot be listened on.`,
        ),
      )
    })
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host.replace(/[[\]]/g, '')}]` : host}:${taken}`
}

export function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== '') return port
  throw new UsageError('--port has to be a whole number up to 65535.')
}

export async function stopped(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, 'abort')
}
