import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../capture/folder.ts'
import { shownPartner } from '../../lib/words.ts'
import { post } from '../../testing/deliver/post.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import { causeLines, eventFacts } from '../inspect/print.ts'
import { requestOf } from '../inspect/read/request.ts'
import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, harmless, type Io, styleFor } from '../shared/io.ts'
import { isLoopback, listening, portOf, readArgs, stopped, UsageError } from '../shared/usage.ts'
import type { Came } from '../ui/history.ts'
import { closed, startUi, type Ui } from '../ui/server.ts'
import { type ReceivedDelivery, listenServer } from './server.ts'

const listenOptions = {
  ...credentialOptions,
  port: { type: 'string' },
  host: { type: 'string' },
  save: { type: 'string' },
  ui: { type: 'boolean' },
  'show-data': { type: 'boolean' },
  json: { type: 'boolean' },
  'allow-remote': { type: 'boolean' },
} as const

export async function listen(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, listenOptions)
  if (positionals.length > 0) throw new UsageError(`listen takes no "${positionals[0] ?? ''}".`)
  const port = portOf(values.port)
  const host = values.host ?? '127.0.0.1'
  if (!isLoopback(host) && values['allow-remote'] !== true)
    throw new UsageError(
      `On ${host} other machines could reach this receiver. If that is intended, add --allow-remote.`,
    )
  const credentials = await readCredentials(values, io)
  const save = values.save === undefined ? undefined : await saver(values.save)
  const show = values.json ? jsonLine : lines
  const page: { ui?: Ui | undefined } = {}
  const server = listenServer(credentials, async (received) => {
    const file = await save?.(received).catch(() => undefined)
    io.out(show(received, file, values['show-data'] === true, io))
    await page.ui?.add(cameOf(received))
  })
  const url = await listening(server, port, host)
  const ui = values.ui
    ? await startUi({
        credentials,
        target: `${url}/`,
        send: async ({ headers, body }) => {
          await post(new URL(url), headers, body)
        },
      })
    : undefined
  page.ui = ui
  io.err(
    `Callbacks of partner ${credentials.map(({ partnerId }) => shownPartner(partnerId)).join(', ')} are received at ${url}/ and every path below. Ctrl-C ends it.\n`,
  )
  if (ui) io.err(`Open ${ui.url}\n`)
  await stopped(io.stop)
  await Promise.all([closed(server), ui?.close()])
  return exitCode.ok
}

function lines(
  { path, report, event, cause, capture }: ReceivedDelivery,
  file: string | undefined,
  showData: boolean,
  io: Io,
): string {
  const style = styleFor(io)
  const { code, status, event: known } = report
  const what = known ? `  ${known.product} ${known.outcome ?? known.kind}` : ''
  const head = `${capture.receivedAt}  ${(status === 200 ? style.good : style.bad)(`${status} ${code}`)}  ${harmless(path)}${what}${event ? style.dim(`  job ${harmless(event.jobId)}`) : ''}`
  const facts = event
    ? JSON.stringify(onScreen(event, showData), null, 2)
        .split('\n')
        .map((line) => style.dim(`    ${line}`))
    : []
  const why = cause ? causeLines(cause, style).map((line) => `    ${line}`) : []
  return `${[head, ...facts, ...why, ...(file ? [style.dim(`    saved as ${file}`)] : [])].join('\n')}\n`
}

/** A masked payload adds nothing to the other facts. */
function onScreen(event: SmileIdEvent, showData: boolean): object {
  const { payload, ...facts } = eventFacts(event, showData) as { payload?: unknown }
  return showData ? { ...facts, payload } : facts
}

function jsonLine(
  { path, report, event, cause, capture }: ReceivedDelivery,
  file: string | undefined,
  showData: boolean,
): string {
  const { code, status, durationMs } = report
  return `${JSON.stringify({ receivedAt: capture.receivedAt, path, status, code, durationMs, ...(event && { event: eventFacts(event, showData) }), ...(cause && { cause }), ...(file && { file }) })}\n`
}

function cameOf({ path, report, capture }: ReceivedDelivery): Came {
  return { capture: requestOf({ ...capture }), path, status: report.status, code: report.code }
}

/**
 * Writes each delivery to a file of its own, readable by its owner only: they hold identity data. Writes at most `most`
 * files and `mostBytes` bytes in one run, since a sender may repeat deliveries; then resolves to undefined.
 */
export async function saver(
  folder: string,
  { most = 10_000, mostBytes = 268_435_456 } = {},
): Promise<(received: ReceivedDelivery) => Promise<string | undefined>> {
  try {
    await makeFolder(folder)
  } catch {
    throw new UsageError(`${folder} cannot be made.`)
  }
  let count = 0
  let bytes = 0
  return async ({ capture, report }) => {
    const text = `${JSON.stringify(capture, null, 2)}\n`
    if (count >= most || bytes + text.length > mostBytes) return undefined
    count += 1
    bytes += text.length
    const time = capture.receivedAt.replace(/[:.]/g, '-')
    const file = join(folder, `${time}-${String(count).padStart(4, '0')}-${report.code}.json`)
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
    return file
  }
}
