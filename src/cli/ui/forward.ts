import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { post, type PostAnswer } from '../../testing/deliver/post.ts'
import { readRequest, sentHeaders } from '../listen/read-request.ts'
import { causeOfAnswer, classified, unanswered, type Answer } from '../doctor/answer.ts'
import { mistake } from '../inspect/mistake.ts'
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
    const to = urlFor(app, req.url ?? '/')
    const { came, answer } = await post(to, kept(headers), body, { method }).then(
      (came) => ({ came, answer: classified(to, came) }),
      (error: unknown): { came: PostAnswer; answer: Answer } => ({ came: { status: 502, headers: {}, text: '' }, answer: unanswered(error) }),
    )
    res.writeHead(came.status, kept(came.headers)).end(came.text)
    await onCame({ capture: { method, headers, body: asText(body), receivedAt }, path: req.url ?? '/', status: came.status, ...verdictOf(answer) })
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

function verdictOf(answer: Answer): Pick<Came, 'code' | 'wrong'> {
  if (answer.kind === 'router') return { code: answer.code === 'received' ? 'accepted' : answer.code }
  const { cause, says } = causeOfAnswer(answer)
  return { code: undefined, wrong: mistake(cause, `The app: ${says}`) }
}
