import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { post, type PostAnswer } from '../../testing/deliver/post.ts'
import { type Answer, causeOfAnswer, classified, shownUrl, unanswered } from '../doctor/answer.ts'
import { mistake } from '../inspect/causes.ts'
import { asText } from '../inspect/read/request.ts'
import { readRequest, sentHeaders } from '../listen/server.ts'
import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, type Io } from '../shared/io.ts'
import { listening, portOf, readArgs, readTarget, stopped, UsageError } from '../shared/usage.ts'
import type { Came } from './history.ts'
import { closed, startUi, type Ui } from './server.ts'

const uiOptions = {
  ...credentialOptions,
  app: { type: 'string' },
  port: { type: 'string' },
  'allow-remote': { type: 'boolean' },
} as const

/** A page beside an app in development: deliveries go through it to the app. */
export async function ui(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, uiOptions)
  if (positionals.length > 0) throw new UsageError(`ui takes no "${positionals[0] ?? ''}": the URL goes after --app.`)
  const app = readTarget(values.app, values['allow-remote'] === true, '--app')
  const port = portOf(values.port ?? '0')
  const credentials = await readCredentials(values, io)

  const page: { ui?: Ui } = {}
  const server = forwarder(app, async (came) => page.ui?.add(came))
  const target = await listening(server, port, '127.0.0.1')
  const own = await startUi({
    credentials,
    target: `${target}/ (passed on to ${shownUrl(app)})`,
    send: async ({ headers, body }) => {
      await post(new URL(target), headers, body)
    },
  })
  page.ui = own
  io.err(
    `Open ${own.url}\nDeliveries to ${target}/ are passed on to ${shownUrl(app)} and shown there. Ctrl-C ends it.\n`,
  )
  await stopped(io.stop)
  await Promise.all([own.close(), closed(server)])
  return exitCode.ok
}

/** Bytes. Above a receiver's limit, so that its own refusal is seen. */
const most = 8 * 1_048_576

/** Headers of one connection, which another sets itself. */
const hop = /^(connection|keep-alive|transfer-encoding|content-length|te|trailer|upgrade|expect)$/i

/** Passes every delivery on to the app unchanged, and reports its answer. */
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
      (error: unknown): { came: PostAnswer; answer: Answer } => ({
        came: { status: 502, headers: {}, text: '' },
        answer: unanswered(error),
      }),
    )
    res.writeHead(came.status, kept(came.headers)).end(came.text)
    await onCame({
      capture: { method, headers, body: asText(body), receivedAt },
      path: req.url ?? '/',
      status: came.status,
      ...verdictOf(answer),
    })
  }
  return createServer((req, res) => {
    // The server continues, whatever one delivery does to it.
    pass(req, res).catch(() => res.destroy())
  })
}

const kept = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.test(name)))

/** The app's own URL, with the query of the request: it may hold a reference. */
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
