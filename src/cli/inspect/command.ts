import { jsonLine, styleFor } from '../shared/io.ts'
import { readCredentials } from '../shared/credentials.ts'
import { type Run, readText, UsageError } from '../shared/usage.ts'
import { inspect, inspectReport, triedHere } from './inspect.ts'
import { eventFacts, printed } from './print.ts'
import { readInput } from './read/input.ts'

export const run: Run<'inspect'> = async ({ values, positionals }, io) => {
  const [path, ...others] = positionals
  if (path === undefined || others.length > 0)
    throw new UsageError('inspect takes one capture: a file, or - for standard input.')
  const text = await readText(path, io)
  const input = notTooDeep(() => readInput(text))
  const at = timeOf(values.at)
  const hasCredentials =
    values.credentials !== undefined
    || values['env-file'] !== undefined
    || Boolean(
      (values['partner-id'] ?? io.env['SMILE_ID_PARTNER_ID']) && (values['api-key'] ?? io.env['SMILE_ID_API_KEY']),
    )
  const isAlone = 'report' in input && !(input.kept && hasCredentials)
  const credentials = isAlone ? [] : await readCredentials(values, io)
  // The receiver's report counts; its delivery, if it was kept, is also tried with the local credentials, if any.
  const inspection =
    'report' in input
      ? {
          ...inspectReport(input.report),
          here: input.kept && !isAlone ? await triedHere(input.kept, credentials, at) : undefined,
        }
      : await inspect(input.capture, {
          credentials,
          allowedIps: values['no-address-check'] ? false : values['allow-ip'],
          at,
        })
  if ('ofSeveral' in input)
    io.err(`There are ${input.ofSeveral} requests; this is the last that looks like a callback.\n`)
  const showData = values['show-data'] === true
  const { event } = inspection
  io.out(
    values.json
      ? jsonLine({ ...inspection, event: event && eventFacts(event, showData) })
      : printed(inspection, styleFor(io), showData),
  )
  return inspection.status === 200
}

/** Serializing a parsed body recurses for each level. */
function notTooDeep<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError('The capture is nested more deeply than any callback.')
    throw error
  }
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isFinite(time)) return time
  throw new UsageError('--at must be a time, such as 2026-10-14T09:00:00Z.')
}
