import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { smileIdCallbacks } from '../../callbacks/callbacks.ts'
import { bodyInFile, type CaptureFile, makeFolder } from '../../capture/folder.ts'
import { answerOf } from '../../doors/answer.ts'
import { shownPartner } from '../../lib/words.ts'
import { defaults } from '../../options/config.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport } from '../../report/report.ts'
import { closed } from '../../testing/deliver/serve.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import type { Mistake } from '../inspect/causes.ts'
import { inspect } from '../inspect/inspect.ts'
import { causeLines, eventFacts } from '../inspect/print.ts'
import { requestOf } from '../inspect/read/input.ts'
import { readCredentials } from '../shared/credentials.ts'
import { harmless, indented, type Io, jsonLine, styleFor } from '../shared/io.ts'
import { listening, portOf, serving, stopped } from '../shared/server.ts'
import { isLoopback, type Run, readParams, UsageError } from '../shared/usage.ts'
import { startUi, type Ui } from '../ui/server.ts'

/** One delivery, received and answered. */
interface Received {
  path: string
  report: DeliveryReport
  event: SmileIdEvent | undefined
  cause: Mistake | undefined
  capture: CaptureFile
}

export const run: Run<'listen'> = async ({ values }, io) => {
  const { host = '127.0.0.1', 'show-data': showData = false } = values
  const port = portOf(values.port ?? '3000')
  const partnerParams = readParams(values.param)
  if (!isLoopback(host) && values['allow-remote'] !== true)
    throw new UsageError(
      `On ${host} other machines could reach this receiver. If that is intended, add --allow-remote.`,
    )
  const credentials = await readCredentials(values, io)
  const save = values.save === undefined ? undefined : await saver(values.save)
  const page: { ui?: Ui } = {}
  const server = receiver(credentials, async (received) => {
    const file = await save?.(received).catch(() => undefined)
    io.out((values.json ? line : lines)(received, file, showData, io))
    const { path, report, capture } = received
    await page.ui?.add({ capture: requestOf({ ...capture }), path, status: report.status, code: report.code })
  })
  const url = await listening(server, port, host)
  if (values.ui) page.ui = await startUi({ credentials, target: `${url}/`, to: new URL(url), partnerParams })
  io.err(
    `Callbacks of partner ${credentials.map(({ partnerId }) => shownPartner(partnerId)).join(', ')} are received at ${url}/ and every path below. Ctrl-C ends it.\n`,
  )
  if (page.ui) io.err(`Open ${page.ui.url}\n`)
  await stopped(io.stop)
  await Promise.all([closed(server), page.ui?.close()])
  return true
}

/** A receiver on any path, for any sender, that calls `onReceived` with each delivery. */
function receiver(credentials: readonly Credential[], onReceived: (received: Received) => Promise<void>) {
  const events = new Map<string, SmileIdEvent>()
  const callbacks = smileIdCallbacks({ credentials, allowedIps: false, logger: false })
  callbacks.onAny((event) => {
    events.set(event.id, event)
  })
  return serving(defaults.maxBodySize, async (request, res, { socket: { remoteAddress: address } }) => {
    const { method, headers, body, path, receivedAt } = request
    const report = await callbacks.receive({ method, headers, body, clientIp: address })
    const answer = answerOf(report)
    res.writeHead(answer.status, answer.headers).end(answer.body)

    // Behind a tunnel the sender is this machine, which says nothing.
    const clientIp = address === undefined || isLoopback(address.replace(/^::ffff:/, '')) ? undefined : address
    const event = report.event && events.get(report.event.id)
    if (event) events.delete(event.id)
    const inspected = report.status === 200 ? undefined : await inspect(request, { credentials, allowedIps: false })
    await onReceived({
      path,
      report,
      capture: {
        receivedAt: receivedAt.toISOString(),
        ...(clientIp !== undefined && { clientIp }),
        method,
        headers,
        ...bodyInFile(body),
      },
      event,
      cause: inspected?.cause,
    })
  })
}

type Show = (received: Received, file: string | undefined, showData: boolean, io: Io) => string

const lines: Show = ({ path, report, event, cause, capture }, file, showData, io) => {
  const style = styleFor(io)
  const { code, status, event: known } = report
  const head = [
    capture.receivedAt,
    (status === 200 ? style.good : style.bad)(`${status} ${code}`),
    harmless(path),
    ...(known ? [`${known.product} ${known.outcome ?? known.kind}`] : []),
    ...(event ? [style.dim(`job ${harmless(event.jobId)}`)] : []),
  ]
  // A masked payload adds nothing to the other facts.
  const { payload, ...facts } = (event ? eventFacts(event, showData) : {}) as { payload?: unknown }
  const shown = [
    head.join('  '),
    ...(event ? indented(showData ? { ...facts, payload } : facts, '    ').map(style.dim) : []),
    ...(cause ? causeLines(cause, style).map((one) => `    ${one}`) : []),
    ...(file ? [style.dim(`    saved as ${file}`)] : []),
  ]
  return `${shown.join('\n')}\n`
}

const line: Show = ({ path, report: { code, status, durationMs }, event, cause, capture }, file, showData) =>
  jsonLine({
    receivedAt: capture.receivedAt,
    path,
    status,
    code,
    durationMs,
    event: event && eventFacts(event, showData),
    cause,
    file,
  })

/**
 * Writes each delivery to a file of its own, readable by its owner only: they hold identity data. Writes at most `most`
 * files and `mostBytes` bytes in one run, since a sender may repeat deliveries; then resolves to undefined.
 */
export async function saver(
  folder: string,
  { most = 10_000, mostBytes = 268_435_456 } = {},
): Promise<(received: Received) => Promise<string | undefined>> {
  await makeFolder(folder).catch(() => {
    throw new UsageError(`${folder} cannot be made.`)
  })
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
