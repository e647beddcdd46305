import type { Server } from 'node:http'
import { post, type PostAnswer } from '../../testing/deliver/post.ts'
import { closed } from '../../testing/deliver/serve.ts'
import { type Answer, classified, shownUrl, unanswered } from '../doctor/answer.ts'
import { mistake } from '../inspect/causes.ts'
import { readCredentials } from '../shared/credentials.ts'
import { asText, withoutHop } from '../shared/body.ts'
import { listening, portOf, serving, stopped } from '../shared/server.ts'
import { type Run, readParams, readTarget } from '../shared/usage.ts'
import type { Came } from './history.ts'
import { startUi, type Ui } from './server.ts'

/** A page beside an app in development: deliveries go through it to the app. */
export const run: Run<'ui'> = async ({ values }, io) => {
  const app = readTarget(values.app, values['allow-remote'], '--app')
  const port = portOf(values.port ?? '0')
  const partnerParams = readParams(values.param)
  const credentials = await readCredentials(values, io)

  const page: { ui?: Ui } = {}
  const server = forwarder(app, async (came) => page.ui?.add(came))
  const url = await listening(server, port)
  const target = `${url}/ (passed on to ${shownUrl(app)})`
  page.ui = await startUi({ credentials, target, to: new URL(url), partnerParams })
  io.err(
    `Open ${page.ui.url}\nDeliveries to ${url}/ are passed on to ${shownUrl(app)} and shown there. Ctrl-C ends it.\n`,
  )
  await stopped(io.stop)
  await Promise.all([page.ui.close(), closed(server)])
  return true
}

/** Bytes. Above a receiver's limit, so that its own refusal is seen. */
const most = 8 * 1_048_576

/** Passes every delivery on to the app unchanged, and reports its answer. */
function forwarder(app: URL, onCame: (came: Came) => Promise<void>): Server {
  return serving(most, async ({ method, path, headers, body, receivedAt }, res) => {
    // The app's own URL, with the query of the request: it may hold a reference.
    const to = new URL(app)
    if (path.includes('?')) to.search = path.slice(path.indexOf('?'))
    const [came, answer] = await post(to, withoutHop(headers), body, { method }).then(
      (passed): [PostAnswer, Answer] => [passed, classified(to, passed)],
      (error: unknown): [PostAnswer, Answer] => [{ status: 502, headers: {}, text: '' }, unanswered(error)],
    )
    res.writeHead(came.status, withoutHop(came.headers)).end(came.text)
    const capture = { method, headers, body: asText(body), receivedAt }
    const isOurs = answer.kind === 'router'
    await onCame({
      capture,
      path,
      status: came.status,
      code: !isOurs ? undefined : answer.code === 'received' ? 'accepted' : answer.code,
      wrong: isOurs ? undefined : mistake(answer.cause, `The app: ${answer.says}`),
    })
  })
}
