import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { codes, type ReportCode } from '../../report/codes.ts'
import { post, type PostAnswer } from '../../testing/deliver/post.ts'
import { readRequest, sentHeaders } from '../listen/read-request.ts'
import { asText } from '../inspect/read/request.ts'
import type { Came } from './history.ts'

/** Bytes. Above what a receiver takes, so that its own limit is seen. */
const most = 8 * 1_048_576

/** Headers of one connection, which another has anew. */
const hop = /^(connection|keep-alive|transfer-encoding|content-length|te|trailer|upgrade|expect)$/i

/** Passes every delivery on to the app, as it came, and tells what was answered. */
export function forwarder(app: URL, onCame: (came: Came) => Promise<void>): Server {
  const pass = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const receivedAt = new Date()
    const body = await readRequest(req, most)
    if (body === undefined) return
    const headers = sentHeaders(req)
    const method = req.method ?? 'POST'
    const answer = await post(urlFor(app, req.url ?? '/'), kept(headers), body, { method }).catch((): PostAnswer => ({ status: 502, headers: {}, text: '' }))
    res.writeHead(answer.status, kept(answer.headers)).end(answer.text)
    await onCame({ capture: { method, headers, body: asText(body), receivedAt }, path: req.url ?? '/', status: answer.status, code: codeOf(answer) })
  }
  return createServer((req, res) => {
    // What is only watched goes on, whatever one delivery does to it.
    pass(req, res).catch(() => res.destroy())
  })
}

const kept = (headers: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.test(name)))

/** The app's own URL, with the query that came: a reference may be in it. */
function urlFor(app: URL, came: string): URL {
  const url = new URL(app)
  const at = came.indexOf('?')
  if (at >= 0) url.search = came.slice(at)
  return url
}

function codeOf({ status, text }: PostAnswer): ReportCode | undefined {
  try {
    const { received, error } = JSON.parse(text) as { received?: unknown; error?: { code?: unknown } }
    if (received === true) return 'accepted'
    const code = error?.code
    return typeof code === 'string' && Object.hasOwn(codes, code) && codes[code as ReportCode].status === status ? (code as ReportCode) : undefined
  } catch {
    return undefined
  }
}
