import type { AddressInfo } from 'node:net'
import type { SmileIdEvent } from '../../types/event.ts'
import { SmileIdConfigError } from '../../errors.ts'
import { credentialOptions, readCredentials, shownPartner } from '../shared/credentials.ts'
import { exitCode, type ExitCode, type Io } from '../shared/io.ts'
import { harmless, styleFor } from '../shared/style.ts'
import { isLoopback } from '../shared/target.ts'
import { readArgs, UsageError } from '../shared/usage.ts'
import { causeLines, eventFacts } from '../inspect/print.ts'
import { saver } from './save.ts'
import { listenServer, type Heard } from './server.ts'

const listenOptions = {
  ...credentialOptions,
  port: { type: 'string' },
  host: { type: 'string' },
  save: { type: 'string' },
  'show-data': { type: 'boolean' },
  json: { type: 'boolean' },
  'allow-remote': { type: 'boolean' },
} as const

export async function listen(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, listenOptions)
  if (positionals.length > 0) throw new UsageError(`listen takes no "${positionals[0] ?? ''}".`)
  const port = portOf(values.port)
  const host = values.host ?? '127.0.0.1'
  if (!isLoopback(host) && values['allow-remote'] !== true) throw new UsageError(`On ${host} others could reach this receiver. If you mean it, add --allow-remote.`)
  const credentials = await readCredentials(values, io)
  const save = values.save === undefined ? undefined : await saver(values.save)
  const show = values.json ? jsonLine : lines
  const server = configured(() =>
    listenServer(credentials, async (heard) => {
      const file = await save?.(heard).catch(() => undefined)
      io.out(show(heard, file, values['show-data'] === true, io))
    }),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new UsageError(error.code === 'EADDRINUSE' ? `Port ${port} is in use; --port 0 takes a free one.` : `${host}:${port} cannot be listened on.`)))
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host.replace(/[[\]]/g, '')}]` : host}:${taken}`
  io.err(`Callbacks of partner ${credentials.map(({ partnerId }) => shownPartner(partnerId)).join(', ')} are received at ${url}/ and every path below. Ctrl-C ends it.\n`)
  await stopped(io.stop)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return exitCode.ok
}

function portOf(text = '3000'): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== '') return port
  throw new UsageError('--port has to be a whole number up to 65535.')
}

function configured<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof SmileIdConfigError) throw new UsageError(error.message)
    throw error
  }
}

const stopped = (stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stop.aborted) resolve()
    else stop.addEventListener('abort', () => resolve(), { once: true })
  })

function lines({ path, report, event, cause, capture }: Heard, file: string | undefined, showData: boolean, io: Io): string {
  const style = styleFor(io)
  const { code, status, event: known } = report
  const what = known ? `  ${known.product} ${known.outcome ?? known.kind}` : ''
  const head = `${capture.receivedAt}  ${(status === 200 ? style.good : style.bad)(`${status} ${code}`)}  ${harmless(path)}${what}${event ? style.dim(`  job ${harmless(event.jobId)}`) : ''}`
  const facts = event ? JSON.stringify(onScreen(event, showData), null, 2).split('\n').map((line) => style.dim(`    ${line}`)) : []
  const why = cause ? causeLines(cause, style).map((line) => `    ${line}`) : []
  return `${[head, ...facts, ...why, ...(file ? [style.dim(`    saved as ${file}`)] : [])].join('\n')}\n`
}

/** Masked, a payload tells nothing that the rest does not. */
function onScreen(event: SmileIdEvent, showData: boolean): object {
  const { payload, ...facts } = eventFacts(event, showData) as { payload?: unknown }
  return showData ? { ...facts, payload } : facts
}

function jsonLine({ path, report, event, cause, capture }: Heard, file: string | undefined, showData: boolean): string {
  const { code, status, durationMs } = report
  return `${JSON.stringify({ receivedAt: capture.receivedAt, path, status, code, durationMs, ...(event && { event: eventFacts(event, showData) }), ...(cause && { cause }), ...(file && { file }) })}\n`
}
