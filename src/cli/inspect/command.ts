import { readFile } from 'node:fs/promises'
import type { Capture } from '../shared/body.ts'
import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, type Io, styleFor } from '../shared/io.ts'
import { readArgs, UsageError } from '../shared/usage.ts'
import { inspect, type Inspection, type InspectOptions, inspectReport, triedHere } from './inspect.ts'
import { eventFacts, printed } from './print.ts'
import { type Kept, readInput } from './read/input.ts'
import type { KnownReport } from './read/report.ts'

const inspectOptions = {
  ...credentialOptions,
  at: { type: 'string' },
  'allow-ip': { type: 'string', multiple: true },
  'no-address-check': { type: 'boolean' },
  'show-data': { type: 'boolean' },
  json: { type: 'boolean' },
} as const

export async function inspectCommand(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, inspectOptions)
  const [path, ...others] = positionals
  if (path === undefined || others.length > 0)
    throw new UsageError('inspect takes one capture: a file, or - for standard input.')
  const text = path === '-' ? await io.readStdin() : await read(path)
  const input = notTooDeep(() => readInput(text))
  const inspection =
    'report' in input ? await reported(input.report, input.kept, values, io) : await judged(input.capture, values, io)
  if ('ofSeveral' in input)
    io.err(`There are ${input.ofSeveral} requests; this is the last that looks like a callback.\n`)
  const showData = values['show-data'] === true
  io.out(
    values.json
      ? `${JSON.stringify(forPrograms(inspection, showData))}\n`
      : printed(inspection, styleFor(io), showData),
  )
  return inspection.status === 200 ? exitCode.ok : exitCode.refused
}

/**
 * The receiver's report counts; its delivery, if it was kept, is also tried with the local credentials, if there are
 * any.
 */
async function reported(report: KnownReport, kept: Kept | undefined, values: Values, io: Io): Promise<Inspection> {
  const inspection = inspectReport(report)
  const hasCredentials =
    values.credentials !== undefined
    || Boolean(
      (values['partner-id'] ?? io.env['SMILE_ID_PARTNER_ID']) && (values['api-key'] ?? io.env['SMILE_ID_API_KEY']),
    )
  if (!kept || !hasCredentials) return inspection
  return { ...inspection, here: await triedHere(kept, await readCredentials(values, io), timeOf(values.at)) }
}

type Values = ReturnType<typeof readArgs<typeof inspectOptions>>['values']

async function judged(capture: Capture, values: Values, io: Io): Promise<Inspection> {
  const credentials = await readCredentials(values, io)
  const allowedIps = values['no-address-check'] ? false : values['allow-ip']
  return inspect(capture, { credentials, allowedIps, at: timeOf(values.at) })
}

const forPrograms = ({ event, ...rest }: Inspection, showData: boolean): object => ({
  ...rest,
  ...(event && { event: eventFacts(event, showData) }),
})

async function read(path: string): Promise<string> {
  try {
    return textOf(await readFile(path))
  } catch {
    throw new UsageError(`${path} cannot be read.`)
  }
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

/** The Windows shell redirects output as UTF-16. */
const textOf = (bytes: Buffer): string =>
  bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8')

function timeOf(text: string | undefined): InspectOptions['at'] {
  if (text === undefined) return undefined
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isFinite(time)) return time
  throw new UsageError('--at must be a time, such as 2026-10-14T09:00:00Z.')
}
