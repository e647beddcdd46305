import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, type Io } from '../shared/io.ts'
import { listening, portOf, stopped } from '../shared/listening.ts'
import { readTarget } from '../shared/target.ts'
import { readArgs, UsageError } from '../shared/usage.ts'
import { post } from '../../testing/deliver/post.ts'
import { shownUrl } from '../doctor/answer.ts'
import { forwarder } from './forward.ts'
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
  const [first, ...others] = await readCredentials(values, io)
  if (!first) throw new UsageError('There is no credential to sign with.')

  const page: { ui?: Ui } = {}
  const server = forwarder(app, async (came) => page.ui?.add(came))
  const target = await listening(server, port, '127.0.0.1')
  const own = await startUi({
    credentials: [first, ...others],
    target: `${target}/ (passed on to ${shownUrl(app)})`,
    send: async ({ headers, body }) => { await post(new URL(target), headers, body) },
  })
  page.ui = own
  io.err(`Open ${own.url}\nWhat is delivered to ${target}/ is passed on to ${shownUrl(app)} and shown there. Ctrl-C ends it.\n`)
  await stopped(io.stop)
  await Promise.all([own.close(), closed(server)])
  return exitCode.ok
}
